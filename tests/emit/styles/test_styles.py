"""The styles are one network: with its weights moved by the mapping, outputs and gradients are equal bit for bit."""

import pytest
import torch

import specc
from specc.diagnostics import SpecError
from specc.diagnostics.render import render
from specc.emit.styles.names import STYLES
from specc.emit.styles.sequential import breaks
from specc.graph.ir import Graph
from tests.emit.python.running import compiled, inputs, module, run, shipped, sizes
from tests.emit.python.samples import SAMPLES

OTHERS = [style for style in STYLES if style != "module"]
SMALL = {"resnet18": {"width": 8, "classes": 7}}


def _moved(graph: Graph, style: str) -> tuple[torch.nn.Module, torch.nn.Module]:
    """The network as it is and in the style, of equal weights; names and their order are those of the mapping."""
    torch.manual_seed(0)
    plain, other = module(graph), module(graph, specc.to_python(graph, style))
    names = specc.weight_names(graph, style)
    weights = plain.state_dict()
    assert list(names) == list(weights)
    assert list(names.values()) == list(other.state_dict())
    other.load_state_dict({names[name]: weight for name, weight in weights.items()})
    return plain, other


def _equal(graph: Graph, plain: torch.nn.Module, other: torch.nn.Module) -> None:
    given = inputs(graph, sizes(graph))
    for ours, theirs in zip(run(other, given), run(plain, given), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("style", OTHERS)
@pytest.mark.parametrize("name", ["mlp", "resnet18"])
def test_outputs_and_gradients_are_those_of_the_module(name: str, style: str) -> None:
    graph = shipped(name, SMALL.get(name))
    plain, other = _moved(graph, style)
    assert isinstance(other, torch.nn.Sequential) is style.startswith("sequential")
    _equal(graph, plain, other)
    names = specc.weight_names(graph, style)
    given = inputs(graph, sizes(graph))
    for network in (plain, other):
        network.train()(*given).square().mean().backward()
    found = dict(other.named_parameters())
    for key, weight in plain.named_parameters():
        theirs = found[names[key]].grad
        assert weight.grad is not None
        assert theirs is not None
        assert torch.equal(weight.grad, theirs)


@pytest.mark.parametrize("name", ["mlp_list", "mlp_groups", *SAMPLES])
def test_every_network_can_be_written_over_containers(name: str) -> None:
    graph = compiled(SAMPLES[name], file=f"{name}.yaml") if name in SAMPLES else shipped(name)
    style = ("containers", "containers:ModuleList", "containers:ModuleDict")[len(name) % 3]
    _equal(graph, *_moved(graph, style))


@pytest.mark.parametrize("name", ["mlp_list", "mlp_groups", "vit_b_16", "siamese", *SAMPLES])
def test_what_is_a_chain_is_a_sequential_and_what_is_none_says_where(name: str) -> None:
    graph = compiled(SAMPLES[name], file=f"{name}.yaml") if name in SAMPLES else shipped(name)
    style = ("sequential", "sequential:plain", "sequential:add_module")[len(name) % 3]
    found = list(breaks(graph.root))
    if found:
        with pytest.raises(SpecError) as raised:
            specc.to_python(graph, style)
        assert {d.code for d in raised.value.diagnostics} == {"C109"}
        assert all(d.span is not None and d.help for d in raised.value.diagnostics)
        return
    plain, other = _moved(graph, style)
    assert isinstance(other, torch.nn.Sequential)
    _equal(graph, plain, other)


BRANCHES = """\
inputs: {x: [N, 8, H, W]}
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  relu: relu
  scale: {op: mul, from: [relu, x]}
  twice: {op: mul, other: 2}
  drop: {op: Dropout, when: 1 > 0}
outputs: {y: twice}
"""


def test_every_layer_that_breaks_the_chain_is_named() -> None:
    graph = compiled(BRANCHES)
    with pytest.raises(SpecError) as raised:
        specc.to_python(graph, "sequential")
    first = render(raised.value.diagnostics[0], {"spec.yaml": BRANCHES})
    assert (
        first
        == """\
error[C109]: `scale` reads `relu` and `x`, so the network is no `nn.Sequential`
 --> spec.yaml:5:3
  |
5 |   scale: {op: mul, from: [relu, x]}
  |   ^^^^^
  = note: in an `nn.Sequential` every layer is called with what the layer before it gives
  = help: build it with `--style module` or `--style containers`
"""
    )
    assert [
        (d.span.line if d.span else 0, d.message.partition(", so the")[0]) for d in raised.value.diagnostics[1:]
    ] == [
        (6, "`twice` is a function, `mul`, that `torch.nn` has no module of"),
        (7, "`drop` has a `when`"),
        (7, "the output is `twice`, not the last layer"),
    ]


def test_a_style_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="containers:ModuleDict"):
        specc.to_python(shipped("mlp"), "functional")
