"""What changed between two networks."""

import json

import pytest

from specc.compiler import compile_text
from specc.emit.difference import Difference, difference, to_json, to_text
from specc.graph.ir import Graph

MLP = """\
name: net
inputs: {x: [N, 784]}
layers:
  fc1: {op: Linear, out_features: 100}
  bn: BatchNorm1d
  relu: ReLU
  fc2: {op: Linear, out_features: 10}
"""


def graph(text: str) -> Graph:
    result = compile_text(text, "spec.yaml")
    assert result.ok, result.diagnostics
    assert result.graph is not None
    return result.graph


def between(*edits: tuple[str, str], text: str = MLP) -> Difference:
    """The difference that the replacements make."""
    changed = text
    for old, new in edits:
        assert old in changed
        changed = changed.replace(old, new)
    return difference(graph(text), graph(changed))


def rows(found: Difference) -> list[tuple[str, str]]:
    return [(row.mark, row.layer.path) for row in found.rows]


def test_a_network_is_like_itself() -> None:
    found = between(("name: net", "name: other"))
    assert found.is_empty
    assert to_text(found) == "net → other: the same layers, shapes and parameters\n"
    assert json.loads(to_json(found))["equal"] is True


def test_an_argument_and_all_that_follows_from_it() -> None:
    """Inferred arguments are left to the shapes; layers that only pass a shape on are told too, by it."""
    found = between(("out_features: 100", "out_features: 50, bias: false"))
    assert rows(found) == [("~", "fc1"), ("~", "bn"), ("~", "relu"), ("~", "fc2")]
    assert dict(found.rows[0].what) == {
        "args.out_features": (100, 50),
        "args.bias": (True, False),
        "output": ({"shape": ["N", 100], "dtype": "float32"}, {"shape": ["N", 50], "dtype": "float32"}),
        "parameters": (78_500, 39_200),
    }
    assert list(found.rows[3].what) == ["parameters"]


def test_a_layer_that_goes_stands_where_it_was() -> None:
    found = between(("  bn: BatchNorm1d\n", ""))
    assert rows(found) == [("-", "bn"), ("~", "relu")]
    assert dict(found.rows[1].what) == {"reads": (["bn"], ["fc1"])}


def test_a_layer_that_comes() -> None:
    found = between(("  fc2:", "  drop: Dropout\n  fc2:"))
    assert rows(found) == [("+", "drop"), ("~", "fc2")]


def test_the_first_layer_goes() -> None:
    assert rows(between(("  fc1: {op: Linear, out_features: 100}\n", "")))[0] == ("-", "fc1")


def test_a_new_name_is_no_new_layer() -> None:
    """Nor does what reads it change."""
    found = between(("bn:", "norm:"))
    assert rows(found) == [("~", "norm")]
    assert found.rows[0].was is not None
    assert found.rows[0].was.path == "bn"
    assert dict(found.rows[0].what) == {}
    assert "layers         4: 1 renamed\n" in to_text(found)


def test_layers_that_move_into_a_module_of_their_own() -> None:
    found = between(
        ("  fc1: {op: Linear, out_features: 100}\n  bn: BatchNorm1d\n",
         "  stem:\n    layers:\n      fc1: {op: Linear, out_features: 100}\n      bn: BatchNorm1d\n")
    )  # fmt: skip
    assert rows(found)[:2] == [("~", "stem.fc1"), ("~", "stem.bn")]
    assert all(row.was is not None for row in found.rows)


def test_the_same_kind_of_layer_in_another_module_is_another_layer() -> None:
    text = "inputs: {x: [N, 3]}\nlayers:\n  a: {layers: {act: ReLU, t: Tanh}}\n  b: {layers: {t: Tanh}}\n"
    found = between(
        ("{act: ReLU, t: Tanh}", "{t: Tanh}"), ("b: {layers: {t: Tanh}}", "b: {layers: {t: Tanh, r: ReLU}}"), text=text
    )
    assert rows(found) == [("-", "a.act"), ("~", "a.t"), ("+", "b.r")]


def test_another_op_under_the_same_name() -> None:
    assert dict(between(("ReLU", "GELU")).rows[0].what)["op"] == ("ReLU", "GELU")


def test_inputs_and_outputs() -> None:
    found = between(("{x: [N, 784]}", "{x: [N, 100]}"))
    assert found.ends == {
        "input x": ({"shape": ["N", 784], "dtype": "float32"}, {"shape": ["N", 100], "dtype": "float32"})
    }
    assert "input x        [N, 784] → [N, 100]\n" in to_text(found)


@pytest.mark.parametrize("sizes", [{}, {"H": 32, "W": 32}])
def test_both_count_at_the_same_sizes(sizes: dict[str, int]) -> None:
    """Not each at those of its own training data."""
    text = "inputs: {x: [N, 3, H, W]}\nlayers:\n  c: {op: Conv2d, out_channels: 4, kernel_size: 1}\n"
    trained = text + "train: {data: {dataset: CIFAR10}, loss: MSELoss}\n"
    one, two = compile_text(text).graph, compile_text(trained).graph
    assert one is not None
    assert two is not None
    found = difference(one, two, sizes)
    side = sizes.get("H", 224)
    assert found.before.macs == found.after.macs == 12 * side * side
    assert found.is_empty


def test_json_has_what_the_text_has() -> None:
    data = json.loads(
        to_json(between(("out_features: 10}", "out_features: 5}"), ("bn:", "norm:"), ("ReLU", "ReLU\n  t: Tanh")))
    )
    assert data["parameters"] == {"a": 79_710, "b": 79_205}
    assert [layer["path"] for layer in data["layers"]["added"]] == ["t"]
    assert data["layers"]["removed"] == []
    assert data["layers"]["changed"][0] == {"path": "norm", "was": "bn", "changes": {}}
    assert data["layers"]["changed"][1]["changes"]["args.out_features"] == {"a": 10, "b": 5}


def test_names_cannot_act_on_the_terminal() -> None:
    hostile = 'name: "a\\e[31m"\n' + MLP.split("\n", 1)[1]
    result = compile_text(hostile)
    assert result.graph is not None
    assert "\x1b" not in to_text(difference(graph(MLP), result.graph))
