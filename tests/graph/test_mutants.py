"""Whatever a spec holds, checking it ends in diagnostics: soon, and never in an exception."""

import time
from pathlib import Path

import pytest

from specc.compiler import compile_text
from specc.diagnostics.render import render
from tests.graph.mutants import mutants

ROOT = Path(__file__).parents[2]
SPECS = [*sorted((ROOT / "specs").glob("*.yaml")), *sorted((ROOT / "compiler/specc/cli/templates").glob("*.yaml"))]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_broken_specs_are_diagnosed(spec: Path) -> None:
    """Nodes deleted, replaced, moved or added: every text gives a verdict, each problem can be shown."""
    for text in mutants(spec.read_text("utf-8"), 40, seed=len(spec.stem)):
        start = time.process_time()
        result = compile_text(text)
        assert time.process_time() - start < 1, text
        for diagnostic in result.diagnostics:
            assert render(diagnostic, result.sources)
        assert result.ok == all(d.severity.value == "warning" for d in result.diagnostics)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_problem_is_said_twice(spec: Path) -> None:
    """A block that is used ten times is wrong once."""
    for text in mutants(spec.read_text("utf-8"), 20, seed=7 + len(spec.stem)):
        said = [(d.code, d.span, d.message) for d in compile_text(text).diagnostics]
        assert len(said) == len(set(said)), text
