"""Text → Graph: the phases in order. The command line and the Python interface both come here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from specc.diagnostics import Diagnostic, Severity, Sink
from specc.graph.elaborate import elaborate
from specc.graph.ir import Graph
from specc.source.files import load
from specc.source.nodes import Mapping as SourceMapping
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
    import hashlib

    sink = Sink() if sink is None else sink
    sources = {file: text, **{f"--set {override}": override for override in overrides}}
    document = parse(text, file, sink)
    if document is not None and overrides:
        document = apply(document, overrides, sink)
    if not isinstance(document, SourceMapping):
        if document is not None:
            sink.error("L203", "a spec is a mapping: `name:`, `inputs:`, `layers:` …", document.span,
                       help="`specc init` writes one to start from")  # fmt: skip
        return Result(None, tuple(sink.in_order()), sources)
    digest = hashlib.sha256("\n".join([text, *overrides]).encode("utf-8", "surrogatepass")).hexdigest()
    stem = file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml")
    graph = elaborate(document, file, digest, sink, stem if stem.isidentifier() else "network")
    return Result(graph, tuple(sink.in_order()), sources)


def as_overrides(params: Mapping[str, object] | None) -> list[str]:
    """`{"classes": 10}` as the overrides that mean the same."""
    import json

    return [f"params.{name}={json.dumps(value, ensure_ascii=False)}" for name, value in (params or {}).items()]


__all__ = ["Result", "as_overrides", "compile_file", "compile_text"]
