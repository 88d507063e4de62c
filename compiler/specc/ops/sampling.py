"""Random shapes, axes and dtypes for the differential test, as many families draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.shapes.dtype import DTYPES

if TYPE_CHECKING:
    import random

# Mostly float32, and every kind.
USUAL = ("float32",) * 6 + DTYPES


def a_shape(rng: random.Random, low: int = 0, high: int = 4) -> tuple[int, ...]:
    """Of `low` to `high` axes, with sizes of 0 and 1 among them."""
    return tuple(rng.choice([0, 1, 1, 2, 2, 3, 3, 4]) for _ in range(rng.randint(low, high)))


def a_full_shape(rng: random.Random, low: int = 0, high: int = 4) -> tuple[int, ...]:
    """As `a_shape`, mostly without an empty axis."""
    return tuple(max(size, int(rng.random() > 0.1)) for size in a_shape(rng, low, high))


def a_dim(rng: random.Random, rank: int) -> int:
    """An axis of a tensor of that rank, from either end, now and then one beyond."""
    span = rank or 1
    return rng.randint(-span, span - 1) if rng.random() < 0.94 else rng.choice([-span - 1, span])


def a_dtype(rng: random.Random) -> str:
    """Of any kind, mostly float32."""
    return rng.choice(USUAL)
