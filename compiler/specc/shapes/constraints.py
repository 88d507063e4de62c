"""Deciding conditions on dimensions, exactly: proved, refuted, or the weakest condition under which they hold.

All symbols are integers of at least 1 unless the facts say more; those that may be 0 are `shift`ed by 1 meanwhile.
Where no shorter form of the weakest condition is found, it is the condition itself, simplified: that is exact too.
"""

from __future__ import annotations

from math import gcd, lcm

from specc.record import Record
from specc.shapes import intsets
from specc.shapes.bounds import Bounds, bounds
from specc.shapes.conditions import And, Comparison, Condition, In, Or, compare, conjunction, disjunction
from specc.shapes.dim import Dim
from specc.shapes.division import exact_quotient
from specc.shapes.facts import Derived, Facts
from specc.shapes.shift import restored, shifted

__all__ = [
    "And",
    "Comparison",
    "Condition",
    "Facts",
    "Holds",
    "In",
    "Or",
    "Proved",
    "Refuted",
    "Verdict",
    "at_least",
    "compare",
    "conjunction",
    "decide",
    "disjunction",
    "equal",
]


class Proved(Record):
    """It holds for all sizes that the facts allow."""


class Refuted(Record):
    """It holds for none."""


class Holds(Record):
    """It holds exactly when `when` does, given the facts."""

    when: Condition


Verdict = Proved | Refuted | Holds

_PROVED, _REFUTED = Proved(), Refuted()


def equal(a: int | Dim, b: int | Dim, facts: Facts) -> Verdict:
    """Whether two dimensions are the same."""
    left, right = Dim.of(a), Dim.of(b)
    if left == right:
        return _PROVED
    if left.is_const and right.is_const:
        return _REFUTED
    return decide(Comparison(left, "==", right), facts)


def at_least(a: int | Dim, b: int | Dim, facts: Facts) -> Verdict:
    """Whether `a >= b`."""
    left, right = Dim.of(a), Dim.of(b)
    if left.is_const and right.is_const:
        return _PROVED if left.value >= right.value else _REFUTED
    return decide(Comparison(left, ">=", right), facts)


def decide(condition: Condition, facts: Facts) -> Verdict:
    """The verdict on any condition. Under contradictory facts everything is proved or refuted alike."""
    derived = facts.derived
    moved = shifted(condition)
    verdict = judge(moved.substitute(derived.substitution) if derived.substitution else moved, derived)
    if moved is condition or not isinstance(verdict, Holds):
        return verdict
    said = restored(verdict.when, condition.symbols)
    return Holds(min(said, condition, key=lambda when: len(str(when))))  # the condition itself is an exact answer too


def judge(condition: Condition, derived: Derived) -> Verdict:
    """As `decide`, for a condition into which the equations of the facts are already substituted."""
    names = condition.symbols
    if not names:
        return _PROVED if condition.evaluate({}) else _REFUTED
    if isinstance(condition, Comparison):
        quick = _by_bounds(condition, derived)
        if quick is not None:
            return quick
    if len(names) == 1:
        found = _one_symbol(condition, next(iter(names)), derived)
        if found is not None:
            return found
    if isinstance(condition, And | Or):
        return _parts(condition, derived)
    if isinstance(condition, In):
        if condition.inside:
            return judge(disjunction(*(compare(condition.lhs, "==", v) for v in condition.values)), derived)
        return judge(conjunction(*(compare(condition.lhs, "!=", v) for v in condition.values)), derived)
    simple = simplified(condition)
    if len(simple.symbols) < len(names):
        return judge(simple, derived)
    return _by_facts(simple, derived) or _by_residues(simple, derived) or Holds(simple)


def simplified(condition: Comparison) -> Comparison:
    """The comparison with common factors cancelled and every term on the side where it is positive."""
    gap = condition.lhs - condition.rhs
    shared = None
    for monomial in gap.terms:
        names = [a for a in monomial if isinstance(a, str)]
        shared = names if shared is None else [n for n in dict.fromkeys(shared) if n in names]
    factor = Dim({tuple(sorted(shared or [])): gcd(*gap.terms.values())}) if gap.terms else Dim.of(1)
    reduced = exact_quotient(gap, factor)
    if reduced is None:
        return condition
    op = condition.op
    constant = reduced.constant
    left = Dim({m: c for m, c in reduced.terms.items() if c > 0 and m})
    right = Dim({m: -c for m, c in reduced.terms.items() if c < 0 and m})
    if right == 0 or (left != 0 and constant < 0):
        right = right - constant
    else:
        left = left + constant
    moved = Comparison(left, op, right)
    return moved if len(str(moved)) < len(str(condition)) else condition


def _by_bounds(condition: Comparison, derived: Derived) -> Verdict | None:
    return _sign(condition.op, *bounds(condition.lhs - condition.rhs, derived.bounds))


