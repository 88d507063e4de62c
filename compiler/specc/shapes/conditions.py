"""Conditions on symbols: comparisons of dimensions, and their conjunctions and disjunctions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specc.diagnostics import Edit, Span
from specc.record import Record
from specc.shapes.dim import Dim, Fresh

OPERATORS = ("==", "!=", "<", "<=", ">", ">=")
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class Comparison(Record):
    """`lhs op rhs`, with op one of `== != < <= > >=`."""

    lhs: Dim
    op: str
    rhs: Dim

    @property
    def symbols(self) -> frozenset[str]:
        return self.lhs.symbols | self.rhs.symbols

    def evaluate(self, env: Mapping[str, int]) -> bool:
        return _compare(self.lhs.evaluate(env), self.op, self.rhs.evaluate(env))

    def substitute(self, env: Mapping[str, Dim | int]) -> Comparison:
        return Comparison(self.lhs.substitute(env), self.op, self.rhs.substitute(env))

    def negated(self) -> Comparison:
        return Comparison(self.lhs, _OPPOSITE[self.op], self.rhs)

    def __str__(self) -> str:
        return f"{self.lhs} {self.op} {self.rhs}"


class In(Record):
    """`lhs in (a, b, …)`: one of several integers, in ascending order."""

    lhs: Dim
    values: tuple[int, ...]
    inside: bool = True

    @property
    def symbols(self) -> frozenset[str]:
        return self.lhs.symbols

    def evaluate(self, env: Mapping[str, int]) -> bool:
        return (self.lhs.evaluate(env) in self.values) is self.inside

    def substitute(self, env: Mapping[str, Dim | int]) -> In:
        return In(self.lhs.substitute(env), self.values, self.inside)

    def negated(self) -> In:
        return In(self.lhs, self.values, not self.inside)

    def __str__(self) -> str:
        return f"{self.lhs} {'in' if self.inside else 'not in'} {self.values!r}"


class And(Record):
    """All of the parts; without parts it is always true."""

    parts: tuple[Condition, ...]

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset().union(*(part.symbols for part in self.parts))

    def evaluate(self, env: Mapping[str, int]) -> bool:
        return all(part.evaluate(env) for part in self.parts)

    def substitute(self, env: Mapping[str, Dim | int]) -> And:
        return And(tuple(part.substitute(env) for part in self.parts))

    def negated(self) -> Or:
        return Or(tuple(part.negated() for part in self.parts))

    def __str__(self) -> str:
        return " and ".join(f"({p})" if isinstance(p, Or) else str(p) for p in self.parts) or "True"


class Or(Record):
    """One of the parts at least; without parts it is never true."""

    parts: tuple[Condition, ...]

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset().union(*(part.symbols for part in self.parts))

    def evaluate(self, env: Mapping[str, int]) -> bool:
        return any(part.evaluate(env) for part in self.parts)

    def substitute(self, env: Mapping[str, Dim | int]) -> Or:
        return Or(tuple(part.substitute(env) for part in self.parts))

    def negated(self) -> And:
        return And(tuple(part.negated() for part in self.parts))

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts)) or "False"


Condition = Comparison | In | And | Or


def compare(lhs: int | Dim, op: str, rhs: int | Dim) -> Comparison:
    """`lhs op rhs`; ValueError for an operator that is not a comparison."""
    if op not in OPERATORS:
        raise ValueError(f"`{op}` is not a comparison")
    return Comparison(Dim.of(lhs), op, Dim.of(rhs))


def conjunction(*parts: Condition) -> Condition:
    """All of the parts, nested conjunctions flattened and repetitions dropped."""
    flat: list[Condition] = []
    for part in parts:
        for one in part.parts if isinstance(part, And) else (part,):
            if one not in flat:
                flat.append(one)
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disjunction(*parts: Condition) -> Condition:
    """As `conjunction`, for one of the parts."""
    flat: list[Condition] = []
    for part in parts:
        for one in part.parts if isinstance(part, Or) else (part,):
            if one not in flat:
                flat.append(one)
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def mend(conditions: Iterable[Condition], written: str = "") -> str:
    """What makes conditions hold, as the help of a diagnostic: facts of `where` (`written`, if they read otherwise).

    No fact can speak of a size that the data decide: facts are checked before the layers run.
    """
    asked = list(conditions)
    fresh = sorted({name for condition in asked for name in condition.symbols if isinstance(name, Fresh)})
    if fresh:
        return f"`{fresh[0]}` is known only when the network runs"
    return f"add `where: [{written or ', '.join(map(_item, asked))}]`"


def stated(conditions: Iterable[Condition], span: Span | None) -> tuple[Edit, ...]:
    """What `mend` asks for, as the edit of a diagnostic at `span`."""
    asked = list(conditions)
    if span is None or any(isinstance(name, Fresh) for condition in asked for name in condition.symbols):
        return ()
    return (Edit(span, "\n".join(map(str, asked)), "where"),)


def _item(condition: Condition) -> str:
    """As an item of a YAML list, where a comma would end it."""
    text = str(condition)
    return f'"{text}"' if "," in text else text


def _compare(a: int, op: str, b: int) -> bool:
    if op == "==":
        return a == b
    if op == "!=":
        return a != b
    if op == "<":
        return a < b
    if op == "<=":
        return a <= b
    return a > b if op == ">" else a >= b
