"""What is made of nothing is made where the network's inputs are, and shapes that symbols give."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from specc.compiler import compile_text
from specc.emit.python import to_python
from specc.ops import OPS, Op
from specc.ops.evaluate import evaluate
from specc.ops.write import Always
from specc.shapes.dim import Dim

MADE = [op for op in OPS.values() if not op.inputs]
N = Dim.symbol("N")


class _Devices(TorchDispatchMode):
    """The devices of every tensor that torch makes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.seen |= {each.device.type for each in torch.utils._pytree.tree_leaves(result) if isinstance(each, Tensor)}
        return result


@pytest.mark.parametrize("op", MADE, ids=[op.name for op in MADE])
def test_tensors_are_made_on_the_device_of_the_input(op: type[Op]) -> None:
    """In the network and in a group: a module that gets `meta` tensors makes nothing on the CPU."""
    made = yaml.safe_load(op.example[1])
    layers = {
        "made": made,
        "group": {"from": "x", "layers": {"made": made}},
        "sum": {"op": "add", "from": ["made", "group"]},
        "total": {"op": "sum"},
        "y": {"op": "add", "from": ["x", "total"]},
    }
    result = compile_text(json.dumps({"name": "made", "inputs": {"x": ["N", 4]}, "layers": layers}), "made.yaml")
    assert result.graph is not None, result.diagnostics
    text = to_python(result.graph)
    assert text.count("device=x.device") == 2
    names: dict[str, Any] = {"__name__": "made"}
    exec(text, names)
    network = names[result.graph.class_name]()
    with _Devices() as devices:
        assert network(torch.rand(2, 4, device="meta")).shape == (2, 4)
    assert devices.seen == {"meta"}


@pytest.mark.parametrize(
    ("op", "args", "shape"),
    [
        ("arange", {"end": N}, "[N]"),
        ("arange", {"start": 2, "end": N, "step": 3}, "[N // 3]"),
        ("zeros", {"size": [N, 2 * N, 8]}, "[N, 2 * N, 8]"),
        ("zeros", {"size": N}, "[N]"),
        ("linspace", {"start": 0, "end": N, "steps": N}, "[N]"),
        ("eye", {"n": N}, "[N, N]"),
        ("eye", {"n": N, "m": 3}, "[N, 3]"),
        ("randperm", {"n": N}, "[N]"),
        ("tril_indices", {"row": N, "col": N}, "[2, (N * N + N) // 2]"),
        ("triu_indices", {"row": N, "col": N, "offset": 1}, "[2, (N * N + N) // 2 - N]"),
    ],
)
def test_sizes_may_be_symbols(op: str, args: dict[str, Any], shape: str) -> None:
    outcome = evaluate(OPS[op], args, [])
    assert outcome.ok
    assert [str(t) for t in outcome.outputs] == [shape]


def test_triangles_of_any_size_have_the_right_number_of_places() -> None:
    for name, make in (("tril_indices", torch.tril_indices), ("triu_indices", torch.triu_indices)):
        for row, col, offset in torch.cartesian_prod(torch.arange(5), torch.arange(5), torch.arange(-6, 7)).tolist():
            outcome = evaluate(OPS[name], {"row": row, "col": col, "offset": offset}, [])
            assert str(outcome.outputs[0]) == str(list(make(row, col, offset).shape))


def test_meshgrid_always_says_its_indexing() -> None:
    """Without it torch warns of a change to come."""
    meshgrid = OPS["meshgrid"].python
    assert isinstance(meshgrid, Always)
    assert meshgrid.call(["a", "b"], []) == 'torch.meshgrid(a, b, indexing="ij")'
    assert meshgrid.call(["a", "b"], ['indexing="xy"']) == 'torch.meshgrid(a, b, indexing="xy")'
