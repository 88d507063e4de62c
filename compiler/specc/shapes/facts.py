"""What is known about the symbols of a scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specc.shapes.bounds import Bounds
from specc.shapes.conditions import Comparison, Condition, Or, compare
from specc.shapes.dim import Dim


class Facts:
    """Immutable knowledge about symbols, all of which are integers of at least 1 unless a fact says more.

    What follows from the conditions is worked out once, when first asked for.
    """

    __slots__ = ("_derived", "conditions")

    conditions: tuple[Condition, ...]  # as assumed, in order, without repetitions

    def __init__(self, conditions: tuple[Condition, ...] = ()) -> None:
        self.conditions = conditions
        self._derived: Derived | None = None

    @staticmethod
    def none() -> Facts:
        return _NONE

    @staticmethod
    def of(conditions: Iterable[Condition]) -> Facts:
        facts = _NONE
        for condition in conditions:
            facts = facts.assume(condition)
        return facts

    def assume(self, condition: Condition) -> Facts:
        """With one more fact; contradictions are not an error here, see `contradictory`."""
        from specc.shapes.intsets import flatten

        added = [c for c in flatten(condition) if c not in self.conditions]
        return Facts((*self.conditions, *dict.fromkeys(added))) if added else self

    @property
    def derived(self) -> Derived:
        if self._derived is None:
            from specc.shapes.shift import shifted

            self._derived = Derived(map(shifted, self.conditions)) if self.conditions else _NOTHING
        return self._derived

    @property
    def contradictory(self) -> bool:
        """Whether no choice of the symbols can satisfy the facts; False also where that is not found out."""
        return bool(self.conditions) and self.derived.contradictory

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Facts) and self.conditions == other.conditions

    def __hash__(self) -> int:
        return hash(self.conditions)

    def __repr__(self) -> str:
        return f"Facts({', '.join(map(str, self.conditions))})"


class Domain:
    """The integers that the facts on one symbol allow."""

    __slots__ = ("bounds", "conditions", "empty", "period", "profile", "residues")

    def __init__(self, name: str, conditions: list[Condition]) -> None:
        from specc.shapes.intsets import merge, points, profile

        self.conditions = conditions
        self.profile = merge(profile(c) for c in conditions)
        self.bounds: Bounds = (1, None)
        self.period = 1
        self.residues: frozenset[int] = frozenset((0,))
        self.empty = False
        looked = points(self.profile) if self.profile is not None else None
        if self.profile is None or looked is None:
            self.conditions = []  # the facts stay in force as they are written, they only teach nothing here
            self.profile = (1, (1,))
            return
        period, breaks = self.profile
        allowed = [h for h in looked if self.allows(name, h)]
        if not allowed:
            self.empty = True
            return
        endless = allowed[-1] > breaks[-1] + period
        self.bounds = (allowed[0], None if endless else allowed[-1])
        self.period = period
        self.residues = frozenset(h % period for h in allowed)

    def allows(self, name: str, value: int) -> bool:
        return all(c.evaluate({name: value}) for c in self.conditions)


class Derived:
    """What follows from a list of conditions, over symbols of at least 1 (see `specc.shapes.shift`)."""

    __slots__ = ("contradictory", "domains", "equal", "least", "substitution", "unequal")

    substitution: dict[str, Dim]  # symbols that are given by the others
    domains: dict[str, Domain]
    least: list[Dim]  # known to be at least 0
    equal: list[Dim]  # known to be 0
    unequal: list[Dim]  # known not to be 0

    def __init__(self, conditions: Iterable[Condition]) -> None:
        pending = list(conditions)
        self.substitution = {}
        while (found := _solved(pending)) is not None:
            name, value = found
            self.substitution = {n: d.substitute({name: value}) for n, d in self.substitution.items()}
            self.substitution[name] = value
            pending = [c.substitute({name: value}) for c in pending]
            pending.append(compare(value, ">=", 1))
        self.contradictory = False
        self.least, self.equal, self.unequal = [], [], []
        single: dict[str, list[Condition]] = {}
        for condition in pending:
            names = condition.symbols
            if not names:
                self.contradictory = self.contradictory or not condition.evaluate({})
            elif len(names) == 1:
                single.setdefault(next(iter(names)), []).append(condition)
            self._record(condition)
        self.domains = {name: Domain(name, known) for name, known in single.items()}
        self.contradictory = self.contradictory or any(d.empty for d in self.domains.values())
        if not self.contradictory:
            self.contradictory = any(self._impossible(c) for c in pending if len(c.symbols) > 1)

    @property
    def bounds(self) -> Mapping[str, Bounds]:
        return {name: domain.bounds for name, domain in self.domains.items()}

    def _record(self, condition: Condition) -> None:
        if not isinstance(condition, Comparison):
            return
        gap = condition.lhs - condition.rhs
        match condition.op:
            case "==":
                self.equal.append(gap)
            case "!=":
                self.unequal.append(gap)
            case ">=":
                self.least.append(gap)
            case ">":
                self.least.append(gap - 1)
            case "<=":
                self.least.append(-gap)
            case "<":
                self.least.append(-gap - 1)

    def _impossible(self, condition: Condition) -> bool:
        from specc.shapes.constraints import Refuted, judge

        rest = Derived(())
        rest.domains = self.domains
        rest.least = [d for d in self.least if not isinstance(condition, Comparison) or d.symbols != condition.symbols]
        if isinstance(judge(condition, rest), Refuted):
            return True
        # two facts on the same symbols, H > W and W > H: a sum that cannot reach 0
        from specc.shapes.bounds import bounds

        sums = [a + b for a in self.least for b in self.least]
        return any((high := bounds(s, self.bounds)[1]) is not None and high < 0 for s in sums)


def _solved(conditions: list[Condition]) -> tuple[str, Dim] | None:
    """A symbol that some equation gives in terms of others: by the last name, so that `H == W` keeps `H`."""
    for condition in conditions:
        if isinstance(condition, Or) or not isinstance(condition, Comparison) or condition.op != "==":
            continue
        gap = condition.lhs - condition.rhs
        for name in sorted(gap.symbols, reverse=True):
            coefficient = gap.terms.get((name,), 0)
            rest = gap - coefficient * Dim.symbol(name)
            if coefficient in (1, -1) and name not in rest.symbols:
                return name, -coefficient * rest
    return None


_NONE = Facts()
_NOTHING = Derived(())
