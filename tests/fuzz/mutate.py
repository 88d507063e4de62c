"""One spec made into another by chance: by its tree (what it says), or by its text (how it is written)."""

from __future__ import annotations

import json
from random import Random
from typing import Final

import yaml

from tests.fuzz.corpus import Tree, keys, ops, trees, values

NASTY: Final[tuple[Tree, ...]] = (
    None, True, False, 0, 1, 2, 3, -1, 7, 64, 1000, 10**9, 2**31, 2**62, 2**63 - 1, -(2**63), 0.5, -0.0, 1e308, 1e-320,
    "", " ", "i", "x", "N", "H", "C", "...", "-1", "0", "1.5", "null", "true", "op", "from", "self", "train", "forward",
    "9**9**9", "1 // 0", "2 ** 62", "H // 2", "N * H", "i + 1", "x if N else H", "a or b", "x.y.z", "x or x",
    "lstm.h_n", "__import__('os').system('true')", "lambda: 0", "(((((", "[0] * 9", "'a' * 9", "1 if i == 0 else 2",
    "not 1", "1 < 2 < 3",
    "H % 16 == 0", "H == W", "min(H, 2)", "len([1])", "{i}", "layer{i + 1}", "{", "b c -> c b", "... -> ...", "N C H W",
    "全连接层1", "ﬁ", "é", "a-b", "a b", "a" * 300, "\u202e", "<b>", '"""', "\\", "%s", "\n", "# x",
    "mylib:Thing", "os:system",
    [], {}, [[]], [None], [1, 2], [3, "x"], ["N", 3], [["a"]], {"op": "ReLU"}, {"op": None}, {"layers": {}}, {"x": 1},
    {"layers": ["ReLU"]}, {"type": "int"}, {"from": "x"}, ["x", "x"], {"shape": ["N", 4], "dtype": "int64"},
)  # fmt: skip
_TOKENS: Final = (
    "{", "}", "[", "]", ":", ": ", ",", "- ", "&a ", "*a", "!!python/object:os.system ", "<<: ", "#", "|\n",
    ">\n", "?", "---\n",
    "\t", "\x00", "\u2028", "\ufeff", "'", '"', "~", ".inf", ".nan", "0x10", "1e999", "1_000", "%YAML 1.1\n", "\r",
    "null",
)  # fmt: skip
_MOST_VALUES: Final = 3000  # of a tree: mutations that copy must not grow without end


def mutated(tree: Tree, rng: Random) -> Tree:
    """The tree with a few changes: most often one, so that most of it still makes sense."""
    tree = json.loads(json.dumps(tree, default=str))  # nothing shared, keys as text
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 9))):
        places = _places(tree)
        if not places or len(places) > _MOST_VALUES:
            break
        holder, key = rng.choice(places)
        rng.choice(_CHANGES)(holder, key, rng)
    return tree


def text(tree: Tree, rng: Random) -> str:
    """The tree as YAML, in one of the ways to write it."""
    if rng.random() < 0.1:
        return json.dumps(tree)
    flow = rng.choice((None, None, False, True))
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, default_flow_style=flow, width=100))


