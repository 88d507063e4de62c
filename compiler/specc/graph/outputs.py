"""The network's outputs: what they read, what shape is asserted, and whether the input reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.diagnostics import Edit, Note, Span, closest
from specc.graph.frame import Frame
from specc.graph.holes import is_open
from specc.graph.ir import Value
from specc.graph.patterns import read_shape, shape_text
from specc.graph.reserved import check_name
from specc.shapes.conditions import mend, stated
from specc.shapes.constraints import Holds, Proved, equal
from specc.shapes.dim import Dim
from specc.shapes.pattern import ELLIPSIS
from specc.shapes.tensor import TensorType
from specc.source.nodes import Entry, Mapping, Scalar

if TYPE_CHECKING:
    from specc.graph.build import Builder


def network_outputs(
    builder: Builder, frame: Frame, entry: Entry | None, layers: Entry | None
) -> list[tuple[str, Value]]:
    """The outputs as declared, or the last layer as `output`; what is wrong with them is reported."""
    found: list[tuple[str, Value]] = []
    node = entry.value if entry is not None else None
    broken, problems = frame.broken, len(builder.sink.diagnostics)
    if isinstance(node, Mapping):
        for item in node.entries:
            value = _output(builder, frame, item)
            if value is not None:
                found.append((str(item.key.value), value))
    if not found and frame.current is not None and frame.nodes:
        # The check goes on with the last layer, also where another name is nearer: training ends there.
        if entry is not None and not _refused(builder, problems, entry):
            builder.sink.error(
                "N406",
                "the network has no output that can be reached",
                entry.key.span,
                help=f"read the last layer: `outputs: {{output: {frame.nodes[-1].name}}}`",
            )
        found.append(("output", frame.follow(frame.current)))
    if len(builder.sink.diagnostics) > problems and frame.current is not None:
        frame.mark(frame.current)  # a wrong output most likely means the last layer
    frame.broken = broken
    _reached(builder, frame, found, entry or layers)
    return found


def _refused(builder: Builder, problems: int, entry: Entry) -> bool:
    """Whether something was said of the outputs already, here or by the schema."""
    return len(builder.sink.diagnostics) > problems or any(d.span == entry.value.span for d in builder.sink.diagnostics)


def _output(builder: Builder, frame: Frame, item: Entry) -> Value | None:
    name = str(item.key.value)
    check_name(name, item.key.span, builder.sink, "output")
    source = item.value.get("from") if isinstance(item.value, Mapping) else item.value
    if not isinstance(source, Scalar) or source.value is None:
        return None
    text = str(source.value)
    if not any(part.strip().partition(".")[0] in (*frame.outputs, *frame.removed) for part in text.split(" or ")):
        _unreachable(builder, frame, name, source)
        return None
    value = frame.reference(source)
    if isinstance(item.value, Mapping):
        _assert_shape(builder, frame, name, value, item.value)
    return value


def _unreachable(builder: Builder, frame: Frame, name: str, source: Scalar) -> None:
    text = str(source.value)
    near = None if text.isdigit() else closest(text, [node.name for node in frame.nodes])
    builder.sink.error(
        "N406",
        f"the output `{name}` cannot be reached: there is no layer `{text}`",
        source.span,
        near=near,
        help="name one of the layers",
    )
    if near is not None:
        frame.mark(frame.outputs[near][0][1])


def _reached(builder: Builder, frame: Frame, outputs: list[tuple[str, Value]], entry: Entry | None) -> None:
    """Reports an output that no input has a part in (N407)."""
    depends = {id(value) for value in frame.inputs}
    for node in frame.nodes:
        wired = any(id(item.value) in depends or item.value.producer is None for item in node.inputs)
        if wired or node.error is not None:  # what an erroneous layer was meant to read is not known
            depends.update(id(value) for value in node.outputs)
    for name, value in outputs:
        if id(value) not in depends and frame.inputs and value.producer is not None:
            builder.sink.error(
                "N407",
                f"the output `{name}` does not depend on any input",
                _place(entry, name),
                notes=(Note(f"it reads `{value.name}`", value.span),),
                help="read the input somewhere on the way to it",
            )
            for node in reversed(frame.nodes):
                if any(id(output) in depends for output in node.outputs):
                    frame.mark(node.outputs[0])  # where the input ends is what should have been read
                    break


def _place(entry: Entry | None, name: str) -> Span | None:
    """Where the output is written, or what stands in for `outputs`."""
    written = entry.value.get(name) if entry is not None and isinstance(entry.value, Mapping) else None
    if isinstance(written, Mapping):
        written = written.get("from")
    return written.span if written is not None else entry.key.span if entry is not None else None


def _assert_shape(builder: Builder, frame: Frame, name: str, value: Value, node: Mapping) -> None:
    written = node.get("shape")
    dtype = node.get("dtype")
    if not isinstance(value.type, TensorType):
        return
    notes = (Note(f"from: {value.name} gives {value.type}", value.span),)
    if isinstance(dtype, Scalar) and dtype.value != value.type.dtype:
        builder.sink.error(
            "S307",
            f"the output `{name}` is declared {dtype.value}, but it is {value.type.dtype}",
            dtype.span,
            notes=notes,
            help=f"write `dtype: {value.type.dtype}`",
            edits=(Edit(dtype.span, value.type.dtype),),
        )
    if written is None:
        return
    dims = read_shape(written, frame.params, builder.sink)
    if dims is None:
        return
    fix = f"write `shape: {value.type}`"
    rest = dims[1:] if dims[:1] == (ELLIPSIS,) else dims
    lead = value.type.rank - len(rest)
    if lead < 0 or (lead > 0 and len(rest) == len(dims)):
        builder.sink.error(
            "S312",
            f"the output `{name}` is declared {shape_text(written)}, but it is {value.type}",
            written.span,
            notes=notes,
            help=fix,
            edits=(Edit(written.span, str(value.type)),),
        )
        return
    spans = [item.span for item in getattr(written, "items", ())]
    for axis, dim in enumerate(rest):
        if isinstance(dim, str) and dim not in frame.env and value.type.shape[axis + lead].fresh:
            frame.symbols[dim] = value.type.shape[axis + lead]  # the output's own name for what the data decide
            continue
        if isinstance(dim, str) and dim not in frame.symbols:
            builder.sink.error(
                "E206",
                f"`{dim}` is not a symbol of the inputs, nor a param",
                spans[axis + len(dims) - len(rest)],
                help=fix,
            )
            continue
        expected = Dim.of(frame.symbols[dim]) if isinstance(dim, str) else dim
        if isinstance(expected, Dim):
            expected = expected.substitute({n: frame.symbols[n] for n in expected.symbols if n in frame.symbols})
        actual = value.type.shape[axis + lead]
        if not isinstance(expected, Dim) or is_open(actual):
            continue
        verdict = equal(expected, actual, builder.facts)
        if isinstance(verdict, Proved):
            continue
        when = f": they are equal only when {verdict.when}" if isinstance(verdict, Holds) else ""
        builder.sink.error(
            "S305" if when else "S312",
            f"dimension {axis + lead} of the output `{name}` is declared {expected}, but it is {actual}{when}",
            spans[axis + len(dims) - len(rest)],
            notes=notes,
            help=mend([verdict.when]) if isinstance(verdict, Holds) else fix,
            edits=stated([verdict.when], written.span)
            if isinstance(verdict, Holds)
            else (Edit(written.span, str(value.type)),),
        )
