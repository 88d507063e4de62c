"""Symbols that may be 0, for a decision procedure that counts from 1: each is a plain symbol of its name, less 1."""

from __future__ import annotations

from collections.abc import Iterable

from specc.shapes.conditions import And, Comparison, Condition, In, Or
from specc.shapes.dim import Dim, Fresh


def shifted(condition: Condition) -> Condition:
    """The condition over plain symbols of at least 1; itself where no symbol of it may be 0."""
    moved = _from_zero(condition.symbols)
    return condition.substitute({name: Dim.symbol(str(name)) - 1 for name in moved}) if moved else condition


def restored(condition: Condition, symbols: Iterable[str]) -> Condition:
    """A condition over shifted symbols, said of the symbols themselves again."""
    moved = _from_zero(symbols)
    return _tidied(condition.substitute({str(name): Dim.symbol(name) + 1 for name in moved}))


def _from_zero(symbols: Iterable[str]) -> list[Fresh]:
    return [name for name in symbols if isinstance(name, Fresh) and name.least == 0]


def _tidied(condition: Condition) -> Condition:
    """Constants on one side: `K + 1 >= 8` is `K >= 7`."""
    if isinstance(condition, And | Or):
        return type(condition)(tuple(map(_tidied, condition.parts)))
    lhs = condition.lhs - condition.lhs.constant
    if isinstance(condition, In):
        return In(lhs, tuple(value - condition.lhs.constant for value in condition.values), condition.inside)
    if condition.rhs.is_const and condition.lhs.constant:
        return Comparison(lhs, condition.op, condition.rhs - condition.lhs.constant)
    return condition
