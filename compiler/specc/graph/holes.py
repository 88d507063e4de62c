"""Sizes that a mistake leaves open, so that one mistake hides nothing that follows it.

Where a param or argument is missing, what it decides is built under two guesses: sizes on which both agree do not
depend on it, the others become holes. A layer that reads holes is likewise judged under two fillings. What is reported
under both in the same words is wrong whatever was meant; the rest may follow from the guess and is no news.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    return filled_by(type, _FILLINGS[guess])


def filled_by(type: Type, size: int) -> Type:
    if not isinstance(type, TensorType) or not has_holes(type):
        return type
    return type.substitute({HOLE: size})


def merged(first: Type, second: Type, *, fillings: bool = False) -> Type:
    """What both guesses agree on; `fillings`: they filled holes, so that a size may be said in terms of the hole."""
    if not isinstance(first, TensorType) or not isinstance(second, TensorType):
        return UNKNOWN
    if first.rank != second.rank or first.dtype != second.dtype:
        return UNKNOWN
    pairs = zip(first.shape, second.shape, strict=True)
    return first.with_shape(a if a == b else _linear(a, b) if fillings else _OPEN for a, b in pairs)


def _linear(first: Dim, second: Dim) -> Dim:
    """`64 * ? + 1` where the two sizes under the two fillings are of that form, else a hole of its own."""
    if not first.is_const or not second.is_const:
        return _OPEN
    factor, rest = divmod(second.value - first.value, _FILLINGS[1] - _FILLINGS[0])
    constant = first.value - factor * _FILLINGS[0]
    return _OPEN * factor + constant if rest == 0 and factor > 0 and constant >= 0 else _OPEN


def solutions(sizes: Iterable[int], types: Iterable[Type]) -> list[int]:
    """What the hole would have to be for one of the open dimensions to be one of the sizes."""
    found = []
    for type in types:
        for dim in type.shape if isinstance(type, TensorType) else ():
            if is_open(dim):
                constant = dim.evaluate({HOLE: 0}) if dim.symbols == {HOLE} else 0
                factor = dim.evaluate({HOLE: 1}) - constant if dim.symbols == {HOLE} else 1
                found += [(s - constant) // factor for s in sizes if s > constant and (s - constant) % factor == 0]
    return sorted(set(found))


def contradicted(first: Sink, second: Sink, others: Iterable[Sink], types: Iterable[Type]) -> list[Diagnostic]:
    """The written sizes (S301) that no filling of the holes makes right, said in terms of the hole."""
    found = []
    sinks = [second, *others]
    for one in first.diagnostics:
        if one.code == "S301" and all(
            any((d.code, d.span) == ("S301", one.span) for d in s.diagnostics) for s in sinks
        ):
            message = one.message
            for type in types:
                for dim in type.shape if isinstance(type, TensorType) else ():
                    if is_open(dim):
                        message = message.replace(f"has {dim.substitute({HOLE: _FILLINGS[0]})}", f"has `{dim}`")
            help = "`?` is what an error above leaves open; remove the argument (it is inferred)"
            found.append(one._replace(message=message, notes=(), help=help))
    return found


def agreed(first: Sink, second: Sink) -> list[Diagnostic]:
    """The problems found under both guesses in the same words; a note stays where both say it."""
    found = []
    for one in first.diagnostics:
        same = (one.code, one.span, one.message)
        other = next((d for d in second.diagnostics if (d.code, d.span, d.message) == same), None)
        if other is not None:
            notes = tuple(note for note in one.notes if note in other.notes)
            help = one.help if one.help == other.help else None
            edits = one.edits if one.edits == other.edits else ()
            found.append(one._replace(notes=notes, help=help, edits=edits))
    return found
