"""What may import what, what a good spec costs to check, and that the graph is written once."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from specc.graph import ir
from specc.record import Record

ROOT = Path(__file__).parent.parent
COMPILER = ROOT / "compiler" / "specc"
GOLDEN = ROOT / "tests" / "golden"
HEAVY = {"torch", "torchvision", "numpy", "jsonschema", "rich", "graphviz", "typer", "click", "sympy", "networkx"}
# Of the standard library and of specc itself: each costs a start between a half and four milliseconds.
SLOW = {
    "dataclasses", "inspect", "hashlib", "shutil", "difflib", "random", "json", "logging", "subprocess",
    "specc.ops.attention", "specc.ops.vision", "specc.source.syntax", "specc.diagnostics.render", "specc.emit",
}  # fmt: skip


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(top-level package, whether it is imported with the module) of every import, type-checking ones left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    within = {
        inner for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)
    }  # inside a function
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name.partition(".")[0], node not in within
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node not in within


def test_the_compiler_never_imports_torch() -> None:
    guilty = [
        f"{path.relative_to(ROOT)} imports {package}"
        for path in COMPILER.rglob("*.py")
        for package, _ in _imports(path)
        if package in ("torch", "torchvision")
    ]
    assert guilty == []


def test_only_the_training_commands_reach_the_runtime() -> None:
    guilty = [
        path.relative_to(ROOT)
        for path in COMPILER.rglob("*.py")
        for package, at_start in _imports(path)
        if package == "specc_runtime" and (at_start or path.parent != COMPILER / "cli")
    ]
    assert guilty == []


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    guilty = [
        f"{path.relative_to(ROOT)} imports {package} at start"
        for path in COMPILER.rglob("*.py")
        for package, at_start in _imports(path)
        if package in HEAVY and at_start
    ]
    assert guilty == []


def test_checking_a_good_spec_loads_nothing_heavy() -> None:
    """The promise of a quick answer, held to what the process really loads."""
    program = (
        "import sys; from specc.cli.main import main; status = main(sys.argv[1:]);print(*sys.modules); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check", "specs/resnet18.yaml"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (HEAVY | SLOW) & set(done.stdout.split()) == set()


@pytest.mark.parametrize("kind", [ir.Graph, ir.Scope, ir.Node, ir.Value, ir.Input, ir.Initializer])
def test_the_graph_cannot_be_written(kind: type) -> None:
    assert issubclass(kind, Record)  # tests/test_record.py: these cannot


def test_no_emitter_gets_round_an_immutable_record() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (COMPILER / "emit").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("__setattr__", "__dict__")
    ]
    assert guilty == []


def test_emitters_leave_the_graph_as_it_was() -> None:
    """Also what hangs on its frozen nodes: the mappings of arguments and parameters."""
    from specc.cli.build import artifacts
    from specc.compiler import compile_file
    from specc.emit.dot import to_dot
    from specc.emit.json import to_graph_json

    graph = compile_file(str(ROOT / "specs" / "resnet18.yaml")).graph
    assert graph is not None
    before = to_graph_json(graph)
    artifacts(graph, render=False)
    to_dot(graph, depth=1, bind={"N": 2}, dark=True)
    assert to_graph_json(graph) == before


def test_generated_files_import_torch_alone() -> None:
    files = sorted(GOLDEN.glob("*/model.py"))
    assert files
    guilty = [
        f"{path.parent.name} imports {package}"
        for path in files
        for package, _ in _imports(path)
        if package not in ("torch", "torchvision", "math", "collections", "typing", "__future__")
    ]
    assert guilty == []


def test_the_examples_of_contributing_work() -> None:
    """In a process of their own, for they add an op."""
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.M | re.S)
    spec = "specc: 1\nname: net\ninputs: {x: [N, 8]}\nlayers: {bessel: i0, drop: {op: Dropout, p: 0}, fc: FC}\n"
    proof = f"""
from specc.compiler import compile_text
from specc.reference.manual import manual
from specc.ops import OPS

assert "gives [N, C]" in manual(OPS["i0"])
result = compile_text({spec.replace("FC", "{op: Linear, out_features: 3}")!r})
assert result.diagnostics == (), result.diagnostics
assert to_state(result.graph) == "fc.weight [3, 8] float32\\nfc.bias [3] float32\\n"
sink = Sink()
idle_dropout(result.graph, sink)
(found,) = sink.diagnostics
assert found.code == CODE.code
assert (found.span.line, found.span.column) == (4, 42)
"""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*blocks, proof])], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
