"""From a compiled spec to what training needs of it."""

from pathlib import Path

import yaml

from specc.graph.ir import Graph
from specc.source.nodes import Plain, plain
from specc_runtime.config import TrainConfig
from specc_runtime.errors import RunError, problem
from specc_runtime.training.folder import Program


def of_graph(graph: Graph, *, epochs: int | None = None) -> Program:
    """The program of a graph without errors; `epochs` replaces the spec's. Raises `RunError` (R712, R713)."""
    import specc

    section = plain(graph.train) if graph.train is not None else None
    if not isinstance(section, dict):
        raise problem("R712", f"`{graph.file}` has no `train` section", help="add one with `data`, `loss`, `optimizer`")
    return Program(
        name=graph.name,
        file=graph.file,
        source=specc.to_python(graph),
        spec=_text(graph),
        section=section,
        config=TrainConfig.from_plain(section, epochs=epochs),
        inputs={
            name: (tuple(d.value if d.is_const else str(d) for d in type_.shape), type_.dtype)
            for name, type_ in graph.inputs.items()
        },
    )


def of_file(spec: Path) -> Program:
    """The program of a spec file, the resolved one of a run folder. Raises `RunError` (R711) where it has errors."""
    import specc

    try:
        graph = specc.compile(spec)
    except specc.SpecError as error:
        raise _refused(spec, error) from error
    return of_graph(graph)


def _refused(spec: Path, error: Exception) -> RunError:
    return problem("R711", f"the spec `{spec}` of the run does not compile", str(error), help=f"specc check {spec}")


def _text(graph: Graph) -> str:
    """The resolved spec: the document with its overrides applied."""
    document: Plain = plain(graph.source) if graph.source is not None else {}
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return text
