"""Residual blocks: the shortcut that `auto` finds, and the shapes the sum asserts."""

import pytest

from specc.emit.summary import summarize
from tests.graph.reading import codes, compiled, problems

CONVS = {1: "Conv1d", 2: "Conv2d", 3: "Conv3d"}


def _auto(inputs: str, body: str, *more: str) -> dict[str, object]:
    """The child `shortcut` of a residual as {path: (kind, arguments that were given)}, and its result."""
    graph = compiled(
        f"inputs: {{x: {inputs}}}\n{''.join(more)}layers:\n  r:\n    residual: {body}\n    shortcut: auto\n"
    )
    node = graph.root.node("r")
    assert node is not None
    assert node.body is not None
    assert [n.role for n in node.body.nodes][-1] == "sum"
    shortcut = node.body.node("shortcut")
    inner = {} if shortcut is None or shortcut.body is None else {n.kind: _given(n.args) for n in shortcut.body.nodes}
    return {"out": str(node.outputs[0].type), **inner}


def _given(args: object) -> dict[str, object]:
    return {name: bound.value for name, bound in args.items() if bound.given}  # type: ignore[attr-defined]  # a mapping


def test_equal_shapes_need_no_projection() -> None:
    assert _auto("[N, 8, H, W]", "[{op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}, ReLU]") == {
        "out": "[N, 8, H, W]"
    }


