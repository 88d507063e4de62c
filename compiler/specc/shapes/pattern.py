"""Matching the shape of a value against the pattern of an input: `[N, 3, H, W]`, `[..., D]`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from specc.record import Record
from specc.shapes.constraints import Facts, Proved, Refuted, Verdict, equal
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType


class Dots(Enum):
    """The `...` of a pattern: any number of leading dimensions, none included."""

    ELLIPSIS = "..."


ELLIPSIS = Dots.ELLIPSIS

DimPattern = Dim | str | Dots  # a size or an expression, a symbol, or `...`


class Mismatch(Record):
    """A size that is not proved to be what the pattern says; `axis` counts from 0 in the actual shape."""

    axis: int
    expected: Dim
    actual: Dim
    verdict: Verdict  # Refuted, or Holds with the weakest condition


class Match(Record):
    """What a pattern found.

    `bindings` are the new ones only; the caller merges them. `rank` is (least, actual) where the number of dimensions
    is wrong, and then nothing else is looked at. `leading` is what `...` stood for.
    """

    bindings: Mapping[str, Dim]
    mismatches: tuple[Mismatch, ...] = ()
    rank: tuple[int, int] | None = None
    leading: tuple[Dim, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.mismatches and self.rank is None


def match(
    pattern: tuple[DimPattern, ...], actual: TensorType, bound: Mapping[str, Dim], facts: Facts | None = None
) -> Match:
    """Matches left to right; a symbol binds where it first stands and asserts afterwards, `bound` ones always assert.

    An expression asserts with its bound symbols replaced; one whose symbol is bound nowhere stays as it is. ValueError
    for a pattern with `...` anywhere but first.
    """
    rest = pattern[1:] if pattern[:1] == (ELLIPSIS,) else pattern
    if ELLIPSIS in rest:
        raise ValueError("`...` may stand only once, and only first")
    extra = actual.rank - len(rest)
    if extra < 0 or (extra > 0 and len(rest) == len(pattern)):
        return Match({}, rank=(len(rest), actual.rank))
    found: dict[str, Dim] = {}
    later: list[tuple[int, Dim]] = []  # expressions wait for all bindings: `[2 * C, C]`
    for axis, element in enumerate(rest, start=extra):
        name = element if isinstance(element, str) else None
        if isinstance(element, Dim):
            later.append((axis, element))
        elif name is not None and name not in bound and name not in found:
            found[name] = actual.shape[axis]
        elif name is not None:
            later.append((axis, Dim.symbol(name)))
    known = {**bound, **found}
    mismatches = []
    for axis, element in later:
        expected = known[element.as_symbol] if element.as_symbol in known else element.substitute(known)
        verdict = equal(expected, actual.shape[axis], Facts.none() if facts is None else facts)
        if not isinstance(verdict, Proved):
            mismatches.append(Mismatch(axis, expected, actual.shape[axis], verdict))
    return Match(found, tuple(mismatches), leading=actual.shape[:extra])


def refuted(found: Match) -> bool:
    """Whether the match fails for every size, not only for some."""
    return found.rank is not None or any(isinstance(m.verdict, Refuted) for m in found.mismatches)
