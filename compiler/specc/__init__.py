"""specc compiles neural-network architectures from YAML to PyTorch. It never imports torch.

graph = specc.compile("specs/resnet18.yaml", params={"classes": 10})
print(specc.summary(graph))
source = specc.to_python(graph)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from specc.diagnostics import SpecError
    from specc.graph.ir import Graph

__version__ = "0.1.0"
__all__ = ["SpecError", "compile", "summary", "to_python"]


def compile(
    path: str | PathLike[str], params: Mapping[str, object] | None = None, overrides: Sequence[str] = ()
) -> Graph:
    """The graph of the spec at `path`, with `params` in place of its own and `overrides` (`train.epochs=2`) applied.

    Raises `SpecError`, whose `.diagnostics` hold every problem, for a spec with errors.
    """
    import os

    from specc.compiler import as_overrides, compile_file
    from specc.diagnostics import SpecError

    result = compile_file(os.fspath(path), [*as_overrides(params), *overrides])
    if result.graph is None or not result.ok:
        raise SpecError(list(result.diagnostics))
    return result.graph


def summary(graph: Graph, bind: Mapping[str, int] | None = None) -> str:
    """The layer table of a graph as text: path, op, output shape, parameters, multiply-adds, and the totals."""
    from specc.emit.summary import summarize, to_text

    return to_text(summarize(graph, bind))


def to_python(graph: Graph) -> str:
    """The source of the network as a PyTorch module."""
    from specc.emit.python import to_python as emit

    return emit(graph)


def __getattr__(name: str) -> object:
    if name == "SpecError":
        from specc.diagnostics import SpecError

        return SpecError
    raise AttributeError(f"module 'specc' has no attribute {name!r}")
