"""Modules of torchvision that are made of others: their rules, parameters and costs are those of their parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from specc.ops.arguments import Choice, Value, source
from specc.ops.call import Bound, Call, Operand, Rejected
from specc.ops.declare import Module, Owned, Saved
from specc.ops.evaluate import Outcome, apply, bind, frozen
from specc.ops.library import OPS
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    from specc.ops.arguments import Json


class ModuleClass(Choice):
    """A class of modules by its name, `SiLU`; written `nn.SiLU` in Python."""

    __slots__ = ()

    def python(self, value: Value) -> str:
        if value is None:
            return source(value)
        return OPS[value].python.target if value in OPS else f"nn.{value}"

    def options(self) -> list[Json]:
        return [{"enum": list(self.words)}, {"type": "string", "minLength": 1, "description": "a param of type `op`"}]


class Composite(Module, abstract=True):
    """A module whose `infer` runs its parts by `part`, each under the name of its submodule."""

    @classmethod
    def part(cls, call: Call, name: str, kind: str, args: Mapping[str, Value], x: TensorType) -> TensorType:
        """What the part gives for `x`; what is wrong is reported of the whole, and ends its rule."""
        op = OPS[kind]
        given = {arg: Bound(frozen(value), span=call.span, given=True) for arg, value in args.items()}
        bound = bind(op, given, call.sink, call.label, call.span)
        assert bound is not None, "a part gets all that its class requires"
        known = next(iter(call.operands.values()))[0]
        operand = known if known.type is x else Operand(x, known.name, known.span)
        inner = Call(op, bound, {op.ports()[0][0]: [operand]}, call.facts, call.sink, call.label, call.span)
        outcome = apply(inner)
        call.requirements += inner.requirements
        (output,) = outcome.outputs
        if not outcome.ok or not isinstance(output, TensorType):
            raise Rejected(None)
        call.parts.append((name, outcome))
        return output

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {f"{name}.{own}": o for name, outcome in call.parts for own, o in outcome.parameters.items()}

    @classmethod
    def buffers(cls, call: Call) -> dict[str, Owned]:
        return {f"{name}.{own}": o for name, outcome in call.parts for own, o in outcome.buffers.items()}

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return sum((outcome.macs for _, outcome in call.parts if outcome.macs is not None), Dim.of(0))

    @classmethod
    def saved(cls, call: Call) -> Saved | None:
        return chained(call, [outcome for _, outcome in call.parts])

    @classmethod
    def shares(cls, call: Call) -> bool:
        return all(outcome.shares for _, outcome in call.parts)


def chained(call: Call, outcomes: Sequence[Outcome], *, also: Sequence[int] = ()) -> Saved | None:
    """What a chain keeps: every tensor once, by the memory it is in; `also` are tensors kept besides, by their place.

    Tensor 0 is the input, tensor k what part k - 1 gives.
    """
    place = [0]
    for outcome in outcomes:
        place.append(place[-1] if outcome.shares else len(place))
    kept = {place[k] for k in also}
    extra = Dim.of(0)
    for k, outcome in enumerate(outcomes):
        if outcome.saved is None:
            return None
        if outcome.saved.inputs:
            kept.add(place[k])
        if outcome.saved.outputs:
            kept.add(place[k + 1])
        extra = extra + outcome.saved.extra
    last = place[-1]
    inner = {p: outcome.outputs[0] for p, outcome in zip(place[1:], outcomes, strict=True)}
    held = [inner[p] for p in kept - {0, last}]
    extra = sum((type_.nbytes for type_ in held if isinstance(type_, TensorType)), extra)
    first = (call.op.ports()[0][0],) if 0 in kept else ()
    return Saved(first, (0,) if last in kept and last != 0 else (), extra)