def garbled(spec: str, rng: Random) -> str:
    """The text with a few changes."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        lines = spec.split("\n")
        at = rng.randrange(len(spec) + 1)
        line = rng.randrange(len(lines))
        match rng.randrange(8):
            case 0:
                spec = spec[:at] + rng.choice(_TOKENS) + spec[at:]
            case 1:
                spec = spec[:at] + spec[at + rng.randint(1, 5) :]
            case 2:
                spec = spec[:at]
            case 3:
                lines.insert(line, rng.choice(lines))
                spec = "\n".join(lines)
            case 4:
                del lines[line]
                spec = "\n".join(lines)
            case 5:
                lines[line] = rng.choice(("", " ", "  ", "    ", "- ")) + lines[line].lstrip(" ")
                spec = "\n".join(lines)
            case 6:
                words = lines[line].split(" ")
                words[rng.randrange(len(words))] = str(rng.choice(NASTY))
                lines[line] = " ".join(words)
                spec = "\n".join(lines)
            case _:
                spec = spec[:at] + chr(rng.choice((rng.randrange(32, 127), rng.randrange(0x3000)))) + spec[at:]
    return spec


Holder = dict[str, Tree] | list[Tree]


def _places(tree: Tree) -> list[tuple[Holder, str | int]]:
    """Every value of the tree as what holds it and the key there."""
    found: list[tuple[Holder, str | int]] = []
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        for key in here if isinstance(here, dict) else range(len(here)):
            found.append((here, key))
            if isinstance(here[key], dict | list):
                waiting.append(here[key])
    return found


def _copy(tree: Tree) -> Tree:
    return json.loads(json.dumps(tree, default=str))


def _replace(holder: Tree, key: str | int, rng: Random) -> None:
    holder[key] = _copy(rng.choice(NASTY))


def _of_its_kind(holder: Tree, key: str | int, rng: Random) -> None:
    if isinstance(key, str) and key in values():
        holder[key] = _copy(rng.choice(values()[key]))


def _remove(holder: Tree, key: str | int, rng: Random) -> None:
    del holder[key]


def _add(holder: Tree, key: str | int, rng: Random) -> None:
    inner = holder[key] if isinstance(holder[key], dict | list) else holder
    name = rng.choice(keys())
    value = _copy(rng.choice(values()[name])) if rng.random() < 0.7 else _copy(rng.choice(NASTY))
    if isinstance(inner, dict):
        inner[name] = value
    else:
        inner.insert(rng.randrange(len(inner) + 1), value)


def _rename(holder: Tree, key: str | int, rng: Random) -> None:
    if isinstance(holder, dict):
        others = (rng.choice(keys()), rng.choice(list(holder)), str(rng.choice(NASTY)), str(key)[:-1], f"{key}_")
        name = rng.choice(others)
        held = {(name if each == key else each): value for each, value in holder.items()}
        holder.clear()
        holder.update(held)


def _wrap(holder: Tree, key: str | int, rng: Random) -> None:
    value = holder[key]
    word = rng.choice(("op", "layers", "residual", "parallel", "from", "shape", "type", "default", rng.choice(keys())))
    holder[key] = rng.choice(([value], {word: value}, {"layers": {"a": value}}, [value, _copy(value)]))


def _unwrap(holder: Tree, key: str | int, rng: Random) -> None:
    value = holder[key]
    if isinstance(value, dict | list) and value:
        holder[key] = rng.choice(list(value.values()) if isinstance(value, dict) else value)


def _op(holder: Tree, key: str | int, rng: Random) -> None:
    inner = holder[key]
    if isinstance(inner, dict):
        inner["op"] = rng.choice(ops())
    else:
        holder[key] = rng.choice(ops())


def _shuffle(holder: Tree, key: str | int, rng: Random) -> None:
    inner = holder[key]
    if isinstance(inner, list):
        rng.shuffle(inner)
    elif isinstance(inner, dict):
        held = list(inner.items())
        rng.shuffle(held)
        inner.clear()
        inner.update(held)


def _graft(holder: Tree, key: str | int, rng: Random) -> None:
    """A piece of another spec."""
    places = _places(rng.choice(trees()))
    other, name = rng.choice(places)
    holder[key] = _copy(other[name])  # type: ignore[index]  # the key is of this holder


def _number(holder: Tree, key: str | int, rng: Random) -> None:
    value = holder[key]
    if isinstance(value, int | float) and not isinstance(value, bool):
        holder[key] = rng.choice((value + 1, value - 1, -value, value * 2, str(value), [value], [value, value + 1]))


_CHANGES: Final = (
    _replace, _replace, _of_its_kind, _of_its_kind, _of_its_kind, _remove, _add, _add, _add, _rename, _wrap, _unwrap,
    _op, _shuffle, _graft, _number, _number,
)  # fmt: skip
