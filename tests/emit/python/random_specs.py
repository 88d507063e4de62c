"""Random specs over vectors: blocks with params, groups, repeats with `i`, conditions, branches."""

from __future__ import annotations

from random import Random

PARAMS = {"a": 2, "b": 3, "depth": 2, "flag": 1}


def spec(rng: Random) -> str:
    """A spec that mostly compiles."""
    blocks = [f"Block{letter}" for letter in "XYZ"[: rng.randint(0, 3)]]
    lines = ["specc: 1", "name: random", f"params: {{{', '.join(f'{p}: {v}' for p, v in PARAMS.items())}}}"]
    lines += ["inputs: {x: [N, 4]}", *(["where: [N >= 2]"] if rng.random() < 0.3 else [])]
    if blocks:
        lines.append("blocks:")
    for number, block in enumerate(blocks):
        lines += [f"  {block}:", "    params: {c: int, s: 1, on: true}"]
        if rng.random() < 0.6:
            lines.append("    inputs: {x: [N, D]}")
        names = ["c", "s"] + (["D"] if "inputs" in lines[-1] else [])
        lines += _body(rng, 2, names, blocks[:number], rng.randint(1, 4), 0)
    lines += _body(rng, 0, ["a", "b"], blocks, rng.randint(2, 6), 0)
    last = [line for line in lines if line.startswith("  ") and line[2] != " "][-1]
    end = "{op: Linear, out_features: 2}"
    lines.append(f"  - {end}" if last.startswith("  -") else f"  end: {end}")
    return "\n".join(lines) + "\n"


def _body(rng: Random, depth: int, names: list[str], blocks: list[str], count: int, nesting: int) -> list[str]:
    pad = "  " * depth
    if nesting and rng.random() < 0.3:
        size = len(names)
        out = [f"{pad}residual:"]
        out += [f"{pad}  inner{k}: {_leaf(rng, names, [], {})}" for k in range(rng.randint(0, size))]
        return [*out, f"{pad}  last: {{op: Linear, out_features: {rng.choice(names)}}}", *_after(rng, pad)]
    if nesting and rng.random() < 0.25:
        return _parallel(rng, pad, names, blocks)
    out = [f"{pad}layers:"]
    listed = rng.random() < 0.3
    made: list[str] = []
    for k in range(count):
        name = f"l{k}"
        start = f"{pad}  - " if listed else f"{pad}  {name}: "
        earlier = [str(n) for n in range(k)] if listed else made
        if nesting < 2 and rng.random() < 0.25:
            inner = _body(rng, depth + 3, [*names], blocks, rng.randint(1, 3), nesting + 1)
            head = f"{pad}  -" if listed else f"{pad}  {name}:"
            repeat = []
            if rng.random() < 0.5:
                repeat = [f"{'  ' * (depth + 3)}repeat: {rng.choice(_counts(names))}"]
            out += [head, *repeat, *inner]
        else:
            out.append(start + _leaf(rng, names, earlier, {"blocks": blocks}))
        made.append(name)
    return out


def _parallel(rng: Random, pad: str, names: list[str], blocks: list[str]) -> list[str]:
    """Branches of any sizes side by side, or of one size element by element."""
    out = [f"{pad}parallel:"]
    if rng.random() < 0.5:
        ways = [_leaf(rng, names, [], {"blocks": blocks}) for _ in range(rng.randint(1, 3))]
        return [*out, *(f"{pad}  way{k}: {way}" for k, way in enumerate(ways)), f"{pad}dim: {rng.choice(['1', '-1'])}"]
    size = rng.choice(names)
    when = rng.choice(["", ", when: s > 1"] if "s" in names else ["", ", when: a > 2"])
    ways = ["Identity", f"{{op: Linear, out_features: {size}}}", f"{{op: Linear, out_features: {size}{when}}}"]
    out += [f"{pad}  way{k}: {way}" for k, way in enumerate(ways[rng.randint(0, 1) :])]
    return [*out, f"{pad}merge: {rng.choice(['add', 'mul'])}"]


def _after(rng: Random, pad: str) -> list[str]:
    shortcut = rng.choice(["", f"{pad}shortcut: {{layers: [{{op: Linear, out_features: 4}}]}}", f"{pad}shortcut: auto"])
    return [line for line in (shortcut, rng.choice(["", f"{pad}activation: relu"])) if line]


def _counts(names: list[str]) -> list[str]:
    return ["2", "3", "1", "s + 1"] if "s" in names else ["2", "3", "1", "depth", "depth", "depth + 1"]


def _size(rng: Random, names: list[str], index: bool) -> str:
    one, other = rng.choice(names), rng.choice(names)
    forms = [one, one, f"{one} * 2", f"{one} + {other}", f"{one} * {other}", "4", "6", f"({one} + 3) // 2 + {other}"]
    if index:
        forms += [f"{one} * (i + 1)", f"{one} if i == 0 else {other}", f"{one} + i"]
    return rng.choice(forms)


