"""Every sample and shipped spec, written as Python, is the network of its graph, and stays so for other params."""

import pytest
import torch

from specc.emit.python import to_python
from specc.graph.ir import Graph
from tests.emit.python.running import SPECS, compiled, faithful, module, ruff, run, same, shipped, sizes
from tests.emit.python.running import inputs as given
from tests.emit.python.samples import SAMPLES

SHIPPED = sorted(path.stem for path in SPECS.glob("*.yaml"))
ALL = [*SAMPLES, *(f"specs/{name}" for name in SHIPPED)]

# Values for params that change sizes, depths and conditions.
OTHERS: dict[str, list[dict[str, object]]] = {
    "named": [{"classes": 3, "hidden": 7, "rate": 0.5}],
    "listed": [{"hidden": 9}],
    "grouped": [{"hidden": 5}],
    "bottleneck": [{"width": 4, "classes": 2}],
    "by_hand": [{"width": 3}],
    "unet": [{"width": 3, "classes": 4}],
    "lstm": [{"hidden": 5, "classes": 2}],
    "transformer": [{"dim": 12, "heads": 3, "depth": 5, "classes": 2}, {"depth": 1}],
    "growing": [{"growth": 3}],
    "functions": [{"times": 5, "scale": 0.25}],
    "memory": [{"heads": 4, "depth": 3}],
    "kinds": [{"width": 5}],
    "maybe": [{"rate": 0, "width": 20}, {"width": 3}],
    "repeated_groups": [{"width": 5}],
    "baked": [{"width": 7}],
    "run_time": [{"parts": 1}],
    "variants": [{"width": 8}],
    "residuals": [{"width": 6}],
    "spatial": [{"heads": 3, "classes": 5}],
    "automatic": [{"s": 2, "classes": 2}],
    "dense": [{"growth": 4, "classes": 3}],
    "inverted": [{"width": 5}],
    "squeeze": [{"layers": [1, 4], "width": 8}, {"classes": 2}],
    "decoder": [{"heads": 2, "depth": 3, "drop": 0}, {"vocab": 9, "depth": 1}],
    "precedence": [{"a": 5, "b": 2, "p": 0.5, "flag": False}],
    "copies": [{"d": 8, "depth": 4}, {"d": 8, "depth": 1}],
    "same_names": [{"Part": 5, "SameNames": 2}],
    "ambiguous": [{"k": 5}],
    "preactivated": [{"width": 4}],
    "parallels": [{"width": 4}],
    "clashes": [{"nn": 5, "super": 2}, {"act": 1}],
}


def graph_of(name: str, params: dict[str, object] | None = None) -> Graph:
    kind, _, rest = name.rpartition("/")
    return shipped(rest, params) if kind else compiled(SAMPLES[name], params, f"{name}.yaml")


@pytest.mark.parametrize("name", ALL)
def test_the_module_has_the_parameters_and_outputs_of_the_graph(name: str) -> None:
    graph = graph_of(name)
    faithful(graph, module(graph))


@pytest.mark.parametrize(("name", "params"), [(name, p) for name, some in OTHERS.items() for p in some])
def test_other_params_give_what_compiling_with_them_gives(name: str, params: dict[str, object]) -> None:
    source = to_python(graph_of(name))
    expected = graph_of(name, params)
    renamed = {p if f" {p}:" in source else f"{p}_": value for p, value in params.items()}
    network = module(expected, source, **renamed)
    faithful(expected, network)
    same(expected, network, module(expected))


def test_resnet18_takes_torchvisions_weights_bit_for_bit() -> None:
    from torchvision.models import resnet18

    theirs = resnet18()
    network = module(shipped("resnet18"))
    assert list(network.state_dict()) == list(theirs.state_dict())
    network.load_state_dict(theirs.state_dict())
    image = torch.randn(1, 3, 65, 64)
    assert torch.equal(run(network, [image])[0], run(theirs, [image])[0])


def test_resnet18_of_another_width_is_the_spec_with_that_width() -> None:
    params = {"classes": 10, "width": 8}
    graph = shipped("resnet18", params)
    network = module(graph, to_python(shipped("resnet18")), **params)
    faithful(graph, network)
    same(graph, network, module(graph))


