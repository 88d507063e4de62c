"""What the tests of this folder share: parse a text, look at what was reported."""

from specc.diagnostics import Diagnostic, Sink, Span
from specc.source.limits import DEFAULT, Limits
from specc.source.nodes import Node, Plain, plain
from specc.source.yaml import parse


def read(text: str, limits: Limits = DEFAULT) -> tuple[Node | None, list[Diagnostic]]:
    sink = Sink()
    return parse(text, "spec.yaml", sink, limits), sink.diagnostics


def value(text: str) -> Plain:
    """The plain value of a text that is without problems."""
    node, problems = read(text)
    assert problems == []
    assert node is not None
    return plain(node)


def only(text: str, limits: Limits = DEFAULT) -> Diagnostic:
    """The one problem of the text."""
    _, problems = read(text, limits)
    assert len(problems) == 1, problems
    return problems[0]


def place(span: Span | None) -> tuple[int, int, int, int]:
    assert span is not None
    return span.line, span.column, span.end_line, span.end_column


def under(text: str, span: Span | None) -> str:
    """The text that a span covers."""
    assert span is not None
    lines = text.split("\n")
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    inner = lines[span.line : span.end_line - 1]
    return "\n".join([lines[span.line - 1][span.column - 1 :], *inner, lines[span.end_line - 1][: span.end_column - 1]])
