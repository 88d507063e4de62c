"""The condition that is found is exactly the set of sizes for which torch runs the network.

A case is two chains of layers that read `x`, whose length L is open, and that `cat` joins along the channels. For every
L from 1 to 96 torch runs both on its meta device; `check` has to say the same of each.
"""

import functools
from collections.abc import Sequence
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from specc.compiler import compile_text  # noqa: E402
from specc.diagnostics import Severity, Sink, Span  # noqa: E402
from specc.language.conditions import condition  # noqa: E402
from specc.language.expressions import parse  # noqa: E402
from specc.shapes.dim import Dim  # noqa: E402

SIZES = range(1, 97)
CHANNELS = 36  # a square, for two shuffles
WIDTH = 48  # of images, whose height is open

Layer = tuple[str, tuple[tuple[str, Any], ...]]
Shape = tuple[int, ...]


def layer(op: str, **args: Any) -> Layer:
    return op, tuple(args.items())


def conv(kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Layer:
    return layer("Conv1d", out_channels=2, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)


def tconv(kernel: int, stride: int = 1, padding: int = 0, extra: int = 0, dilation: int = 1) -> Layer:
    return layer("ConvTranspose1d", out_channels=2, kernel_size=kernel, stride=stride, padding=padding,
                 output_padding=extra, dilation=dilation)  # fmt: skip


def pool(kernel: int, stride: int | None = None, padding: int = 0, dilation: int = 1, ceil: bool = False) -> Layer:
    return layer("MaxPool1d", kernel_size=kernel, stride=stride or kernel, padding=padding, dilation=dilation,
                 ceil_mode=ceil)  # fmt: skip


def mean(kernel: int, stride: int | None = None, padding: int = 0, ceil: bool = False) -> Layer:
    return layer("AvgPool1d", kernel_size=kernel, stride=stride or kernel, padding=padding, ceil_mode=ceil)


def up(factor: int) -> Layer:
    return layer("Upsample", scale_factor=factor)


def pool2(kernel: int, stride: int | None = None, ceil: bool = False) -> Layer:
    return layer("MaxPool2d", kernel_size=kernel, stride=stride or kernel, ceil_mode=ceil)


def shuffle(factor: int) -> Layer:
    return layer("PixelShuffle", upscale_factor=factor)


def unshuffle(factor: int) -> Layer:
    return layer("PixelUnshuffle", downscale_factor=factor)


def half(part: int) -> Layer:
    return layer("narrow", dim=2, start=0, length=part)


Chain = Sequence[Layer]
CASES: dict[str, tuple[Chain, Chain]] = {
    # U-Nets: down and up again
    "unet 1": ([pool(2), up(2)], []),
    "unet 2": ([pool(2), pool(2), up(2), up(2)], []),
    "unet 3": ([pool(2)] * 3 + [up(2)] * 3, []),
    "unet 4": ([pool(2)] * 4 + [up(2)] * 4, []),
    "unet 5": ([pool(2)] * 5 + [up(2)] * 5, []),
    "unet of thirds": ([pool(3), pool(3), up(3), up(3)], []),
    "unet of 2 and 3": ([pool(2), pool(3), up(3), up(2)], []),
    "unet of 3 and 2": ([pool(3), pool(2), up(2), up(3)], []),
    "unet of quarters": ([pool(4), pool(4), up(4), up(4)], []),
    "unet inner": ([pool(2), pool(2), up(2)], [pool(2)]),
    "unet inner of three": ([pool(2), pool(2), pool(2), up(2), up(2)], [pool(2)]),
    "unet valid": ([conv(3), conv(3), pool(2), conv(3), up(2)], [conv(3), conv(3), conv(5)]),
    "unet averaged": ([mean(2), mean(2), up(4)], []),
    "unet up at once": ([pool(2)] * 3 + [up(8)], []),
    "unet ceil": ([pool(2, ceil=True), pool(2, ceil=True), up(2), up(2)], []),
    "unet half ceil": ([pool(2, ceil=True), pool(2), up(2), up(2)], []),
    # Transposed convolutions
    "pix2pix 1": ([conv(4, 2, 1), tconv(4, 2, 1)], []),
    "pix2pix 2": ([conv(4, 2, 1)] * 2 + [tconv(4, 2, 1)] * 2, []),
    "pix2pix 3": ([conv(4, 2, 1)] * 3 + [tconv(4, 2, 1)] * 3, []),
    "transposed 3/2": ([conv(3, 2, 1), tconv(3, 2, 1, 1)], []),
    "transposed 3/2 bare": ([conv(3, 2, 1), tconv(3, 2, 1)], []),
    "transposed 2/2": ([pool(2), tconv(2, 2)], []),
    "transposed 5/3": ([conv(5, 3, 2), tconv(5, 3, 2, 2)], []),
    "transposed 5/3 bare": ([conv(5, 3, 2), tconv(5, 3, 2)], []),
    "transposed 4/4": ([conv(4, 4), tconv(4, 4)], []),
    "transposed dilated": ([conv(3, 2, 2, 2), tconv(3, 2, 2, 1, 2)], []),
    "transposed wide": ([conv(7, 4, 3), tconv(8, 4, 2)], []),
    "transposed valid": ([conv(3, 2), tconv(3, 2)], []),
    "transposed twice": ([conv(3, 2), conv(3, 2), tconv(3, 2), tconv(3, 2)], []),
    "transposed grows": ([tconv(3, 2)], [up(2)]),
    # Strides and odd sizes: two ways of making a tensor smaller
    "2: conv against pool": ([conv(3, 2, 1)], [pool(2)]),
    "2: conv against ceil": ([conv(3, 2, 1)], [pool(2, ceil=True)]),
    "2: conv 1 against conv 3": ([conv(1, 2)], [conv(3, 2, 1)]),
    "2: conv 2 against conv 4": ([conv(2, 2)], [conv(4, 2, 1)]),
    "2: conv 5 against conv 3": ([conv(5, 2, 2)], [conv(3, 2, 1)]),
    "2: valid against padded": ([conv(3, 2)], [conv(3, 2, 1)]),
    "3: conv against pool": ([conv(3, 3, 1)], [pool(3)]),
    "3: conv 5 against conv 3": ([conv(5, 3, 2)], [conv(3, 3)]),
    "3: floor against ceil": ([mean(3)], [mean(3, ceil=True)]),
    "4: conv 7 against pool": ([conv(7, 4, 3)], [pool(4)]),
    "4: conv 3 against conv 5": ([conv(3, 4, 1)], [conv(5, 4, 1)]),
    "4: once against twice": ([pool(4)], [pool(2), pool(2)]),
    "4: once against twice, ceil": ([mean(4)], [mean(2), mean(2, ceil=True)]),
    "4: ceil against ceil": ([mean(4, ceil=True)], [mean(2, ceil=True), mean(2, ceil=True)]),
    "6: 2 and 3 against 3 and 2": ([pool(2), pool(3)], [pool(3), pool(2)]),
    "6: conv 2 and 3 against 3 and 2": ([conv(3, 2, 1), conv(3, 3, 1)], [conv(3, 3, 1), conv(3, 2, 1)]),
    "8: stem against pools": ([conv(7, 2, 3), pool(3, 2, 1), conv(3, 2, 1)], [pool(2), pool(2), pool(2)]),
    "8: strides against one": ([conv(3, 2, 1)] * 3, [conv(1, 8)]),
    "pool with overlap": ([pool(3, 2)], [pool(2)]),
    "pool with overlap, ceil": ([pool(3, 2, ceil=True)], [conv(3, 2, 1)]),
    "pool padded, ceil": ([pool(3, 2, 1, ceil=True)], [conv(3, 2, 1)]),
    "pool padded 2 of 4, ceil": ([pool(4, 3, 2, ceil=True)], [mean(3, ceil=True)]),
    "pool larger than its stride, ceil": ([mean(2, 3, ceil=True)], [conv(1, 3)]),
    # Dilations
    "dilated same": ([conv(3, 1, 2, 2)], []),
    "dilated against plain": ([conv(3, 1, 0, 2)], [conv(5)]),
    "dilated, strided": ([conv(3, 2, 2, 2)], [conv(3, 2, 1)]),
    "dilated 3, strided 3": ([conv(3, 3, 3, 3)], [pool(3)]),
    "dilated pool": ([pool(2, 2, 0, 2)], [pool(3, 2)]),
    "dilated pool against pool": ([pool(2, 2, 0, 3)], [pool(2)]),
    "one less": ([conv(2)], []),
    # Sizes that a few integers alone satisfy
    "smaller against strided": ([conv(9)], [conv(3, 2, 1)]),
    "smaller against a third": ([conv(21)], [pool(3)]),
    "grown against doubled": ([tconv(8)], [up(2)]),
    "grown against tripled": ([tconv(5), tconv(6)], [up(3)]),
    "a part against a half": ([half(7)], [pool(2)]),
    "a part against all": ([half(11)], []),
    # Images: pixel shuffles
    "unshuffle against pool": ([unshuffle(2)], [pool2(2)]),
    "unshuffle 3 against pool": ([unshuffle(3)], [pool2(3)]),
    "unshuffle and shuffle": ([unshuffle(2), shuffle(2)], []),
    "unshuffle twice": ([unshuffle(2), unshuffle(2)], [pool2(4)]),
    "pool and shuffle": ([pool2(2), shuffle(2)], []),
    "pool and shuffle 3": ([pool2(3), shuffle(3)], []),
    "pools and shuffles": ([pool2(2), pool2(3), shuffle(3), shuffle(2)], []),
    "ceil and shuffle": ([pool2(2, ceil=True), shuffle(2)], []),
    "shuffle and unshuffle": ([shuffle(2), unshuffle(3)], [pool2(3), up(2)]),
    "pool 4, shuffle, unshuffle": ([pool2(4), shuffle(2), unshuffle(2)], [pool2(4)]),
    "shuffle 6": ([pool2(6), shuffle(6)], [pool2(2), up(2)]),
}


def test_most_run_for_some_sizes_only() -> None:
    """Where all sizes run, or none, a condition is easily right."""
    runs = [sum(_runs(chains, size) for size in SIZES) for chains in CASES.values()]
    assert len(runs) >= 60
    assert sum(0 < count < len(SIZES) for count in runs) >= 60


@pytest.mark.parametrize("case", CASES)
def test_condition_is_exact(case: str) -> None:
    chains = CASES[case]
    found = {size for size in SIZES if _admitted(*_checked(chains), size)}
    runs = {size for size in SIZES if _runs(chains, size)}
    assert found == runs


@functools.cache
def _said(text: str) -> Any:
    """A condition as people read it, which is how `where` takes it."""
    place, sink = Span("", 1, 1, 1, 1), Sink()
    tree = parse(text, place, sink)
    stated = condition(tree, {"L": Dim.symbol("L")}, place, sink) if tree is not None else None
    assert stated is not None, (text, sink.diagnostics)
    return stated


def _checked(chains: tuple[Chain, Chain]) -> tuple[list[str], bool]:
    """What has to hold, and whether it ever does."""
    result = compile_text(_spec(chains), "spec.yaml")
    assert result.graph is not None
    conditions = [str(r) for r in result.graph.requirements]
    for one in result.diagnostics:
        if one.code == "S305":
            assert one.help is not None
            conditions.append(one.help.removeprefix("holds when ").split("; add `where")[0])
        elif one.code in ("S303", "S306"):
            return [], False
        else:
            assert one.severity is Severity.WARNING, one
    return conditions, True


def _admitted(conditions: list[str], possible: bool, size: int) -> bool:
    return possible and all(_said(text).evaluate({"L": size}) for text in conditions)


def _is_image(chains: tuple[Chain, Chain]) -> bool:
    return any("Pixel" in op or op.endswith("2d") for chain in chains for op, _ in chain)


def _spec(chains: tuple[Chain, Chain]) -> str:
    sizes = f"[1, {CHANNELS}, L, {WIDTH}]" if _is_image(chains) else f"[1, {CHANNELS}, L]"
    lines = ["specc: 1", "name: net", f"inputs: {{x: {sizes}}}", "layers:"]
    ends = []
    for name, chain in zip("ab", chains, strict=True):
        source = "x"
        for k, (op, args) in enumerate(chain):
            written = "".join(f", {key}: {str(value).lower()}" for key, value in args)
            lines.append(f"  {name}{k}: {{op: {op}, from: {source}{written}}}")
            source = f"{name}{k}"
        ends.append(source)
    lines.append(f"  cat: {{op: cat, from: [{', '.join(ends)}], dim: 1}}")
    return "\n".join(lines) + "\n"


def _runs(chains: tuple[Chain, Chain], size: int) -> bool:
    ends = []
    for chain in chains:
        shape: Shape | None = (1, CHANNELS, size, WIDTH) if _is_image(chains) else (1, CHANNELS, size)
        for one in chain:
            shape = _through(one, shape) if shape is not None else None
        ends.append(shape)
    return None not in ends and _joined(*ends)


@functools.cache
def _through(one: Layer, shape: Shape) -> Shape | None:
    """What torch makes of a tensor of the shape; None where it refuses it."""
    op, args = one
    given = torch.empty(shape, device="meta")
    try:
        if op == "narrow":
            return tuple(torch.narrow(given, **dict(args)).shape)
        more = {"in_channels": shape[1], "device": "meta"} if "Conv" in op else {}
        return tuple(getattr(torch.nn, op)(**more, **dict(args))(given).shape)
    except (RuntimeError, ValueError):
        return None


@functools.cache
def _joined(a: Shape, b: Shape) -> bool:
    try:
        torch.cat([torch.empty(a, device="meta"), torch.empty(b, device="meta")], 1)
    except RuntimeError:
        return False
    return True
