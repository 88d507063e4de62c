"""What a layer reads, port by port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from specc.diagnostics import Span, closest
from specc.graph.frame import Frame
from specc.graph.ir import Input, Value
from specc.ops.declare import Op
from specc.source.nodes import Mapping as SourceMapping

if TYPE_CHECKING:
    from specc.graph.build import Builder


def op_inputs(
    builder: Builder,
    frame: Frame,
    op: type[Op],
    name: str,
    key: Span,
    sources: list[Value] | dict[str, list[Value]] | None,
    node: SourceMapping,
) -> tuple[Input, ...] | None:
    """What the op reads at each port; None after a report."""
    ports = op.ports()
    if not ports and sources is None:
        return ()
    if sources is None:
        current = frame.chained()
        sources = [] if current is None else [current]
    source = node.get("from")
    span = source.span if source is not None else key
    names = [port for port, _, _ in ports]
    wanted = ", ".join(f"`{port}`" + (" (optional)" if optional else "") for port, optional, _ in ports) or "no input"
    if isinstance(sources, dict):
        return _by_name(builder, sources, names, ports, name, op, span, wanted)
    inputs: list[Input] = []
    rest = list(sources)
    for port, optional, variadic in ports:
        taken = rest if variadic else rest[:1]
        rest = rest[len(taken) :]
        inputs += [Input(port, value) for value in taken]
        if not taken and not optional:
            builder.sink.error(
                "N404",
                f"`{name}` ({op.name}) needs an input for `{port}`",
                span,
                help=f"it reads {wanted}: name them with `from: [a, b]`",
            )
            return None
    if rest:
        builder.sink.error(
            "N404",
            f"`{name}` ({op.name}) reads {len(ports)} input{'s' * (len(ports) != 1)}, but `from` names {len(sources)}",
            span,
            help=f"it reads {wanted}",
        )
        return None
    return tuple(inputs)


_PAIRED: Final = ("add", "mul")  # they take any number of tensors here, two by torch's names


def _by_name(
    builder: Builder,
    sources: dict[str, list[Value]],
    names: list[str],
    ports: list[tuple[str, bool, bool]],
    name: str,
    op: type[Op],
    span: Span,
    wanted: str,
) -> tuple[Input, ...] | None:
    if op.name in _PAIRED and sources.keys() == {"input", "other"}:
        sources = {names[0]: [*sources["input"], *sources["other"]]}
    for port in sources:
        if port not in names:
            near = closest(port, names)
            builder.sink.error(
                "N404",
                f"`{name}` ({op.name}) has no input `{port}`",
                span,
                help=f"did you mean `{near}`?" if near else f"it reads {wanted}",
            )
            return None
    for port, optional, _ in ports:
        if port in sources and not sources[port]:
            return None  # what stands there names nothing; it was reported
        if port not in sources and not optional:
            builder.sink.error(
                "N404", f"`{name}` ({op.name}) needs an input for `{port}`", span, help=f"it reads {wanted}"
            )
            return None
    return tuple(Input(port, value) for port in names for value in sources.get(port, []))


def scope_inputs(
    builder: Builder,
    frame: Frame,
    name: str,
    what: str,
    ports: list[str],
    key: Span,
    sources: list[Value] | dict[str, list[Value]] | None,
    node: SourceMapping,
) -> list[tuple[str, Value]] | None:
    if sources is None:
        current = frame.chained()
        sources = [] if current is None else [current]
    source = node.get("from")
    span = source.span if source is not None else key
    wanted = ", ".join(f"`{port}`" for port in ports)
    if isinstance(sources, dict):
        given = {port: values[0] for port, values in sources.items() if values}
        unknown = next((port for port in given if port not in ports), None)
        missing = next((port for port in ports if port not in given), None)
        if unknown is None and missing is None:
            return [(port, given[port]) for port in ports]
        near = closest(unknown, ports) if unknown is not None else None
        message = f"has no input `{unknown}`" if unknown is not None else f"needs an input for `{missing}`"
        builder.sink.error(
            "N404",
            f"`{name}` ({what}) {message}",
            span,
            help=f"did you mean `{near}`?" if near else f"it reads {wanted}",
        )
        return None
    if len(sources) != len(ports):
        builder.sink.error(
            "N404",
            f"`{name}` ({what}) reads {len(ports)} input{'s' * (len(ports) != 1)}, but is given {len(sources)}",
            span,
            help=f"it reads {wanted}",
        )
        return None
    return list(zip(ports, sources, strict=True))