def _sign(op: str, low: int | None, high: int | None) -> Verdict | None:
    """The verdict on `x op 0` for an x in the interval."""
    positive, negative = low is not None and low > 0, high is not None and high < 0
    not_negative, not_positive = low is not None and low >= 0, high is not None and high <= 0
    zero = not_negative and not_positive
    apart = positive or negative
    table = {
        "==": (zero, apart),
        "!=": (apart, zero),
        ">=": (not_negative, negative),
        ">": (positive, not_positive),
        "<=": (not_positive, positive),
        "<": (negative, not_negative),
    }
    always, never = table[op]
    return _PROVED if always else _REFUTED if never else None


def _one_symbol(condition: Condition, name: str, derived: Derived) -> Verdict | None:
    """Exactly, by the integers around every place where something changes."""
    domain = derived.domains.get(name)
    shape = intsets.merge([intsets.profile(condition), *([domain.profile] if domain else [])])
    looked = intsets.points(shape) if shape is not None else None
    if shape is None or looked is None:
        return None
    true: list[int] = []
    false: list[int] = []
    for value in looked:
        if domain is None or domain.allows(name, value):
            (true if condition.evaluate({name: value}) else false).append(value)
    if not false:
        return _PROVED
    if not true:
        return _REFUTED
    short = intsets.describe(name, shape, true, false)
    if short is not None:
        return Holds(short)
    return Holds(simplified(condition) if isinstance(condition, Comparison) else condition)


def _parts(condition: And | Or, derived: Derived) -> Verdict:
    conjunctive = isinstance(condition, And)
    open_parts: list[Condition] = []
    for part in condition.parts:
        verdict = judge(part, derived)
        if isinstance(verdict, Holds):
            open_parts.append(verdict.when)
        elif isinstance(verdict, Refuted) is conjunctive:
            return verdict
    if not open_parts:
        return _PROVED if conjunctive else _REFUTED
    return Holds(conjunction(*open_parts) if conjunctive else disjunction(*open_parts))


def _by_facts(condition: Comparison, derived: Derived) -> Verdict | None:
    """By what the facts say of the same dimensions, a constant apart: `H >= W` gives `H + 1 > W`."""
    gap = condition.lhs - condition.rhs
    for known in derived.equal:
        for multiple in (gap - known, gap + known):
            if (verdict := _sign(condition.op, *bounds(multiple, derived.bounds))) is not None:
                return verdict
    for known in derived.unequal:
        if condition.op in ("==", "!=") and gap in (known, -known):
            return _PROVED if condition.op == "!=" else _REFUTED
    low: int | None = None
    high: int | None = None
    for known in derived.least:
        above, below = bounds(gap - known, derived.bounds)[0], bounds(gap + known, derived.bounds)[1]
        low = above if low is None else low if above is None else max(low, above)
        high = below if high is None else high if below is None else min(high, below)
    return _sign(condition.op, low, high)


def _by_residues(condition: Comparison, derived: Derived) -> Verdict | None:
    """With several symbols: each residue class is decided as a polynomial; None where some class is not."""
    gap = condition.lhs - condition.rhs
    steps = intsets.periods(gap)
    if steps is None:
        return None
    for name in steps:
        if name in derived.domains:
            steps[name] = lcm(steps[name], derived.domains[name].period)
    if intsets.too_many(steps) or all(step == 1 for step in steps.values()):
        return None
    true: list[dict[str, int]] = []
    false: list[dict[str, int]] = []
    for residues in intsets.classes(steps):
        inner = _class_bounds(residues, steps, derived)
        if inner is None:
            continue
        verdict = _sign(condition.op, *bounds(intsets.on_class(gap, steps, residues), inner))
        if verdict is None:
            return None
        (true if isinstance(verdict, Proved) else false).append(residues)
    if not false:
        return _PROVED
    if not true:
        return _REFUTED
    return _as_product(condition, steps, true, false)


def _class_bounds(residues: dict[str, int], steps: intsets.Periods, derived: Derived) -> dict[str, Bounds] | None:
    """The range of t in step * t + residue for every symbol; None where the facts leave the class empty."""
    found: dict[str, Bounds] = {}
    for name, residue in residues.items():
        domain = derived.domains.get(name)
        low, high = domain.bounds if domain else (1, None)
        if domain and residue % domain.period not in domain.residues:
            return None
        least = max(0, -((residue - (low or 1)) // steps[name]))
        most = None if high is None else (high - residue) // steps[name]
        if most is not None and most < least:
            return None
        found[name] = (least, most)
    return found


def _as_product(
    condition: Comparison, steps: intsets.Periods, true: list[dict[str, int]], false: list[dict[str, int]]
) -> Verdict:
    """As residues of each symbol on its own, where the classes are such a product; else the condition as it is."""
    parts: list[Condition] = []
    for name, step in steps.items():
        good = sorted({r[name] for r in true})
        bad = sorted({r[name] for r in false} - set(good))
        if bad:
            window = [h + k * step for k in range(4) for h in good], [h + k * step for k in range(4) for h in bad]
            part = intsets.describe(name, (step, (1,)), sorted(window[0]), sorted(window[1]))
            if part is None:
                return Holds(condition)
            parts.append(part)
    whole = conjunction(*parts)
    exact = parts and not any(whole.evaluate(residues) for residues in false)
    return Holds(whole if exact else condition)
