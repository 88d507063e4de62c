"""Sizes that only the data decide: each is a symbol of its own, with the right bounds, named where it is found."""

from __future__ import annotations

import pytest

from specc.compiler import compile_text
from specc.diagnostics import Diagnostic
from specc.emit.json import to_graph_json
from specc.emit.summary import summarize, to_text
from specc.shapes.dim import Fresh
from specc.shapes.tensor import TensorType
from tests.graph.reading import HEAD, codes, compiled, shapes

BOXES = "inputs: {boxes: [N, 4], scores: [N]}\n"
KEPT = BOXES + "layers:\n  keep: {op: nms, iou_threshold: 0.5, from: [boxes, scores]}\n"


def _fresh(text: str) -> dict[str, int]:
    """The least sizes of all symbols that layers find, by their names."""
    types = [value.type for node in compiled(text).leaves() for value in node.outputs]
    found = {name for t in types if isinstance(t, TensorType) for dim in t.shape for name in dim.fresh}
    return {str(name): name.least for name in found if isinstance(name, Fresh)}


def _only(text: str) -> Diagnostic:
    (found,) = [d for d in compile_text(HEAD + text).diagnostics if d.severity.value == "error"]
    return found


def test_a_size_that_the_data_decide_is_named_after_its_layer() -> None:
    assert shapes(KEPT) == {"keep": "[keep_K]"}
    assert shapes("inputs: {x: [N, T]}\nlayers: [nonzero]\n") == {"0": "[nonzero_0_K, 2]"}


def test_every_layer_has_its_own() -> None:
    """Also the copies of a repeat, and every use of a block."""
    text = """\
inputs: {x: [N, 4]}
blocks:
  Found: {layers: {at: {op: nonzero}}}
layers:
  one: {op: nonzero, from: x}
  two: {op: nonzero, from: x}
  first: {op: Found, from: x}
  many: {op: Found, repeat: 2, from: x}
  bare: {op: nonzero, repeat: 2, from: x}
outputs: {a: one, b: two, c: first, d: many, e: bare}
"""
    assert {path: shape for path, shape in shapes(text).items() if path.count(".") != 1 or "at" in path} == {
        "one": "[one_K, 2]",
        "two": "[two_K, 2]",
        "first": "[first_at_K, 2]",
        "first.at": "[first_at_K, 2]",
        "many": "[many_1_at_K, 2]",
        "many.0.at": "[many_0_at_K, 2]",
        "many.1.at": "[many_1_at_K, 2]",
        "bare": "[bare_1_K, 2]",
    }


@pytest.mark.parametrize(
    "text",
    [
        "inputs: {x: [keep_K, 4]}\nlayers: {keep: {op: nonzero}}\n",
        "params: {keep_K: 4}\ninputs: {x: [N, keep_K]}\nlayers: {keep: {op: nonzero}}\n",
    ],
)
def test_a_name_that_is_taken_is_left_alone(text: str) -> None:
    assert shapes(text) == {"keep": "[keep_K2, 2]"}
    longer = text.replace("}}\n", "}, again: {op: reshape, shape: [2, keep_K2]}}\n")
    assert shapes(longer)["again"] == "[2, keep_K2]"


def test_nms_keeps_a_box_of_any_that_there_are() -> None:
    """The algebra may count on it; but not where all boxes may have been dropped before."""
    assert _fresh(KEPT) == {"keep_K": 1}
    text = (
        BOXES
        + """\
layers:
  large: {op: remove_small_boxes, min_size: 1, from: boxes}
  boxes1: {op: embedding, from: [large, boxes]}
  column: {op: unsqueeze, dim: 1, from: scores}
  scores1: {op: embedding, from: [large, column]}
  flat: {op: flatten}
  keep: {op: nms, iou_threshold: 0.5, from: [boxes1, flat]}
"""
    )
    assert _fresh(text) == {"large_K": 0, "keep_K": 0}


def test_what_must_hold_says_where_nothing_may_be_found() -> None:
    """A pooling of what a mask selects needs something there: the network says so, and cannot check it at entry."""
    text = "inputs: {x: [N]}\nlayers: {some: {op: nonzero}, at: {op: select, dim: 0, index: 0}}\n"
    graph = compiled(text)
    assert [str(c) for c in graph.requirements] == ["some_K >= 1"]
    assert [str(c) for c in compiled(KEPT + "  best: {op: select, dim: 0, index: 0}\n").requirements] == []


def test_a_size_is_not_inferred_beside_nothing() -> None:
    text = "inputs: {x: [N, 4]}\nlayers: {some: {op: nonzero}, turned: {op: reshape, shape: [some_K, -1]}}\n"
    graph = compiled(text)
    assert str(graph.outputs["output"]) == "[some_K, 2]"
    assert [str(c) for c in graph.requirements] == ["some_K >= 1"]
    assert compiled(text.replace("[some_K, -1]", "[2, -1]")).requirements == ()


def test_at_most_what_there_is() -> None:
    assert (
        _only("inputs: {x: [3]}\nlayers: {some: {op: nonzero}, at: {op: select, dim: 0, index: 3}}\n").message
        == "`at` (select) takes index 3 of axis 0, which has size some_K"
    )
    assert codes("inputs: {x: [4]}\nlayers: {some: {op: nonzero}, at: {op: select, dim: 0, index: 3}}\n") == []


def test_it_is_known_to_be_no_more_than_there_was() -> None:
    """`gather` needs an index with no more rows than its input has: those that `nms` keeps are no more."""
    text = (
        KEPT
        + """\
  column: {op: unsqueeze, dim: 1}
  best: {op: gather, dim: 1, from: [boxes, column]}
"""
    )
    graph = compiled(text)
    assert str(graph.outputs["output"]) == "[keep_K, 1]"
    assert graph.requirements == ()


