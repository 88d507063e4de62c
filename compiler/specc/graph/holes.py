"""Sizes that a mistake leaves open, so that one mistake hides nothing that follows it.

Where a param or argument is missing, what it decides is built under two guesses: sizes on which both agree do not
depend on it, the others become holes. A layer that reads holes is likewise judged under two fillings. What is reported
under both in the same words is wrong whatever was meant; the rest may follow from the guess and is no news.
"""

from __future__ import annotations

from typing import Final

from specc.diagnostics import Diagnostic, Sink
from specc.shapes.dim import Dim
from specc.shapes.tensor import UNKNOWN, TensorType, Type

HOLE: Final = "?"  # no identifier: no symbol of a spec has this name
GUESSES: Final = (0, 1)
_FILLINGS: Final = (5040, 10080)  # with many divisors, for groups and heads

_OPEN: Final = Dim.symbol(HOLE)


def is_open(dim: Dim) -> bool:
    return HOLE in dim.symbols


def has_holes(type: Type) -> bool:
    return isinstance(type, TensorType) and any(is_open(dim) for dim in type.shape)


def filled(type: Type, guess: int) -> Type:
    """The type with its holes filled by the first or second guess."""
    if not isinstance(type, TensorType) or not has_holes(type):
        return type
    return type.substitute({HOLE: _FILLINGS[guess]})


def merged(first: Type, second: Type) -> Type:
    """What both guesses agree on."""
    if not isinstance(first, TensorType) or not isinstance(second, TensorType):
        return UNKNOWN
    if first.rank != second.rank or first.dtype != second.dtype:
        return UNKNOWN
    return first.with_shape(a if a == b else _OPEN for a, b in zip(first.shape, second.shape, strict=True))


def agreed(first: Sink, second: Sink) -> list[Diagnostic]:
    """The problems found under both guesses in the same words; a note stays where both say it."""
    found = []
    for one in first.diagnostics:
        same = (one.code, one.span, one.message)
        other = next((d for d in second.diagnostics if (d.code, d.span, d.message) == same), None)
        if other is not None:
            notes = tuple(note for note in one.notes if note in other.notes)
            found.append(one._replace(notes=notes, help=one.help if one.help == other.help else None))
    return found
