"""What must hold of any input: no exception, every problem well-formed, and a good spec gives Python that parses."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from specc.compiler import Result, compile_file
from specc.diagnostics import Span
from specc.diagnostics.codes import CODES
from specc.diagnostics.formats import to_github, to_json, to_sarif
from specc.diagnostics.render import render_all
from specc.emit.dot import to_dot
from specc.emit.json import to_graph_json
from specc.emit.python import to_python
from specc.emit.summary import summarize, to_text
from specc.emit.summary import to_json as summary_json
from tests.fuzz.generate import Input


class Violation(Exception):
    """Something came of a spec that must not."""


def judge(given: Input, folder: Path) -> bool:
    """Everything that commands do with a spec, but drawing and running. Whether it compiled. Raises what is wrong."""
    for name, text in {"spec.yaml": given.spec, **given.files}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    result = compile_file(str(folder / "spec.yaml"), given.overrides)
    _well_formed(result)
    graph = result.graph
    if graph is not None:
        to_text(summarize(graph))
        to_dot(graph)
    if graph is None or not result.ok:
        return False
    summary_json(summarize(graph))
    to_graph_json(graph)
    ast.parse(to_python(graph))
    return True


def _well_formed(result: Result) -> None:
    """The diagnostics can be shown in every format, have known codes, and point into the texts."""
    for diagnostic in result.diagnostics:
        if diagnostic.code not in CODES:
            raise Violation(f"unknown code {diagnostic.code}")
        if not diagnostic.message:
            raise Violation(f"{diagnostic.code} says nothing")
        for span in (diagnostic.span, *(note.span for note in diagnostic.notes)):
            if span is not None:
                _inside(span, result.sources)
    if result.graph is None and not result.diagnostics:
        raise Violation("there is no graph, and nothing says why")
    render_all(result.diagnostics, result.sources, colour=True, columns=80)
    to_json(result.diagnostics, result.ok)
    to_github(result.diagnostics)
    to_sarif(result.diagnostics)


def _inside(span: Span, sources: Mapping[str, str]) -> None:
    if span.file not in sources:
        raise Violation(f"{span} is in no file that was read")
    lines = re.split(r"\r\n|\r|\n", sources[span.file].removeprefix("\ufeff"))
    if not 1 <= span.line <= len(lines) or not 1 <= span.column <= len(lines[span.line - 1]) + 1:
        raise Violation(f"{span} starts outside its file")
    if (span.end_line, span.end_column) < (span.line, span.column):
        raise Violation(f"{span} ends before it starts")