def test_nothing_gives_nothing() -> None:
    assert shapes("inputs: {x: [0, 4]}\nlayers: {some: nonzero}\n") == {"some": "[0, 2]"}


def test_two_of_them_are_not_equal() -> None:
    """And no fact of `where` could say so: it is checked before the layers run."""
    text = """\
inputs: {x: [N], y: [N]}
layers:
  a: {op: nonzero, from: x}
  b: {op: nonzero, from: y}
  sum: {op: add, from: [a, b]}
"""
    found = _only(text)
    assert found.code == "S305"
    assert found.help is not None
    assert "where" not in found.help
    assert found.help == "holds when a_K == b_K; `a_K` is known only when the network runs"


def test_no_constructor_takes_one() -> None:
    text = KEPT + "  values: {op: to, dtype: float32}\n  fc: {op: Linear, out_features: 3}\n"
    assert _only(text).help == "the data decide that size: no constructor can take it"
    found = compile_text(HEAD + KEPT + "  fc: {op: Linear, out_features: keep_K, from: boxes}\n").diagnostics
    assert [d.help for d in found if d.code == "E209"] == ["a constructor needs a number: the data decide that size"]


def test_where_cannot_name_one() -> None:
    assert codes(KEPT + "where: [keep_K >= 2]\n") == ["E206"]


def test_an_expression_may_name_one_where_torch_takes_a_size_at_run_time() -> None:
    graph = compiled(KEPT + "  column: {op: reshape, shape: [keep_K, 1]}\n")
    assert str(graph.outputs["output"]) == "[keep_K, 1]"
    assert codes(KEPT + "  fc: {op: Linear, out_features: keep_K, from: boxes}\n")[-1:] == ["E209"]


def test_a_block_sees_its_own_by_its_own_names() -> None:
    text = (
        BOXES
        + """\
blocks:
  Kept:
    inputs: {boxes: [N, 4], scores: [N]}
    layers:
      nms: {op: nms, iou_threshold: 0.5, from: [boxes, scores]}
      rows: {op: reshape, shape: [nms_K, 1]}
layers:
  a: {op: Kept, from: [boxes, scores]}
  b: {op: Kept, from: [boxes, scores]}
  wide: {op: expand, size: [b_K, 3]}
outputs: {a: a, b: wide}
"""
    )
    found = shapes(text)
    assert (found["a.rows"], found["b.rows"], found["wide"]) == ("[a_nms_K, 1]", "[b_nms_K, 1]", "[b_nms_K, 3]")
    assert codes(text.replace("size: [b_K, 3]", "size: [nms_K, 3]")) == ["E206"]


def test_a_block_binds_one_by_its_pattern() -> None:
    text = (
        KEPT
        + """\
  rows: {op: Rows}
blocks:
  Rows: {inputs: {x: [M]}, layers: {out: {op: reshape, shape: [M, 1]}}}
"""
    )
    assert shapes(text)["rows"] == "[keep_K, 1]"


def test_a_layer_whose_size_alone_is_read_is_read() -> None:
    text = (
        BOXES
        + """\
layers:
  keep: {op: nms, iou_threshold: 0.5, from: [boxes, scores]}
  first: {op: narrow, dim: 0, start: 0, length: keep_K, from: boxes}
"""
    )
    assert codes(text) == []
    assert shapes(text)["first"] == "[keep_K, 4]"


def test_outputs_bind_and_match_it() -> None:
    best = "  best: {op: embedding, from: [keep, boxes]}\n"
    declared = "outputs: {{keep: {{from: keep, shape: [{}]}}, best: {{from: best, shape: [{}]}}}}\n"
    assert codes(KEPT + best + declared.format("K", "K, 4")) == []
    assert codes(KEPT + best + declared.format("keep_K", "K, 4")) == []
    assert codes(KEPT + best + declared.format("K", "K, 5")) == ["S312"]
    assert codes(KEPT + best + declared.format("N", "K, 4")) == ["S305"]
    assert codes(KEPT + best + declared.format("K", "2 * K, 4")) == ["S312"]
    other = "layers: {x: {op: mul, other: 2}}\noutputs: {x: {from: x, shape: [K, 4]}}\n"
    assert "E206" in codes(BOXES + other)


def test_one_name_for_two_sizes_is_no_match() -> None:
    text = """\
inputs: {x: [N]}
layers: {a: {op: nonzero, from: x}, b: {op: nonzero, from: x}}
outputs: {a: {from: a, shape: [K, 1]}, b: {from: b, shape: [K, 1]}}
"""
    assert codes(text) == ["S305"]


def test_a_mistake_elsewhere_does_not_rename_it() -> None:
    """What rests on a guess is built twice; the size is the same one both times."""
    text = (
        BOXES
        + """\
layers:
  keep: {op: nms, from: [boxes, scores]}
  rows: {op: reshape, shape: [keep_K, 1]}
  add: {op: add, from: [rows, rows]}
"""
    )
    assert codes(text) == ["L202"]


def test_the_summary_and_the_json_show_it() -> None:
    graph = compiled(KEPT)
    assert "keep_K" in to_text(summarize(graph))
    assert '"keep_K"' in to_graph_json(graph)
    assert graph.symbols == ("N", "keep_K")
    bound = summarize(graph, {"keep_K": 7})
    assert str(bound.outputs["output"]) == "[7]"
    assert bound.activations == 7 * 8
