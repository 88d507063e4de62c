"""Text → Graph: the phases in order. The command line and the Python interface both come here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from specc.diagnostics import Diagnostic, Severity, Sink, Span, closest
from specc.graph.elaborate import elaborate
from specc.graph.ir import Graph
from specc.source.files import load
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Node
from specc.source.overrides import apply
from specc.source.yaml import parse


class Result(NamedTuple):
    """What compiling gave: the graph (also of a spec with errors, None where there is nothing to draw), every problem
    by its place, and the texts the problems point into."""

    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]

    @property
    def ok(self) -> bool:
        return all(d.severity is not Severity.ERROR for d in self.diagnostics)


def compile_file(path: str, overrides: Sequence[str] = ()) -> Result:
    """Compiles the spec at `path`; `overrides` are `key.path=value` as after `--set`."""
    sink = Sink()
    text = load(path, sink)
    if text is None:
        return Result(None, tuple(sink.in_order()), {})
    return compile_text(text, path, overrides, sink)


def compile_text(text: str, file: str = "spec.yaml", overrides: Sequence[str] = (), sink: Sink | None = None) -> Result:
    """Compiles a spec given as text; `file` is what diagnostics call it."""
    sink = Sink() if sink is None else sink
    sources = {file: text, **{f"--set {override}": override for override in overrides}}
    document = parse(text, file, sink)
    others: dict[str, str] = {}
    complete = True
    if document is not None and overrides:
        document = apply(document, [o for o in overrides if _names_files(o)], sink)
    if isinstance(document, SourceMapping) and ("use" in document or "extends" in document):
        from specc.source.reading import read

        document, others, complete = read(document, file, sink)
        sources.update(others)
        if document is None:
            return Result(None, _in_order(sink, sources), sources)
    if document is not None and overrides:
        later = [o for o in overrides if not _names_files(o)]
        document = apply(document, _of_params(document, later, sink), sink)
    if not isinstance(document, SourceMapping):
        if document is not None:
            sink.error("L203", "a spec is a mapping: `name:`, `inputs:`, `layers:` …", document.span,
                       help="`specc init` writes one to start from")  # fmt: skip
        return Result(None, _in_order(sink, sources), sources)
    written = "\n".join([text, *others.values(), *overrides])
    stem = file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml")
    reads = _relative(others, file)
    graph = elaborate(document, file, written, sink, stem if stem.isidentifier() else "network", reads)
    if not complete:  # what a layer names may be in the file that is missing
        sink.diagnostics = [d for d in sink.diagnostics if d.code != "L205"]
    return Result(graph, _in_order(sink, sources), sources)


def _in_order(sink: Sink, sources: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """By place, with edits of the sources that anyone can make."""
    found = sink.in_order()
    if not any(one.edits for one in found):
        return tuple(found)
    from specc.source.edits import resolved

    return tuple(resolved(found, sources))


def _names_files(override: str) -> bool:
    """Whether an override says which files are read: it comes before they are, the others after."""
    return override.partition("=")[0].partition(".")[0] in ("use", "extends")


def _relative(files: Collection[str], spec: str) -> tuple[str, ...]:
    """The files as they are called from the folder of the spec."""
    if not files:
        return ()
    import os

    folder = os.path.dirname(spec) or os.curdir  # noqa: PTH120
    return tuple(os.path.relpath(file, folder).replace("\\", "/") for file in files)


def _of_params(document: Node, overrides: Sequence[str], sink: Sink) -> list[str]:
    """The overrides without those of a param that the spec does not declare (L201): nothing would read it."""
    params = document.get("params") if isinstance(document, SourceMapping) else None
    declared = params.keys() if isinstance(params, SourceMapping) else []
    known = []
    for override in overrides:
        section, _, rest = override.partition("=")[0].partition(".")
        name = rest.partition(".")[0]
        if section != "params" or not name or name in declared:
            known.append(override)
            continue
        near = closest(name, declared)
        start = len("params.") + 1
        sink.error("L201", f"the spec has no param `{name}`", Span(f"--set {override}", 1, start, 1, start + len(name)),
                   help=f"did you mean `{near}`?" if near else "its params: " + ", ".join(f"`{p}`" for p in declared)
                   if declared else "it declares none")  # fmt: skip
    return known


def as_overrides(params: Mapping[str, object] | None) -> list[str]:
    """`{"classes": 10}` as the overrides that mean the same."""
    import json

    return [f"params.{name}={json.dumps(value, ensure_ascii=False)}" for name, value in (params or {}).items()]


__all__ = ["Result", "as_overrides", "compile_file", "compile_text"]
