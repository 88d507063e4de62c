"""specc compiles neural-network architectures from YAML to PyTorch. It never imports torch.

graph = specc.compile("specs/resnet18.yaml", params={"classes": 10})
print(specc.summary(graph))
specc.diagram(graph)  # a notebook shows it
source = specc.to_python(graph)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from graphviz import Source

    from specc.diagnostics import SpecError
    from specc.graph.ir import Graph

__version__ = "0.1.0"
__all__ = ["SpecError", "compile", "diagram", "summary", "to_python", "weight_names"]


def compile(
    path: str | PathLike[str], params: Mapping[str, object] | None = None, overrides: Sequence[str] = ()
) -> Graph:
    """The graph of the spec at `path`, with `params` in place of its own and `overrides` (`train.epochs=2`) applied.

    Raises `SpecError`, whose `.diagnostics` hold every problem, for a spec with errors. What does not fit in its
    `train` section alone (codes `T…`: data of other classes than `params` now ask for) matters to training only.
    """
    import os

    from specc.compiler import as_overrides, compile_file
    from specc.diagnostics import Severity, SpecError

    result = compile_file(os.fspath(path), [*as_overrides(params), *overrides])
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR and not d.code.startswith("T")]
    if result.graph is None or errors:
        raise SpecError(list(result.diagnostics))
    return result.graph


def summary(graph: Graph, bind: Mapping[str, int] | None = None) -> str:
    """The layer table of a graph as text: path, op, output shape, parameters, multiply-adds, and the totals."""
    from specc.emit.summary import summarize, to_text

    return to_text(summarize(graph, bind))


def diagram(
    graph: Graph, *, depth: int | None = None, bind: Mapping[str, int] | None = None, dark: bool = False
) -> Source:
    """The picture of a graph as a `graphviz.Source`: a notebook shows it where the system has graphviz.

    `depth` folds what is nested deeper, `bind` gives symbols their sizes for the totals (`{"N": 1, "H": 224}`).
    """
    import graphviz

    from specc.emit.dot import to_dot

    return graphviz.Source(to_dot(graph, depth=depth, bind=bind, dark=dark))


def to_python(graph: Graph, style: str = "module") -> str:
    """The source of the network as a PyTorch module, in one of the ways PyTorch offers.

    `"module"` is a class with an explicit `forward`, `"sequential"` an `nn.Sequential` in order, `"containers"` a class
    over containers; `"sequential:add_module"` and others say which form (docs/styles.md). Raises `SpecError` for a
    style that the network does not allow: a residual is no `nn.Sequential`. ValueError for a style that is none.
    """
    from specc.emit.python import to_python as emit

    return emit(graph, style)


def weight_names(graph: Graph, style: str) -> dict[str, str]:
    """What the parameters and buffers are called in a style, by their names in `"module"`, in the order of the layers.

    `{names[name]: weight for name, weight in model.state_dict().items()}` are the weights for the network in the style.
    Raises as `to_python` does.
    """
    from specc.emit.styles.style import weight_names as names

    return names(graph, style)


def __getattr__(name: str) -> object:
    if name == "SpecError":
        from specc.diagnostics import SpecError

        return SpecError
    raise AttributeError(f"module 'specc' has no attribute {name!r}")
