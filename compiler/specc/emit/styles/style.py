"""A graph in a style, and what its parameters and buffers are called there."""

from __future__ import annotations

from typing import NamedTuple

from specc.diagnostics import Sink, SpecError
from specc.emit.styles.names import STYLES
from specc.graph.ir import Graph, Scope


class Styled(NamedTuple):
    """A graph rewritten for a style."""

    graph: Graph
    adding: bool  # a Sequential is filled by `add_module`


def styled(graph: Graph, style: str) -> Styled:
    """The graph in a style of `STYLES`.

    Raises `SpecError` for a style that the network does not allow, with a diagnostic (C109) at every layer that stands
    against it, and ValueError for a style that is none.
    """
    if style not in STYLES:
        raise ValueError(f"a style is one of {', '.join(STYLES)}, not {style!r}")
    name, _, form = style.partition(":")
    if name == "module":
        return Styled(graph, False)
    if name == "containers":
        from specc.emit.styles.containers import contained

        root = contained(graph.root, form or "Sequential")
    else:
        from specc.emit.styles.sequential import in_order

        sink = Sink()
        root = in_order(graph.root, sink, numbered=form == "plain")
        if not sink.ok:
            raise SpecError(sink.in_order())
    return Styled(graph._replace(root=root), form == "add_module")


def weight_names(graph: Graph, style: str) -> dict[str, str]:
    """The names of all parameters and buffers, as `state_dict` has them: in the module style → in `style`.

    In the order of the layers. Raises as `styled` does.
    """
    return dict(zip(_names(graph.root), _names(styled(graph, style).graph.root), strict=True))


def _names(root: Scope) -> list[str]:
    """A style moves layers and renames them; their order it keeps."""
    found = []
    for node in root.walk():
        if not node.module:
            path = node.path
            found += [f"{path}.{name}" if name else path for name in (*node.parameters, *node.buffers)]
    return found