@pytest.mark.parametrize("spatial", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_auto_finds_channels_and_stride(spatial: int, stride: int) -> None:
    """In one, two and three dimensions, for sizes that are symbols."""
    sizes = ["D", "H", "W"][-spatial:]
    conv = f"{{op: {CONVS[spatial]}, out_channels: 16, kernel_size: 3, padding: 1, stride: {stride}, bias: false}}"
    found = _auto(f"[N, 8, {', '.join(sizes)}]", f"[{conv}, BatchNorm{spatial}d]")
    strided = {"stride": stride} if stride > 1 else {}
    assert found[CONVS[spatial]] == {"out_channels": 16, "kernel_size": 1, "bias": False, **strided}
    assert found[f"BatchNorm{spatial}d"] == {}
    reduced = [size if stride == 1 else f"({size} - 1) // {stride} + 1" for size in sizes]
    assert found["out"] == f"[N, 16, {', '.join(reduced)}]"


def test_auto_takes_the_normalisation_of_the_body() -> None:
    body = "[{op: Conv2d, out_channels: 16, kernel_size: 1}, {op: GroupNorm, num_groups: 4}]"
    found = _auto("[N, 8, H, W]", body)
    assert found["GroupNorm"] == {"num_groups": 4}


def test_auto_without_a_normalisation_has_a_bias() -> None:
    assert _auto("[N, 8, H, W]", "[{op: Conv2d, out_channels: 16, kernel_size: 1}]")["Conv2d"] == {
        "out_channels": 16,
        "kernel_size": 1,
    }


@pytest.mark.parametrize(("shape", "out"), [("[N, 8]", "[N, 16]"), ("[N, T, 8]", "[N, T, 16]")])
def test_auto_of_linear_layers_is_linear(shape: str, out: str) -> None:
    found = _auto(shape, "[{op: Linear, out_features: 4}, ReLU, {op: Linear, out_features: 16}]")
    assert found == {"out": out, "Linear": {"out_features": 16}}


def test_auto_of_a_bottleneck() -> None:
    """The stride may stand on any of the convolutions."""
    body = (
        "[{op: Conv2d, out_channels: 4, kernel_size: 1}, BatchNorm2d, "
        "{op: Conv2d, out_channels: 4, kernel_size: 3, padding: 1, stride: 2}, BatchNorm2d, "
        "{op: Conv2d, out_channels: 16, kernel_size: 1}, BatchNorm2d]"
    )
    assert _auto("[N, 8, 32, 32]", body)["Conv2d"] == {"out_channels": 16, "kernel_size": 1, "bias": False, "stride": 2}


def test_auto_of_a_stride_for_each_axis() -> None:
    body = "[{op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1, stride: [2, 1]}]"
    assert _auto("[N, 8, H, W]", body)["Conv2d"] == {"out_channels": 8, "kernel_size": 1, "stride": (2, 1)}


def test_even_sizes_need_a_fact() -> None:
    """A pooling by two and a stride of two agree on even sizes only: the condition is named."""
    body = "[{op: Conv2d, out_channels: 8, kernel_size: 1}, {op: MaxPool2d, kernel_size: 2}]"
    text = f"inputs: {{x: [N, 8, H, W]}}\nlayers:\n  r:\n    residual: {body}\n    shortcut: auto\n"
    assert codes(text) == ["S315"]
    assert codes("where: [H % 2 == 0, W % 2 == 0]\n" + text) == []


TEXT = """
inputs: {x: [N, 8, H, W]}
layers:
  r:
    residual:
      c: {op: Conv2d, out_channels: %s, kernel_size: %s, padding: 1}
    %s
"""


def test_the_sum_of_a_residual_does_not_broadcast() -> None:
    assert problems(TEXT % (1, 3, "shortcut: identity")) == [("S314", 5, 5)]
    assert problems(TEXT % (8, 2, "shortcut: identity")) == [("S314", 5, 5)]


def test_a_size_that_agrees_sometimes_is_reported_with_its_condition() -> None:
    text = """
inputs: {x: [N, 8, H, W]}
layers:
  r:
    residual:
      down: {op: MaxPool2d, kernel_size: 2}
      up: {op: Upsample, scale_factor: 2}
"""
    assert problems(text) == [("S305", 5, 5)]
    assert codes("where: [H % 2 == 0, W % 2 == 0]" + text) == []


def test_the_layers_of_a_shortcut_may_be_written() -> None:
    graph = compiled(TEXT % (5, 3, "shortcut: {down: {layers: [{op: Conv2d, out_channels: 5, kernel_size: 1}]}}"))
    assert [n.path for n in graph.root.walk() if n.op is not None] == ["r.c", "r.down.0", "r.sum"]


def test_the_activation_follows_the_sum() -> None:
    graph = compiled(TEXT % (8, 3, "activation: {op: LeakyReLU, negative_slope: 0.2}"))
    node = graph.root.node("r")
    assert node is not None
    assert node.body is not None
    assert [(n.kind, n.role) for n in node.body.nodes] == [
        ("Conv2d", "body"),
        ("add", "sum"),
        ("LeakyReLU", "activation"),
    ]


def test_residuals_chain_in_a_repeat() -> None:
    text = """
inputs: {x: [N, 8, H, W]}
blocks:
  R:
    params: {channels: int, stride: 1}
    residual:
      - {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1, stride: stride, bias: false}
      - BatchNorm2d
    shortcut: {proj: auto}
    activation: ReLU
layers:
  a: {op: R, channels: 16, stride: 2 if i == 0 else 1, repeat: 3}
"""
    graph = compiled(text)
    assert str(graph.outputs["output"]) == "[N, 16, (H - 1) // 2 + 1, (W - 1) // 2 + 1]"
    assert [n.path for n in graph.root.walk() if n.name == "proj"] == ["a.0.proj"]


# `pre: true` -----------------------------------------------------------------------------------------------------


def _order(body: str, more: str = "", shape: str = "[N, 8, H, W]") -> list[str]:
    """The layers of a pre-activation residual in the order they run, as `name <- what it reads`."""
    graph = compiled(f"inputs: {{x: {shape}}}\nlayers:\n  r:\n    residual: {body}\n    pre: true\n{more}")
    node = graph.root.node("r")
    assert node is not None
    assert node.body is not None
    return [f"{n.name} <- {' '.join(i.value.name for i in n.inputs)}" for n in node.body.nodes]


CONV = "{op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}"


def test_the_order_of_2015_becomes_that_of_2016() -> None:
    body = f"{{conv1: {CONV}, bn1: BatchNorm2d, relu: ReLU, conv2: {CONV}, bn2: BatchNorm2d}}"
    assert _order(body, "    activation: ReLU\n") == [
        "bn1 <- x", "relu <- bn1", "conv1 <- relu", "bn2 <- conv1", "activation <- bn2", "conv2 <- activation",
        "sum <- conv2 x",
    ]  # fmt: skip


def test_layers_of_another_kind_stay_behind_what_they_follow() -> None:
    """The dropout of a wide residual network is between its convolutions."""
    body = f"{{conv1: {CONV}, bn1: BatchNorm2d, relu: ReLU, drop: Dropout, conv2: {CONV}, bn2: BatchNorm2d}}"
    assert [line.split()[0] for line in _order(body)] == ["bn1", "relu", "conv1", "drop", "bn2", "conv2", "sum"]


def test_a_list_is_numbered_as_it_runs() -> None:
    text = (
        f"inputs: {{x: [N, 8, H, W]}}\nlayers:\n  r: {{residual: [{CONV}, BatchNorm2d], activation: relu, pre: true}}\n"
    )
    assert {n.name: n.kind for n in compiled(text).root.walk() if n.op is not None} == {
        "0": "BatchNorm2d", "1": "relu", "2": "Conv2d", "sum": "add",
    }  # fmt: skip


@pytest.mark.parametrize(
    "first", ["BatchNorm2d", "ReLU", "{layers: [BatchNorm2d, ReLU]}", "{op: Both, act: Tanh}", "act"]
)
def test_a_body_that_begins_with_its_pre_activation_runs_as_written(first: str) -> None:
    graph = compiled(
        "inputs: {x: [N, 4, H, W]}\n"
        "blocks:\n"
        "  Both: {params: {act: {type: op, default: ReLU}}, layers: {norm: BatchNorm2d, act: act}}\n"
        "  R:\n    params: {act: op}\n    shortcut: auto\n    pre: true\n"
        f"    residual: {{one: {first}, conv: {CONV}, two: ReLU}}\n"
        "layers:\n  r: {op: R, act: ReLU}\n  both: Both\n"
    )
    node = graph.root.node("r")
    assert node is not None
    assert node.body is not None
    assert [n.name for n in node.body.nodes] == ["one", "conv", "two", "shortcut", "sum"]
    shortcut = node.body.nodes[3]
    assert [i.value.name for i in shortcut.inputs] == ["one"]
    assert shortcut.body is not None
    assert [n.kind for n in shortcut.body.nodes] == ["Conv2d"]  # no normalisation before the sum


def test_the_identity_is_of_the_input_itself() -> None:
    assert _order(f"{{bn: BatchNorm2d, conv: {CONV}}}", "    shortcut: auto\n")[-1] == "sum <- conv x"


def test_what_cannot_be_put_in_order_is_said() -> None:
    text = "inputs: {x: [N, 8]}\nlayers:\n  r:\n    residual: %s\n    pre: true\n%s"
    fc = "{op: Linear, out_features: 8%s}"
    assert "L211" in codes(text % (f"{{a: {fc % ''}, b: ReLU, c: {fc % ', from: b'}}}", ""))
    assert codes(text % (f"{{n: LayerNorm, a: {fc % ''}}}", "    activation: relu\n")) == ["L211"]


def test_residuals_of_several_inputs() -> None:
    """The first is the one that is added; `auto` looks at it alone."""
    graph = compiled(
        """
inputs: {x: [N, 8, H, W], y: [N, 3, H, W]}
blocks:
  Fuse:
    inputs: {x: [N, C, H, W], y: [N, D, H, W]}
    residual:
      both: {op: cat, from: [x, y], dim: 1}
      conv: {op: Conv2d, out_channels: 3, kernel_size: 1}
    shortcut: auto
layers:
  a: {op: Fuse, from: [x, y]}
  b: {op: Fuse, from: {x: a, y: y}}
"""
    )
    assert [n.path for n in graph.root.walk() if n.role == "shortcut"] == ["a.shortcut"]
    assert str(graph.outputs["output"]) == "[N, 3, H, W]"


def test_residuals_in_residuals_choose_each_for_itself() -> None:
    graph = compiled(
        """
inputs: {x: [N, 8]}
layers:
  r:
    residual:
      inner: {residual: [{op: Linear, out_features: 8}], shortcut: auto}
      other: {parallel: {a: {residual: [{op: Linear, out_features: 4}], shortcut: auto}, b: ReLU}, dim: 1}
    shortcut: auto
"""
    )
    assert [n.path for n in graph.root.walk() if n.role == "shortcut"] == ["r.other.a.shortcut", "r.shortcut"]
    assert [s.path + ": " + s.chosen for s in summarize(graph).shortcuts] == [
        "r.inner: identity", "r.other.a: Linear 4", "r: Linear 12",
    ]  # fmt: skip


def test_blocks_are_looked_into_once_each() -> None:
    """Thirty blocks, each of two of the one before: 2 ** 30 layers, were they counted one by one."""
    blocks = ["  B0: {layers: [BatchNorm2d, ReLU]}"]
    blocks += [f"  B{k}: {{layers: [B{k - 1}, B{k - 1}]}}" for k in range(1, 30)]
    text = "inputs: {x: [N, 8, H, W]}\nblocks:\n%s\nlayers:\n  r: %s\n"
    assert codes(text % ("\n".join(blocks), "{residual: {b: B29}, pre: true}")) == ["L301"]
    itself = "  R: {residual: {a: R}, pre: true}"
    assert codes(text % (itself, "R")) == ["L303"]