def test_all_pass_ruff(tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    for number, name in enumerate(ALL):
        (tmp_path / f"m{number}.py").write_text(to_python(graph_of(name)), encoding="utf-8")
    assert ruff("format", "--check", "--diff", folder=tmp_path) == ""
    assert ruff("check", "--select", "E,F,I,UP", folder=tmp_path) == ""


@pytest.mark.parametrize("name", ["resnet18", "transformer", "bottleneck"])
def test_the_same_graph_gives_the_same_text(name: str) -> None:
    full = f"specs/{name}" if name in SHIPPED and name not in SAMPLES else name
    assert to_python(graph_of(full)) == to_python(graph_of(full))


def test_facts_of_where_are_checked_with_a_message_that_names_the_input() -> None:
    graph = graph_of("unet")
    network = module(graph)
    with pytest.raises(ValueError, match=r"`image` needs W % 4 == 0, but its shape is \[1, 3, 8, 9\]"):
        network(torch.zeros(1, 3, 8, 9))


def test_a_symbol_of_several_inputs_must_be_one_size() -> None:
    text = """
specc: 1
name: pair
inputs: {left: [N, T], right: [T, N]}
where: [T >= 2]
layers:
  product: {op: matmul, from: [left, right]}
"""
    network = module(compiled(text))
    assert network(torch.zeros(2, 3), torch.zeros(3, 2)).shape == (2, 2)
    with pytest.raises(ValueError, match="`T` must be one size, but `left` has 3 and `right` has 4"):
        network(torch.zeros(2, 3), torch.zeros(4, 2))
    with pytest.raises(ValueError, match="needs T >= 2"):
        network(torch.zeros(2, 1), torch.zeros(1, 2))


def test_init_rules_fill_the_parameters() -> None:
    network = module(shipped("resnet18", {"width": 8}))
    weight = network.get_parameter("layer4.1.conv2.weight")
    assert weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)


def test_eval_of_given_inputs_is_deterministic() -> None:
    graph = graph_of("lstm")
    network = module(graph)
    first, second = (run(network, given(graph, sizes(graph))) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_param_behind_a_computed_size_is_written_as_its_value() -> None:
    """The kernel decides how many features are left to flatten, and no expression says how."""
    source = to_python(graph_of("spatial"))
    assert "def __init__(self, heads: int = 2, classes: int = 3) -> None:" in source
    assert "nn.Conv2d(3, 4, kernel_size=3, stride=2, padding=1)" in source


BASIC_BLOCK = """
class BasicBlock(nn.Module):
    def __init__(self, in_channels: int, channels: int, stride: int = 1, downsample: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        # shortcut: auto, a projection where the shapes differ, else the identity
        self.downsample = None
        if downsample:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.conv1(x)
        x = self.bn1(x)
        x = self.relu(x)
        x = self.conv2(x)
        x = self.bn2(x)
        return F.relu(x + shortcut)
"""


def test_the_variants_of_a_block_are_one_class_as_a_person_would_write_it() -> None:
    assert BASIC_BLOCK in to_python(shipped("resnet18"))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("resnet", "self.layer1 = nn.Sequential(*(BasicBlock(width, width) for _ in range(2)))"),
        ("transformer", "self.blocks = nn.Sequential(*(EncoderBlock(dim, heads) for _ in range(depth)))"),
        ("bottleneck", "*(Bottleneck2(channels * 4, channels) for _ in range(depth - 1)),"),
        ("memory", "self.decoder = nn.ModuleList(Cross(8, heads) for _ in range(depth))"),
        ("by_hand", "if stride != 1 or in_channels != channels:"),
        ("unet", "x = torch.cat([x, enc1], dim=1)"),
        ("lstm", "lstm_output, (lstm_h_n, lstm_c_n) = self.lstm(x)"),
        ("run_time", "x = x.reshape(n, t // self.parts, 8 * self.parts)"),
    ],
)
def test_expressions_and_structure_survive(name: str, line: str) -> None:
    assert line in to_python(graph_of("specs/resnet18" if name == "resnet" else name))


def test_a_graph_with_errors_is_refused() -> None:
    from specc.compiler import compile_text

    text = "specc: 1\nname: wrong\ninputs: {x: [N, 4]}\nlayers: {a: {op: Linear, in_features: 5, out_features: 2}}\n"
    graph = compile_text(text).graph
    assert graph is not None
    with pytest.raises(ValueError, match="a network with errors"):
        to_python(graph)


def test_a_param_that_where_names_is_a_value_everywhere() -> None:
    """`forward` checks the fact with the value, so no argument may say another one."""
    text = """
specc: 1
name: placed
params: {longest: 16}
inputs: {tokens: {shape: [N, T], dtype: int64}}
where: [T <= longest]
layers:
  index: {op: arange, end: T}
  place: {op: Embedding, num_embeddings: longest, embedding_dim: 4}
  word: {op: Embedding, num_embeddings: 9, embedding_dim: 4, from: tokens}
  sum: {op: add, from: [word, place]}
"""
    network = module(compiled(text))
    assert "longest" not in to_python(compiled(text))
    network(torch.zeros(2, 16, dtype=torch.int64))
    with pytest.raises(ValueError, match="T <= 16"):
        network(torch.zeros(2, 17, dtype=torch.int64))
