"""The expression that an argument is written as gives the argument's value: generated constructors rely on it."""

import ast
from pathlib import Path
from typing import Any

import pytest

from specc.compiler import compile_text
from specc.graph.ir import Node, Scope
from specc.graph.origins import as_input_size
from specc.language.expressions import evaluate
from specc.shapes.dim import Dim
from specc.shapes.facts import Facts
from specc.shapes.tensor import TensorType

ROOT = Path(__file__).parents[2]
SPECS = [*sorted((ROOT / "specs").glob("*.yaml")), *sorted((ROOT / "compiler/specc/cli/templates").glob("*.yaml"))]


class _Sizes(ast.NodeTransformer):
    """`x.shape[1]` as the name `x.shape[1]`, which the evaluator can look up."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        size = as_input_size(node)
        return ast.Name(f"{size[0]}.shape[{size[1]}]", ast.Load()) if size else self.generic_visit(node)


def _env(scope: Scope) -> dict[str, Any]:
    """What the expressions inside a scope may name, with its value in this use."""
    env: dict[str, Any] = {name: bound.value for name, bound in scope.params.items()}
    for value in scope.inputs:
        if isinstance(value.type, TensorType):
            env |= {f"{value.name}.shape[{axis}]": dim for axis, dim in enumerate(value.type.shape)}
    for name, (source, axis) in scope.symbols.items():
        env[name] = env[f"{source}.shape[{axis}]"]
    return env


def _equal(found: Any, value: Any) -> bool:
    if isinstance(value, tuple):
        return isinstance(found, tuple) and len(found) == len(value) and all(map(_equal, found, value))
    if isinstance(value, Dim) or isinstance(found, Dim):
        return Dim.of(found) == Dim.of(value)
    return bool(found == value) and isinstance(found, bool) == isinstance(value, bool)


def _check(scope: Scope) -> int:
    env, count = _env(scope), 0
    for node in scope.nodes:
        inside = env if node.index is None else {**env, "i": node.index}
        count += _check_node(node, inside)
        if node.body is not None:
            count += _check(node.body)
    return count


def _check_node(node: Node, env: dict[str, Any]) -> int:
    count = 0
    for name, bound in node.args.items():
        if bound.expr is None:
            continue
        tree = _Sizes().visit(ast.parse(ast.unparse(bound.expr), mode="eval").body)
        found = evaluate(tree, env, Facts.none())
        assert _equal(found, bound.value), (
            f"{node.path}.{name}: {ast.unparse(bound.expr)} is {found}, not {bound.value}"
        )
        count += 1
    return count


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_expressions_give_the_values(spec: Path) -> None:
    """Over the names of the scope: its params, `i`, the symbols of its inputs and their sizes."""
    result = compile_text(spec.read_text("utf-8"), str(spec))
    assert result.ok
    assert result.graph is not None
    checked = _check(result.graph.root)
    if "params:" in result.sources[str(spec)]:
        assert checked > 0


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_paths_are_unique(spec: Path) -> None:
    """A path names one submodule."""
    graph = compile_text(spec.read_text("utf-8"), str(spec)).graph
    assert graph is not None
    paths = [node.path for node in graph.root.walk()]
    assert len(paths) == len(set(paths))


NESTED = """
specc: 1
params: {width: 8}
inputs: {x: [N, 4, H, W]}
blocks:
  Inner:
    params: {channels: int, mid: channels // 2, deep: false}
    inputs: {x: [N, C, H, W]}
    layers:
      grow: {op: Conv2d, out_channels: 2 * C, kernel_size: 1}
      squeeze: {op: Conv2d, out_channels: mid, kernel_size: "3 if deep else 1", padding: "1 if deep else 0"}
      back: {op: Conv2d, out_channels: "channels + C - C", kernel_size: 1}
      flat: {op: reshape, shape: [N, channels, H * W]}
  Outer:
    params: {width: int}
    layers:
      steps:
        repeat: 3
        layers:
          - {op: Conv2d, out_channels: "width * (i + 1)", kernel_size: 1}
          - {op: BatchNorm2d, eps: "1e-5 * (i + 1)"}
      inner: {op: Inner, channels: 2 * width, deep: true}
layers:
  stem: {op: Conv2d, out_channels: width, kernel_size: [1, "width // 8"]}
  group:
    inputs: {y: [B, K, A, D]}
    layers:
      a: {op: Conv2d, out_channels: K + width, kernel_size: 1}
      b: {op: Inner, channels: width, mid: K}
    outputs: a
  outer: {op: Outer, width: width // 2}
"""


def test_expressions_of_nested_scopes_give_the_values() -> None:
    """Blocks that bind symbols, defaults over other params, groups with inputs of their own, repeats inside blocks."""
    result = compile_text(NESTED)
    assert [d.message for d in result.diagnostics if d.code[0] != "W"] == []
    assert result.graph is not None
    assert _check(result.graph.root) >= 15
