"""Conditions on one symbol as exact sets of integers, and the shortest way to write such a set.

A condition over `H` built from polynomials and floor divisions by integers is, on each residue class H = L * t + r, a
question about the sign of a polynomial in t. So past finitely many *breaks* it is periodic with period L, and looking
at a window of 2 * L around every break decides it for all integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise, product
from math import lcm, prod

from specc.shapes.conditions import And, Comparison, Condition, In, compare, conjunction
from specc.shapes.dim import Dim, FloorDiv

MAX_CLASSES = 4096  # residue classes looked at
MAX_POINTS = 200_000  # integers looked at
_MAX_LISTED = 8  # integers or residues written out before a condition is kept as it was

Periods = dict[str, int]
Profile = tuple[int, tuple[int, ...]]  # period, breaks


def periods(dim: Dim, scale: int = 1) -> Periods | None:
    """For every symbol, a step at which all floor divisions become polynomials; None where there is no such step."""
    found: Periods = {}
    for atom in dim.atoms:
        if isinstance(atom, str):
            inner: Periods | None = {atom: scale}
        elif isinstance(atom, FloorDiv) and atom.divisor.is_const:
            inner = periods(atom.numerator, scale * atom.divisor.value)
        else:
            return None
        if inner is None:
            return None
        for name, step in inner.items():
            found[name] = lcm(found.get(name, 1), step)
    return found


def classes(steps: Periods) -> Iterator[dict[str, int]]:
    """Every choice of a residue per symbol, residues counted from 1 to the step."""
    names = list(steps)
    for chosen in product(*(range(1, steps[n] + 1) for n in names)):
        yield dict(zip(names, chosen, strict=True))


def too_many(steps: Periods) -> bool:
    return prod(steps.values()) > MAX_CLASSES


def on_class(dim: Dim, steps: Periods, residues: dict[str, int]) -> Dim:
    """The dimension with every symbol s replaced by step * s + residue, the new s being at least 0."""
    return dim.substitute({name: steps[name] * Dim.symbol(name) + residues[name] for name in steps})


def profile(condition: Condition) -> Profile | None:
    """The period and the breaks of a condition on one symbol; None where they are not found."""
    if isinstance(condition, Comparison):
        return _difference(condition.lhs - condition.rhs)
    if isinstance(condition, In):
        return merge(_difference(condition.lhs - value) for value in condition.values)
    return merge(profile(part) for part in condition.parts)


def merge(profiles: Iterable[Profile | None]) -> Profile | None:
    """The common period and all the breaks."""
    period, breaks = 1, {1}
    for one in profiles:
        if one is None:
            return None
        period = lcm(period, one[0])
        breaks |= set(one[1])
    return (period, tuple(sorted(breaks))) if period <= MAX_CLASSES else None


def points(shape: Profile) -> list[int] | None:
    """The integers that decide a condition of this period and these breaks; None where they are too many."""
    period, breaks = shape
    reach = 2 * period
    found: list[int] = []
    start = 1
    for place in breaks:
        low, high = max(start, place - reach), place + reach
        if len(found) + high - low > MAX_POINTS:
            return None
        found.extend(range(low, high + 1))
        start = max(start, high + 1)
    return found


def describe(name: str, shape: Profile, true: list[int], false: list[int]) -> Condition | None:
    """The shortest condition that holds at the points `true` and fails at `false`; None where none is short.

    The points are those of `points(shape)`, less those that are ruled out anyway; both lists have some.
    """
    symbol = Dim.symbol(name)
    period, breaks = shape
    low, high = true[0], true[-1]
    endless = high > breaks[-1] + period
    if len(true) == 1 and not endless:
        return compare(symbol, "==", low)
    if false[-1] < low:
        return compare(symbol, ">=", low)
    if not endless and false[0] > high:
        return compare(symbol, "<=", high)
    plain = _residue(symbol, period, true, false)
    if plain is not None:
        return plain
    ends = [] if false[0] > low else [compare(symbol, ">=", low)]
    if not endless and false[-1] > high:
        ends.append(compare(symbol, "<=", high))
    inside = [h for h in false if h >= low and (endless or h <= high)]
    if not inside:
        return conjunction(*ends)
    if not endless and len(true) <= _MAX_LISTED:
        return In(symbol, tuple(true))
    mixed = _residue(symbol, period, true, inside)
    if mixed is not None:
        return conjunction(*ends, mixed)
    if endless and len(inside) <= _MAX_LISTED and inside[-1] <= breaks[-1] + period:
        gaps: Condition = compare(symbol, "!=", inside[0])
        if len(inside) > 1:
            gaps = In(symbol, tuple(inside), inside=False)
        return conjunction(*ends, gaps)
    return None


def _residue(symbol: Dim, period: int, true: list[int], false: list[int]) -> Condition | None:
    for modulus in range(2, period + 1):
        if period % modulus:
            continue
        good = sorted({h % modulus for h in true})
        bad = {h % modulus for h in false}
        if not bad.isdisjoint(good):
            continue
        remainder = symbol % modulus
        if len(good) == 1:
            return compare(remainder, "==", good[0])
        if len(good) == modulus - 1:
            return compare(remainder, "!=", next(r for r in range(modulus) if r not in good))
        return In(remainder, tuple(good)) if len(good) <= _MAX_LISTED else None
    return None


def _difference(dim: Dim) -> Profile | None:
    if dim.is_const:
        return 1, (1,)
    steps = periods(dim)
    if steps is None or len(steps) != 1 or too_many(steps):
        return None
    ((name, step),) = steps.items()
    breaks = {1}
    for residues in classes(steps):
        line = on_class(dim, steps, residues)
        coefficients = univariate(line, name)
        if coefficients is None:
            return None
        breaks |= {max(1, step * t + residues[name]) for t in turning_points(coefficients)}
    return step, tuple(sorted(breaks))


def univariate(dim: Dim, name: str) -> list[int] | None:
    """Coefficients by power of a polynomial in one symbol; None where it is not one."""
    degree = max(map(len, dim.terms), default=0)
    coefficients = [0] * (degree + 1)
    for monomial, coefficient in dim.terms.items():
        if any(atom != name for atom in monomial):
            return None
        coefficients[len(monomial)] += coefficient
    return coefficients


def turning_points(coefficients: list[int]) -> list[int]:
    """Integers t >= 0, such that every sign change or zero of the polynomial lies in some [t, t + 1]; maybe others too."""
    while coefficients and coefficients[-1] == 0:
        coefficients = coefficients[:-1]
    if len(coefficients) <= 1:
        return []
    if len(coefficients) == 2:
        root = -coefficients[0] // coefficients[1]
        return [root] if root >= 0 else []
    slope = [power * c for power, c in enumerate(coefficients)][1:]
    turns = [t + d for t in turning_points(slope) for d in (0, 1)]
    far = 1 + max(map(abs, coefficients))  # Cauchy's bound: no root beyond it
    found = set(turns)
    cuts = sorted({0, far, *(t for t in turns if t < far)})
    for low, high in pairwise(cuts):
        below = _sign(coefficients, low)
        if _sign(coefficients, high) == below:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if _sign(coefficients, middle) == below:
                low = middle
            else:
                high = middle
        found.add(low)
    return sorted(found)


def _sign(coefficients: list[int], t: int) -> int:
    total = 0
    for coefficient in reversed(coefficients):
        total = total * t + coefficient
    return (total > 0) - (total < 0)


def flatten(condition: Condition) -> Iterator[Condition]:
    """The parts of a conjunction, or the condition itself."""
    if isinstance(condition, And):
        yield from chain.from_iterable(flatten(part) for part in condition.parts)
    else:
        yield condition
