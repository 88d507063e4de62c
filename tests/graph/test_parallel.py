"""Parallel branches: what each reads, what is put together and how, and the shapes that come of it."""

import pytest

from specc.compiler import compile_text
from tests.graph.reading import HEAD, codes, compiled, problems, shapes

TEXT = """
inputs: {x: [N, 8, H, W]}
layers:
  p:
    parallel:
      a: {op: Conv2d, out_channels: %s, kernel_size: 1}
      b: {op: Conv2d, out_channels: 8, kernel_size: 1}
    %s
"""


@pytest.mark.parametrize(
    ("channels", "merge", "out"),
    [
        (4, "dim: 1", "[N, 12, H, W]"),
        (4, "{merge: cat, dim: -3}", "[N, 12, H, W]"),
        (8, "merge: cat", "[2 * N, 8, H, W]"),
        (8, "merge: add", "[N, 8, H, W]"),
        (1, "merge: mul", "[N, 8, H, W]"),
        (8, "merge: stack", "[2, N, 8, H, W]"),
        (8, "{merge: stack, dim: -1}", "[N, 8, H, W, 2]"),
    ],
)
def test_the_merges_are_torchs_functions_with_torchs_defaults(channels: int, merge: str, out: str) -> None:
    found = shapes(TEXT % (channels, merge.strip("{}").replace(", ", "\n    ")))
    assert found["p"] == out


def test_every_branch_reads_the_first_input_unless_it_says_otherwise() -> None:
    graph = compiled(
        """
inputs: {x: [N, 8], y: [N, 4]}
blocks:
  P:
    inputs: {x: [N, C], y: [N, D]}
    parallel:
      a: {op: Linear, out_features: 3}
      b: {layers: [ReLU, Tanh]}
      c: {op: Linear, from: y, out_features: D}
      d: {op: mul, from: a, other: 2}
      e: {op: cat, from: [x, y], dim: 1}
    dim: 1
layers:
  p: {op: P, from: [x, y]}
"""
    )
    node = graph.root.node("p")
    assert node is not None
    assert node.body is not None
    read = {n.name: [i.value.name for i in n.inputs] for n in node.body.nodes}
    assert read["a"] == read["b"] == ["x"]
    assert read["c"] == ["y"]
    assert read["d"] == ["a"]
    assert read["cat"] == ["a", "b", "c", "d", "e"]
    assert str(node.outputs[0].type) == "[N, 30]"
    assert [n.role for n in node.body.nodes] == ["branch"] * 5 + ["merge"]


def test_a_branch_of_several_outputs_gives_its_first() -> None:
    lstm = "{op: LSTM, hidden_size: 4, batch_first: true}"
    found = shapes(f"inputs: {{x: [N, T, 8]}}\nlayers:\n  p: {{parallel: {{a: {lstm}, b: Identity}}, dim: -1}}\n")
    assert found["p"] == "[N, T, 12]"


def test_the_merge_steps_aside_for_a_branch_of_its_name() -> None:
    found = shapes("inputs: {x: [N, 8]}\nlayers:\n  p: {parallel: {add: ReLU, cat: Tanh}, merge: add}\n")
    assert list(found) == ["p", "p.add", "p.cat", "p.add_"]


def test_dim_is_an_expression_over_params_and_the_index() -> None:
    """Copy 0 joins along axis 1, copy 1 along axis 2."""
    text = """
params: {one: 1}
inputs: {x: [N, 8, 8]}
layers:
  p: {parallel: {a: ReLU, b: Tanh}, dim: i + one, repeat: 2}
"""
    assert shapes(text)["p"] == "[N, 16, 16]"


def test_a_branch_that_a_when_removes_is_not_merged() -> None:
    text = """
params: {both: %s}
inputs: {x: [N, 8]}
layers:
  p: {parallel: {a: ReLU, b: {op: Tanh, when: both}}, dim: 1}
"""
    assert shapes(text % "true")["p"] == "[N, 16]"
    found = shapes(text % "false")
    assert found == {"p": "[N, 8]", "p.a": "[N, 8]"}  # nothing to put together


def test_branches_that_agree_sometimes_are_reported_with_the_condition() -> None:
    text = """
inputs: {x: [N, 8, H]}
layers:
  p:
    parallel:
      same: Identity
      there: {layers: [{op: MaxPool1d, kernel_size: 2}, {op: Upsample, scale_factor: 2}]}
    dim: 1
"""
    assert codes(text) == ["S305"]
    assert codes("where: [H % 2 == 0]" + text) == []


def test_what_follows_a_broken_branch_stays_quiet() -> None:
    text = """
inputs: {x: [N, 8]}
layers:
  p: {parallel: {a: {op: Liner, out_features: 3}, b: {op: Conv9}}, dim: 1}
  fc: {op: Linear, in_features: 7, out_features: 2}
"""
    assert problems(text) == [("L205", 4, 26), ("L205", 4, 59)]


def test_an_input_that_a_branch_alone_reads_is_read() -> None:
    text = "inputs: {x: [N, 8], y: [N, 8]}\nlayers:\n  p: {inputs: {x: [N, C], y: [N, C]}, from: [x, y], %s}\n"
    assert codes(text % "parallel: {a: {op: ReLU, from: y}, b: ReLU}, merge: add") == []


def test_the_parallel_needs_no_more_than_its_branches() -> None:
    """A spec of nothing but defaults: `cat` along torch's axis 0."""
    result = compile_text(HEAD + "inputs: {x: [N, 8]}\nlayers: [{parallel: [ReLU]}, {parallel: [Tanh, Tanh]}]\n")
    assert result.diagnostics == ()
    assert result.graph is not None
    assert str(result.graph.outputs["output"]) == "[2 * N, 8]"
