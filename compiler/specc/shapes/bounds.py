"""Interval arithmetic over dimensions."""

from __future__ import annotations

from collections.abc import Mapping

from specc.shapes.dim import Atom, Dim, FloorDiv, Fresh

Bounds = tuple[int | None, int | None]  # inclusive; None is unbounded

AT_LEAST_ONE: Bounds = (1, None)


def bounds(dim: Dim, known: Mapping[str, Bounds] | None = None) -> Bounds:
    """An interval that holds every value of `dim`; symbols not in `known` are at least 1, a `Fresh` one its `least`.

    Sound, not always tight.
    """
    low: int | None = 0
    high: int | None = 0
    for monomial, coefficient in dim.terms.items():
        term: Bounds = (coefficient, coefficient)
        for atom in monomial:
            term = _times(term, _atom(atom, known or {}))
        low = None if low is None or term[0] is None else low + term[0]
        high = None if high is None or term[1] is None else high + term[1]
    return low, high


def _atom(atom: Atom, known: Mapping[str, Bounds]) -> Bounds:
    if isinstance(atom, str):
        return known.get(atom, (atom.least, None) if isinstance(atom, Fresh) else AT_LEAST_ONE)
    if isinstance(atom, FloorDiv):
        return _quotient(bounds(atom.numerator, known), bounds(atom.divisor, known))
    low, high = bounds(atom.inner, known)
    return (max(low, 0) if low is not None else 0), (max(high, 0) if high is not None else None)


def _times(a: Bounds, b: Bounds) -> Bounds:
    if a == (0, 0) or b == (0, 0):
        return 0, 0
    corners = [_corner(x, y, i, j) for i, x in enumerate(a) for j, y in enumerate(b)]
    values = [c for c in corners if isinstance(c, int)]
    low = None if "-" in corners else min(values, default=None)
    high = None if "+" in corners else max(values, default=None)
    return low, high


def _corner(x: int | None, y: int | None, i: int, j: int) -> int | str:
    """The product of two ends (`i`, `j`: 0 for a lower end, 1 for an upper one); "+" and "-" are the infinities."""
    if x is not None and y is not None:
        return x * y
    if x == 0 or y == 0:
        return 0
    positive_x = x > 0 if x is not None else i == 1
    positive_y = y > 0 if y is not None else j == 1
    return "+" if positive_x == positive_y else "-"


def _quotient(a: Bounds, b: Bounds) -> Bounds:
    """Of a floor division; only divisors known to be positive are bounded."""
    low, high = a
    small, large = b
    if small is None or small < 1:
        return None, None
    if low is None:
        least = None
    elif low >= 0:
        least = 0 if large is None else low // large
    else:
        least = low // small
    if high is None:
        most = None
    elif high >= 0:
        most = high // small
    else:
        most = -1 if large is None else high // large
    return least, most
