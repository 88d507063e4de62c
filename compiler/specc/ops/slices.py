"""How long a slice is: Python's `start:stop:step` of an axis, for sizes that may be symbols."""

from __future__ import annotations

from specc.ops.call import Call
from specc.shapes.constraints import Proved, Refuted, at_least
from specc.shapes.dim import Dim

Bound = int | Dim | None  # of a slice; negative counts from the end, None is the end itself


def slice_length(call: Call, size: Dim, start: Bound, stop: Bound, step: int = 1, *, arg: str) -> Dim:
    """The number of places of an axis of `size` that the slice names; bounds beyond the ends are the ends.

    Reports S304 where a symbolic bound may be negative or not.
    """
    first = _clamped(call, start, size, Dim.of(0), arg)
    last = _clamped(call, stop, size, size, arg)
    span = larger(call, last - first, Dim.of(0)) if first != 0 else last
    return span if step == 1 else (span + (step - 1)) // step


def _clamped(call: Call, bound: Bound, size: Dim, default: Dim, arg: str) -> Dim:
    if bound is None:
        return default
    place = Dim.of(bound)
    verdict = at_least(place, Dim.of(0), call.facts)
    if not isinstance(verdict, Proved | Refuted):
        call.reject(
            "S304",
            f"`{call.label}` ({call.op.name}) counts from the end where `{place}` is negative, which is not known",
            arg=arg,
            help=f"add `where: [{place} >= 0]`",
        )
    return smaller(call, place, size) if isinstance(verdict, Proved) else larger(call, size + place, Dim.of(0))


def larger(call: Call, a: Dim, b: Dim) -> Dim:
    """The larger of two sizes: one of them where the facts decide it."""
    if isinstance(at_least(a, b, call.facts), Proved):
        return a
    return b if isinstance(at_least(b, a, call.facts), Proved) else Dim.maximum(a, b)


def smaller(call: Call, a: Dim, b: Dim) -> Dim:
    """The smaller of two sizes, likewise."""
    if isinstance(at_least(a, b, call.facts), Proved):
        return b
    return a if isinstance(at_least(b, a, call.facts), Proved) else Dim.minimum(a, b)
