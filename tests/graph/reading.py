"""Short forms for tests: what a spec compiles to, as text."""

from __future__ import annotations

from specc.compiler import compile_text
from specc.graph.ir import Graph

HEAD = "specc: 1\nname: net\n"


def compiled(text: str) -> Graph:
    """The graph of a spec without errors; the head is put before it."""
    result = compile_text(HEAD + text)
    errors = [f"{d.code} {d.message}" for d in result.diagnostics if d.severity.value == "error"]
    assert errors == []
    assert result.graph is not None
    return result.graph


def shapes(text: str) -> dict[str, str]:
    """Every layer by its path, with the shapes it gives."""
    return {n.path: ", ".join(str(v.type) for v in n.outputs) for n in compiled(text).root.walk()}


def kinds(text: str) -> dict[str, str]:
    return {node.path: node.kind for node in compiled(text).root.walk()}


def codes(text: str) -> list[str]:
    """The codes of what is wrong, in order of the text."""
    return [d.code for d in compile_text(HEAD + text).diagnostics]


def problems(text: str) -> list[tuple[str, int, int]]:
    """What is wrong and where; lines count from the text's own first."""
    offset = HEAD.count("\n")
    return [
        (d.code, d.span.line - offset, d.span.column)
        for d in compile_text(HEAD + text).diagnostics
        if d.span is not None
    ]
