"""Specs with a few nodes deleted, replaced or repeated at random: what a person's slip or a bad merge leaves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import yaml

_SCALARS = (
    None, True, False, 0, 1, -1, 3, 10**9, 2**63 - 1, 0.5, -1e308, "", "x", "i", "N", "H * 2", "1 / 0", "width", "...",
    "Conv2d", "ReLU", "split", "LSTM", "a or b", "0", "a.b.c", "]", "{", "é", "self", "lambda: 0", "9 ** 9 ** 9",
    [], {}, [1], [[1]], {"op": "ReLU"}, {"layers": []}, {"residual": {}}, ["N", 3], {"from": "x"}, [None], {"op": None},
)  # fmt: skip


def mutants(text: str, count: int, seed: int) -> Iterator[str]:
    """`count` texts, each the spec with one to three changes."""
    rng = random.Random(seed)
    for _ in range(count):
        tree = yaml.safe_load(text)
        for _ in range(rng.randint(1, 3)):
            _change(tree, rng)
        yield yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def _change(tree: Any, rng: random.Random) -> None:
    places = [place for place in _places(tree) if place[0]]
    if not places:
        return
    holder, key = rng.choice(places)
    how = rng.random()
    if how < 0.25:
        del holder[key]
    elif how < 0.75:
        holder[key] = rng.choice(_SCALARS)
    elif how < 0.9:
        other, at = rng.choice(places)
        if at in other if isinstance(other, dict) else at < len(other):
            holder[key] = _copy(other[at])
    elif isinstance(holder, dict):
        holder[rng.choice(["from", "when", "repeat", "op", "layers", "residual", "shortcut", "inputs", "x", "dim"])] = (
            rng.choice(_SCALARS)
        )
    else:
        holder.append(_copy(holder[key]))


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    if isinstance(tree, dict):
        items: list[tuple[Any, Any]] = list(tree.items())
    elif isinstance(tree, list):
        items = list(enumerate(tree))
    else:
        items = []
    for key, value in items:
        found += [(tree, key), *_places(value)]
    return found


def _copy(tree: Any) -> Any:
    return yaml.safe_load(yaml.safe_dump(tree))
