"""Conditions on one symbol as exact sets of integers, and the shortest way to write such a set.

A condition over `H` built from polynomials and floor divisions by integers is, on each residue class H = L * t + r, a
question about the sign of a polynomial in t. So past finitely many *breaks* it is periodic with period L, and looking
at a window of 2 * L around every break decides it for all integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise, product
from math import gcd, lcm, prod

from specc.shapes.conditions import And, Comparison, Condition, In, compare, conjunction
from specc.shapes.dim import Atom, Dim, FloorDiv

MAX_CLASSES = 4096  # residue classes looked at
MAX_POINTS = 200_000  # integers looked at
_ALL_UP_TO = 128  # breaks up to here: every integer is looked at
_MAX_LISTED = 8  # integers or residues written out before a condition is kept as it was

Periods = dict[str, int]
Profile = tuple[int, tuple[int, ...]]  # period, breaks


def periods(dim: Dim, scale: int = 1) -> Periods | None:
    """For every symbol, a step at which all floor divisions become polynomials; None where there is no such step."""
    found: Periods = {}
    for monomial, coefficient in dim.terms.items():
        needed = scale // gcd(scale, coefficient)  # a factor's step times the coefficient is a multiple of the scale
        for atom in monomial:
            if isinstance(atom, str):
                inner: Periods | None = {atom: needed}
            elif isinstance(atom, FloorDiv) and atom.divisor.is_const:
                inner = periods(atom.numerator, needed * atom.divisor.value)
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
    if _is_small(shape):
        return list(range(1, breaks[-1] + reach + 1))
    found: list[int] = []
    start = 1
    for place in breaks:
        low, high = max(start, place - reach), place + reach
        if len(found) + high - low > MAX_POINTS:
            return None
        found.extend(range(low, high + 1))
        start = max(start, high + 1)
    return found


def _is_small(shape: Profile) -> bool:
    """Whether `points` leaves no integer out, so that the integers themselves may be listed."""
    return shape[1][-1] <= _ALL_UP_TO


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
    if not endless and len(true) <= _MAX_LISTED and _is_small(shape):
        return In(symbol, tuple(true))
    mixed = _residue(symbol, period, true, inside)
    if mixed is not None:
        return conjunction(*ends, mixed)
    if endless and len(inside) <= _MAX_LISTED and inside[-1] <= breaks[-1] + period and _is_small(shape):
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
    straight = degree(dim) == 1
    for residue in range(1, step + 1):
        if straight:  # two values give the line, far cheaper than the substitution
            start = dim.evaluate({name: residue})
            coefficients = [start, dim.evaluate({name: residue + step}) - start]
        else:
            coefficients = univariate(on_class(dim, steps, {name: residue}), name)
        breaks |= {max(1, step * t + residue) for t in turning_points(coefficients)}
    return step, tuple(sorted(breaks))


def degree(dim: Dim) -> int:
    """The degree it has as a polynomial on a residue class."""
    return max((sum(map(_atom_degree, monomial)) for monomial in dim.terms), default=0)


def _atom_degree(atom: Atom) -> int:
    return degree(atom.numerator) if isinstance(atom, FloorDiv) else 1


def univariate(dim: Dim, name: str) -> list[int]:
    """Coefficients by power of a polynomial in one symbol."""
    return [dim.terms.get((name,) * power, 0) for power in range(degree(dim) + 1)]


def turning_points(coefficients: list[int]) -> list[int]:
    """Integers t >= 0: every sign change or zero of the polynomial lies in some [t, t + 1]; there may be more."""
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
