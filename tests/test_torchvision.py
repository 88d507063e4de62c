"""Every spec that has the name of a torchvision model is that model: a new one joins these tests by its name.

Names, shapes and order of the state, and with equal weights the outputs to the bit; parameters and multiply-adds as
torch counts them and as torchvision's metadata of the weights says. Nothing is downloaded.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import specc
import specc_runtime
from specc.graph.ir import Graph

SPECS = Path(__file__).parents[1] / "specs"
MODELS = sorted(path.stem for path in SPECS.glob("*.yaml") if path.stem in torchvision.models.list_models())
# Where torchvision's published count of operations is another than torch's own: the multiply-adds it has more, and why.
COUNTED_OTHERWISE: dict[str, tuple[int, str]] = {}
# What the spec is of: torchvision's GoogLeNet has two more heads for training, which its published weights lack.
MADE_WITH: dict[str, dict[str, object]] = {"googlenet": {"aux_logits": False, "init_weights": False}}


@cache
def graph(name: str, **params: int) -> Graph:
    return specc.compile(SPECS / f"{name}.yaml", params=params)


def at(name: str, size: int) -> Graph:
    """The network for images of that size, which a spec of one size has as its param `size`."""
    params = graph(name).params
    return graph(name, size=size) if "size" in params and params["size"].value != size else graph(name)


def theirs(name: str, device: str = "cpu") -> nn.Module:
    torch.manual_seed(0)
    with torch.device(device):
        model: nn.Module = torchvision.models.get_model(name, weights=None, **MADE_WITH.get(name, {}))
    return model.eval()


def weights() -> Iterator[Any]:
    for name in MODELS:
        for entry in torchvision.models.get_model_weights(name):
            yield pytest.param(name, entry, id=f"{name}-{entry.name}")


def macs(name: str, size: int) -> int:
    """Multiply-adds of one image of size × size, as the spec counts them."""
    (image,) = at(name, size).inputs.values()
    symbols = {symbol for dim in image.shape for symbol in dim.symbols}
    return at(name, size).macs.evaluate({symbol: 1 if symbol == "N" else size for symbol in symbols})


def test_there_are_such_specs() -> None:
    assert len(MODELS) >= 6


@pytest.mark.parametrize("name", MODELS)
def test_names_shapes_and_order_of_the_state(name: str) -> None:
    with torch.device("meta"):
        ours = specc_runtime.load(SPECS / f"{name}.yaml")
    assert [(key, tensor.shape, tensor.dtype) for key, tensor in ours.state_dict().items()] == [
        (key, tensor.shape, tensor.dtype) for key, tensor in theirs(name, "meta").state_dict().items()
    ]


@pytest.mark.parametrize("name", MODELS)
def test_equal_weights_give_equal_outputs(name: str) -> None:
    """To the bit, for an even and an odd size where the network takes any."""
    model = theirs(name)
    with torch.device("meta"):
        ours = specc_runtime.load(SPECS / f"{name}.yaml").eval()
    ours.load_state_dict(model.state_dict(), assign=True)
    (image,) = graph(name).inputs.values()
    open_ = not image.shape[2].is_const
    with torch.no_grad():
        for size in (64, 97) if open_ else (image.shape[2].value,):
            images = torch.randn(2, 3, size, size)
            assert torch.equal(ours(images), model(images))


@pytest.mark.parametrize("name", MODELS)
def test_multiply_adds_are_those_of_torchs_flop_counter(name: str) -> None:
    (image,) = graph(name).inputs.values()
    for size in (224, 160) if not image.shape[2].is_const else (image.shape[2].value,):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            theirs(name, "meta")(torch.empty(1, 3, size, size, device="meta"))
        assert counter.get_total_flops() == 2 * macs(name, size)


@pytest.mark.parametrize(("name", "entry"), list(weights()))
def test_torchvisions_figures_of_its_weights(name: str, entry: Any) -> None:
    """`num_params` exactly; `_ops`, which is in 10⁹ multiply-adds, rounded to as many digits as it has: three."""
    size = entry.transforms.keywords["crop_size"]
    assert at(name, size).parameter_count == entry.meta["num_params"]
    more, _ = COUNTED_OTHERWISE.get(name, (0, ""))
    counted = macs(name, size) + more
    assert round(counted / 1e9, 3) == entry.meta["_ops"]


def test_an_exception_has_a_reason_and_a_spec() -> None:
    for name, (more, why) in COUNTED_OTHERWISE.items():
        assert name in MODELS
        assert more
        assert why
