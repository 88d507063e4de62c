"""The commands over results that the test chooses, without the compiler."""

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from specc.compiler import Result
from specc.diagnostics import Diagnostic
from specc.graph.ir import Graph

Results = Callable[..., list[tuple[str, tuple[str, ...]]]]


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> Results:
    """`compiles(graph, *diagnostics)` makes every spec compile to that; returns the calls (path, overrides) to come."""

    def install(graph: Graph | None, *diagnostics: Diagnostic) -> list[tuple[str, tuple[str, ...]]]:
        calls: list[tuple[str, tuple[str, ...]]] = []

        def compile_file(path: str, overrides: tuple[str, ...] = ()) -> Result:
            calls.append((path, tuple(overrides)))
            return Result(graph, diagnostics, {path: "name: x\nlayers: {}\n"})

        module = ModuleType("specc.compiler")
        module.compile_file = compile_file  # type: ignore[attr-defined]  # a stand-in
        monkeypatch.setitem(sys.modules, "specc.compiler", module)
        return calls

    return install
