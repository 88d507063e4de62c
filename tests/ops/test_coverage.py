"""The op library covers PyTorch: every layer of torch.nn, and what the networks of torchvision and timm call.

`called_by_timm.txt` lists what timm 1.0.31 calls (`python -m tests.ops.calls`, see there); torchvision is read as it is
installed.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import torchvision
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from specc.ops import OPS
from tests.ops.calls import calls

# Classes of torch.nn that are no layer, each with its reason. Lazy layers are held to what they become.
EXCLUDED = {
    "Module": "the base class",
    "Container": "retired; the base class of old containers",
    "Sequential": "a container: `layers`",
    "ModuleList": "a container: `repeat`, or `container:`",
    "ModuleDict": "a container: an inline group",
    "ParameterList": "a container of parameters: layers of the network's own",
    "ParameterDict": "a container of parameters: layers of the network's own",
    "DataParallel": "a way to run a network, which is the command's",
    "RNNBase": "the base class of RNN, LSTM and GRU",
    "RNNCellBase": "the base class of RNNCell, LSTMCell and GRUCell",
    "NLLLoss2d": "retired by PyTorch for NLLLoss",
}

_RANDOM = "fills a tensor at random in place: `init`, or a function of the same name"
_ASKED = "asks a tensor or the machine; gives no tensor"
_STATE = "sets how PyTorch works, for a person's Python"
_MAKES = "makes a tensor from Python values"
# What the sources call that is no op, each with its reason.
NO_OP = {
    "nn.Module nn.ModuleList nn.ModuleDict nn.Sequential": "containers",
    "nn.Parameter Tensor.requires_grad_ Tensor.detach_": "a parameter of one's own, which is a layer",
    "torch.no_grad torch.inference_mode torch.autocast torch.compile torch.load torch.save": _STATE,
    "torch.are_deterministic_algorithms_enabled torch.device": _STATE,
    "torch.get_autocast_cpu_dtype torch.get_autocast_dtype torch.get_autocast_gpu_dtype": _ASKED,
    "torch.is_autocast_cpu_enabled torch.is_autocast_enabled": _ASKED,
    "torch.get_default_device torch.get_default_dtype torch.finfo torch._shape_as_tensor": _ASKED,
    "torch._assert torch._assert_async": "a check, which the compiler makes",
    "torch.Tensor torch.tensor torch.as_tensor torch.from_numpy torch.scalar_tensor": _MAKES,
    "torch.empty torch.empty_like Tensor.new_empty": "its values are whatever the memory holds",
    "Tensor.new_zeros Tensor.new_ones Tensor.new_full": "`zeros`, `ones` and `full` make the same",
    "torch._make_per_tensor_quantized_tensor Tensor.int_repr Tensor.q_scale Tensor.q_zero_point": "quantisation",
    "Tensor.size Tensor.dim Tensor.numel Tensor.is_floating_point Tensor.is_contiguous Tensor.type": _ASKED,
    "Tensor.item Tensor.tolist Tensor.numpy": "leaves PyTorch",
    "Tensor.cpu": "moves a tensor, which is the command's",
    "Tensor.values Tensor.index Tensor.resize": "of a Python dict, a list, a configuration",
    "Tensor.uniform_ Tensor.normal_ Tensor.bernoulli_": _RANDOM,
    "Tensor.copy_ Tensor.fill_ Tensor.zero_": "fills a parameter or buffer in place: `init`",
    "torch.divide": "another name of `div`",
}  # fmt: skip


def test_every_layer_of_torch_is_declared() -> None:
    missing = []
    for name, cls in vars(nn).items():
        if not inspect.isclass(cls) or not issubclass(cls, nn.Module) or name.startswith("_"):
            continue
        if issubclass(cls, LazyModuleMixin):
            name = cls.cls_to_become.__name__  # its sizes are inferred: specc does so for every layer
        if name not in OPS and name not in EXCLUDED:
            missing.append(name)
    assert missing == []


def test_exclusions_are_few_and_needed() -> None:
    assert len(EXCLUDED) <= 15
    assert [name for name in EXCLUDED if name in OPS or not hasattr(nn, name)] == []


def _libraries() -> dict[str, list[str]]:
    installed = Path(torchvision.__file__).parent
    kept = Path(__file__).with_name("called_by_timm.txt").read_text(encoding="utf-8")
    return {
        "torchvision": sorted(calls([installed / "models", installed / "ops"])),
        "timm": [line.split()[0] for line in kept.splitlines()],
    }


@pytest.mark.parametrize(("library", "names"), _libraries().items(), ids=list(_libraries()))
def test_what_networks_call_is_covered(library: str, names: list[str]) -> None:
    reasons = {name for group in NO_OP for name in group.split()}
    missing = []
    for name in names:
        op = name.partition(".")[2]
        in_place = op.endswith("_") and op[:-1] in OPS  # the function of the same name says what is computed
        if op not in OPS and not in_place and name not in reasons:
            missing.append(name)
    assert missing == []


def test_reasons_are_needed() -> None:
    """A name that became an op is no exception any more."""
    every = {name for names in _libraries().values() for name in names}
    stale = [
        name
        for group in NO_OP
        for name in group.split()
        if name.partition(".")[2] in OPS or (name not in every and name not in ("nn.Module", "nn.ModuleDict"))
    ]
    assert stale == []
