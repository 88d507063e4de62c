"""Each mistake of a file gets its own diagnostic, once and in its place, whatever stands around it."""

import pytest

from specc.compiler import compile_text
from specc.diagnostics import Severity
from tests.graph.mistakes import Arrangement


@pytest.mark.parametrize("seed", range(80))
def test_twelve_mistakes_are_twelve_diagnostics(seed: int) -> None:
    """As lists and mappings, in blocks and groups, in any order, the output missing in any way: no more, no less."""
    text, due = Arrangement(seed).spec()
    found = sorted((d.span.line, d.span.column, d.code) for d in compile_text(text).diagnostics if d.span)
    assert found == due, text


@pytest.mark.parametrize("seed", range(80, 90))
def test_misspelt_names_are_suggested(seed: int) -> None:
    """Whoever has one letter wrong is told the right word."""
    text, _ = Arrangement(seed).spec()
    for diagnostic in compile_text(text).diagnostics:
        if diagnostic.code in ("L201", "L205"):
            assert diagnostic.help is not None
            assert diagnostic.help.startswith("did you mean `")


@pytest.mark.parametrize("seed", range(90, 100))
def test_only_lints_are_warnings(seed: int) -> None:
    """What trains and is only unwise does not fail the check."""
    text, _ = Arrangement(seed).spec()
    for diagnostic in compile_text(text).diagnostics:
        assert (diagnostic.severity is Severity.WARNING) == diagnostic.code.startswith("W")
