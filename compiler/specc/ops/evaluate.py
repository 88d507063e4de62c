"""One use of an op, judged: the arguments are checked, the rule runs, and what came of it is one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from specc.diagnostics import Sink, Span
from specc.ops.arguments import INFERRED, REQUIRED, Value
from specc.ops.call import Bound, Call, Operand, Rejected
from specc.record import NOTHING, Record
from specc.shapes.constraints import Facts
from specc.shapes.dim import Dim
from specc.shapes.tensor import UNKNOWN, TensorType, Type

if TYPE_CHECKING:
    from specc.ops.declare import Op, Owned, Saved

_OUT_OF_RANGE = ("must be at least", "must be at most", "must be positive", "must be one of")


class Outcome(Record):
    """What one use of an op gives.

    `outputs` are in the op's order, UNKNOWN where an error leaves one open; what it owns, costs and keeps is
    only known when `ok`. `call.args` holds the arguments with what was inferred.
    """

    ok: bool
    outputs: tuple[Type, ...]
    call: Call
    parameters: Mapping[str, Owned] = NOTHING
    buffers: Mapping[str, Owned] = NOTHING
    macs: Dim | None = None
    saved: Saved | None = None
    shares: bool = False


def bind(
    op: type[Op], given: Mapping[str, Bound], sink: Sink, label: str, span: Span | None
) -> dict[str, Bound] | None:
    """Every argument of `op` in its order: the given ones, and PyTorch's defaults for the others.

    Those under names of the user's choosing come last, as written. An inferred argument left out holds INFERRED until
    the rule fills it. Names the op does not have are skipped: their report is the caller's, who knows the span of the
    key. None where a required argument is missing (L202).
    """
    missing = [name for name, arg in op.args.items() if arg.required and name not in given]
    for name in missing:
        sink.error("L202", f"`{label}` ({op.name}) needs `{name}`: {op.args[name].doc}", span)
    if missing:
        return None
    return {name: given[name] if name in given else Bound(arg.default) for name, arg in op.arguments(given).items()}


def apply(call: Call) -> Outcome:
    """Checks the values of the arguments and runs the op's rule; what is wrong goes to `call.sink`.

    `call.args` holds every argument (see `bind`), `call.operands` every required port. After an error the outputs are
    what the rule could still say, so that the layers that follow are checked.
    """
    outer = call.sink
    call.sink = Sink()
    try:
        refused = _refused(call)
        outputs = _recovered(call, refused) if refused else _infer(call)
        ok = call.sink.ok
    finally:
        places = {d.span for d in call.sink.diagnostics if d.code != "S305"}
        for diagnostic in call.sink.diagnostics:
            if diagnostic.code != "S305" or diagnostic.span not in places:  # no condition mends what is wrong anyway
                outer.report(diagnostic)
        call.sink = outer
    if not ok:
        return Outcome(False, outputs, call)
    op = call.op
    owned = op.parameters(call), op.buffers(call)
    return Outcome(True, outputs, call, *owned, Dim.of(op.macs(call)), op.saved(call), op.shares(call))


def evaluate(
    op: type[Op],
    args: Mapping[str, Value],
    types: Sequence[TensorType | None],
    facts: Facts | None = None,
    sink: Sink | None = None,
) -> Outcome:
    """`apply` for plain values, as YAML gives them: lists or tuples, and the inputs' types in the order of the ports.

    None stands for an optional input left out; a variadic port takes all types from its place on. An argument the op
    does not have is an error here (L201), as is a missing input or one too many (N404).
    """
    sink = Sink() if sink is None else sink
    known = op.arguments(args)
    given = {}
    for name, value in args.items():
        given[name] = Bound(known[name].plain(frozen(value)) if name in known else frozen(value), given=True)
    bound = bind(op, given, sink, "layer", None)
    operands = _operands(op, types, sink)
    unknown = [name for name in args if name not in known]
    for name in unknown:
        sink.error("L201", f"`{op.name}` has no argument `{name}`", None)
    call = Call(op, bound or {}, operands or {}, Facts.none() if facts is None else facts, sink)
    if bound is None or operands is None or unknown:
        return Outcome(False, unknown_outputs(op), call)
    return apply(call)


def unknown_outputs(op: type[Op], first: TensorType | None = None) -> tuple[Type, ...]:
    """As many outputs as the op has, of which at most the first is known."""
    return (first or UNKNOWN, *(UNKNOWN for _ in op.outputs[1:]))


def _refused(call: Call) -> list[str]:
    """The arguments whose values will not do; each is reported."""
    refused = []
    for name, arg in call.op.arguments(call.args).items():
        bound = call.args[name]
        if not bound.given or bound.value is INFERRED:
            continue
        why = arg.refuse(bound.value, call.op)
        if why is not None:
            code = "L204" if why.startswith(_OUT_OF_RANGE) else "L203"
            call.report(code, f"`{name}` of `{call.label}` {why}", arg=name, notes=())
            refused.append(name)
    return refused


def _recovered(call: Call, refused: list[str]) -> tuple[Type, ...]:
    """The outputs as they would be with PyTorch's defaults for the refused arguments; nothing more is reported."""
    known = call.op.arguments(refused)
    defaults = {name: known[name].default for name in refused}
    if any(value is REQUIRED for value in defaults.values()):
        return unknown_outputs(call.op, call.first if call.op.same_shape else None)
    outer, args, requirements = call.sink, call.args, call.requirements
    call.args = {**args, **{name: Bound(value) for name, value in defaults.items()}}
    call.sink, call.requirements = Sink(), []
    try:
        return _infer(call)
    finally:
        call.sink, call.args, call.requirements = outer, args, requirements


def _infer(call: Call) -> tuple[Type, ...]:
    try:
        result = call.op.infer(call)
    except Rejected as stop:
        return unknown_outputs(call.op, stop.recovered)
    call.output = result if isinstance(result, tuple) else (result,)
    return call.output


def _operands(op: type[Op], types: Sequence[TensorType | None], sink: Sink) -> dict[str, list[Operand]] | None:
    operands: dict[str, list[Operand]] = {}
    rest = list(types)
    for port, optional, variadic in op.ports():
        taken = rest if variadic else rest[:1]
        rest = rest[len(taken) :]
        present = [Operand(given) for given in taken if given is not None]
        if not present and not optional:
            sink.error("N404", f"`{op.name}` needs the input `{port}`", None)
            return None
        if present:
            operands[port] = present
    if rest:
        sink.error("N404", f"`{op.name}` takes {len(op.inputs)} inputs, not {len(types)}", None)
        return None
    return operands


def frozen(value: Value) -> Value:
    """With lists as tuples, as arguments hold them."""
    return tuple(frozen(item) for item in value) if isinstance(value, list | tuple) else value
