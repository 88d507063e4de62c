"""The whole file: which classes there are, and the lines of each."""

from __future__ import annotations

from specc.diagnostics import Sink
from specc.emit.naming import TAKEN, unique
from specc.emit.python.automatic import undecided
from specc.emit.python.checks import asked, checks
from specc.emit.python.classes import Class
from specc.emit.python.forward import Forward
from specc.emit.python.gather import gather, title
from specc.emit.python.header import docstring, header
from specc.emit.python.initial import initial
from specc.emit.python.merge import merged
from specc.emit.python.places import Leaf
from specc.emit.python.reset import reset
from specc.emit.python.signature import sign
from specc.graph.arguments import Param, declared
from specc.graph.ir import Graph, Scope
from specc.language.expressions import names, parse
from specc.source.nodes import Mapping, Scalar, Sequence


def to_python(graph: Graph, style: str = "module") -> str:
    """The source of the network as a module of PyTorch (and torchvision where an op needs it).

    The text is formatted as `ruff format` does at a line length of 120 and depends on the graph alone. The network's
    class is `graph.class_name`; its `forward` takes the inputs and gives the output, or a tuple in the order of
    `outputs`. `style` is one of `specc.emit.styles.names.STYLES`; SpecError where the network does not allow it.
    ValueError for a graph with errors.
    """
    if any(node.error is not None for node in graph.root.walk()):
        raise ValueError("a network with errors cannot be written as Python")
    adding = False
    if style != "module":
        from specc.emit.styles.style import styled

        graph, adding = styled(graph, style)
    body = _classes(graph, adding)
    return "\n".join([*header(graph, "\n".join(body)), *body]) + "\n"


def _classes(graph: Graph, adding: bool) -> list[str]:
    scopes: dict[int, Class] = {}
    taken = {*TAKEN, "OrderedDict"}
    final = graph.class_name
    taken.add(final)
    resets = reset(graph)
    lines: list[str] = []
    definitions = gather(graph)
    fixed = undecided([use for _, uses in definitions for use in uses]) | _in_facts(graph)
    for _, uses in definitions:
        for cls in merged(uses, scopes, graph, fixed):
            cls.name = final if cls.root else unique(title(cls.uses[0], graph), taken)
            taken.add(cls.name)
            cls.adding = adding
            sign(cls, _declared(graph, cls.scope))
            scopes.update({id(use.scope): cls for use in cls.uses})
            lines += ["", *_written(cls, graph, taken, resets)]
    return lines


def _in_facts(graph: Graph) -> set[Leaf]:
    """The network's params that `where` names: `forward` checks the facts with their values."""
    section = graph.source.get("where") if graph.source is not None else None
    items = section.items if isinstance(section, Sequence) else () if section is None else (section,)
    trees = [parse(str(item.value), item.span, Sink()) for item in items if isinstance(item, Scalar)]
    return {name for tree in trees if tree is not None for name in names(tree) if name in graph.params}


def _declared(graph: Graph, scope: Scope) -> dict[str, Param]:
    """The params as the spec declares them, where it is at hand."""
    section = graph.source
    if scope.kind == "block" and section is not None:
        blocks = section.get("blocks")
        section = blocks.get(scope.title) if isinstance(blocks, Mapping) else None  # type: ignore[assignment]  # a block is a mapping, or was refused
    if scope.kind not in ("block", "network") or not isinstance(section, Mapping):
        return {}
    return declared(section.get("params"), Sink())


def _doc(graph: Graph, scope: Scope) -> str:
    blocks = graph.source.get("blocks") if graph.source is not None else None
    block = blocks.get(scope.title) if isinstance(blocks, Mapping) and scope.kind == "block" else None
    doc = block.get("doc") or block.get("description") if isinstance(block, Mapping) else None
    return str(getattr(doc, "value", None) or "")


def _written(cls: Class, graph: Graph, taken: set[str], resets: list[str]) -> list[str]:
    out = ["", f"class {cls.name}({cls.base}):"]
    parts: list[list[str]] = []
    doc = _doc(graph, cls.scope)
    start = initial(cls, resets=cls.root and bool(resets))
    if start:
        parts.append(start)
    if cls.base != "nn.Sequential":
        forward = Forward(cls, taken, asked(graph) if cls.root else [])
        parts.append(forward.lines(_checked(graph, forward) if cls.root else []))
    elif cls.root and graph.where:
        forward = Forward(cls, taken, asked(graph))
        variable = forward.flow.names["", 0]
        parts.append([*forward.head(_checked(graph, forward)), f"        return super().forward({variable})"])
    if cls.root and resets:
        parts.append(resets)
    if doc:
        out += [*docstring([doc], 1), *([""] if parts else [])]
    for position, part in enumerate(parts):
        out += [*([""] if position else []), *part]
    return out


def _checked(graph: Graph, forward: Forward) -> list[str]:
    variables = {value.name: forward.flow.names["", k] for k, value in enumerate(graph.root.inputs)}
    return checks(graph, forward.sizes, variables)