def _leaf(rng: Random, names: list[str], earlier: list[str], more: dict[str, list[str]]) -> str:
    kinds = ["linear", "linear", "linear", "relu", "ReLU", "norm", "scale"]
    if more.get("blocks"):
        kinds += ["block"] * 4
    if len(earlier) > 1:
        kinds += ["cat", "from"]
    kind = rng.choice(kinds)
    extra = ""
    repeated = kind in ("linear", "block", "relu", "scale") and rng.random() < 0.3
    if repeated:
        extra += f", repeat: {rng.choice(_counts(names))}"
    if kind in ("relu", "ReLU", "norm", "scale") and rng.random() < 0.4:
        extra += ", when: " + rng.choice(
            ["s > 1", "c > 2", "on", "c != 4"] if "s" in names else ["flag > 0", "a > 2", "b < 3", "flag == 0"]
        )
    if kind == "linear":
        return f"{{op: Linear, out_features: {_size(rng, names, repeated)}{extra}}}"
    if kind == "block":
        given = "".join(
            f", {name}: {value}"
            for name, value in (("s", _size(rng, names, repeated)), ("on", rng.choice(["true", "false"])))
            if rng.random() < 0.4
        )
        return f"{{op: {rng.choice(more['blocks'])}, c: {_size(rng, names, repeated)}{given}{extra}}}"
    if kind == "cat":
        return f"{{op: cat, from: [{', '.join(rng.sample(earlier, 2))}], dim: 1}}"
    if kind == "from":
        return f"{{op: Linear, from: {rng.choice(earlier)}, out_features: {_size(rng, names, False)}}}"
    if kind == "scale":
        return f"{{op: mul, other: {rng.choice([*names, '0.5', '2'])}{extra}}}"
    return {"relu": "{op: relu", "ReLU": "{op: ReLU", "norm": "{op: LayerNorm"}[kind] + extra + "}"


IMAGE_PARAMS = {"k": 3, "s": 1, "p": 1, "w": 4, "d": 2}


def image_spec(rng: Random) -> str:
    """A spec over images of a fixed size, whose windows depend on params; at its end the sizes become features."""
    lines = ["specc: 1", "name: random", f"params: {{{', '.join(f'{p}: {v}' for p, v in IMAGE_PARAMS.items())}}}"]
    lines += ["inputs: {x: [N, 3, 16, 12]}", "blocks:", "  Unit:", "    params: {c: int, kernel: 3, stride: 1, on: 1}"]
    lines += ["    inputs: {x: [N, C, H, W]}", "    layers:"]
    lines += [f"      l{k}: {_window(rng, ['c', 'C'], ['kernel', '3', '1'], ['stride', '1'])}" for k in range(2)]
    lines += ["layers:"]
    for k in range(rng.randint(1, 4)):
        if rng.random() < 0.4:
            kernel, stride = rng.choice(["k", "3"]), rng.choice(["s", "1"])
            use = f"c: {rng.choice(['w', 'w * 2', '5'])}, kernel: {kernel}, stride: {stride}"
            repeat = rng.choice(["", "", ", repeat: d", ", repeat: 2"])
            lines.append(f"  l{k}: {{op: Unit, {use}{repeat}}}")
        else:
            lines.append(f"  l{k}: {_window(rng, ['w', 'w * 2', '6'], ['k', '3', '1'], ['s', '1', '2'])}")
    if rng.random() < 0.3:
        lines.append(f"  pool: {{op: AdaptiveAvgPool2d, output_size: {rng.choice(['1', 'd', '[d, 2]'])}}}")
    lines += ["  flat: Flatten", f"  fc: {{op: Linear, out_features: {rng.choice(['w', '7', 'w * d'])}}}"]
    return "\n".join([*lines, "  act: {op: relu}", "  end: {op: Linear, out_features: 2}"]) + "\n"


def _window(rng: Random, channels: list[str], kernels: list[str], strides: list[str]) -> str:
    kind = rng.choice(["conv", "conv", "conv", "pool", "norm", "relu", "up"])
    padding = rng.choice([", padding: 1", ", padding: p" if "k" in kernels else "", ""])
    if kind == "conv":
        return (
            f"{{op: Conv2d, out_channels: {rng.choice(channels)}, kernel_size: {rng.choice(kernels)}, "
            f"stride: {rng.choice(strides)}{padding}}}"
        )
    if kind == "pool":
        return f"{{op: MaxPool2d, kernel_size: {rng.choice(kernels)}, stride: {rng.choice(strides)}}}"
    if kind == "up":
        return f"{{op: interpolate, scale_factor: {rng.choice(['2', strides[0]])}}}"
    return "BatchNorm2d" if kind == "norm" else "{op: relu}"
