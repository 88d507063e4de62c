"""Costs that torch's flop counter does not see: products with vectors, and bilinear maps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from specc.ops import OPS
from specc.ops.evaluate import evaluate
from specc.shapes.tensor import TensorType


def _macs(name: str, args: dict[str, Any], *shapes: tuple[int, ...]) -> int:
    outcome = evaluate(OPS[name], args, [TensorType.of(shape) for shape in shapes])
    assert outcome.ok
    assert outcome.macs is not None
    return outcome.macs.value


def _counted(compute: Any, *shapes: tuple[int, ...]) -> tuple[Tensor, int]:
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        result = compute(*(torch.rand(shape) for shape in shapes))
    return result, counter.get_total_flops() // 2


@pytest.mark.parametrize("lead", [(), (5,), (5, 2)])
def test_bilinear_costs_two_products(lead: tuple[int, ...]) -> None:
    """x1ᵀ W_k for every k as a matrix product, which the counter sees, and then one with x2 for every output."""
    first, second, out = 3, 4, 6
    product, cost = _counted(
        lambda x, w: x @ w.permute(1, 0, 2).reshape(first, out * second), (*lead, first), (out, first, second)
    )
    cost += product.numel()
    inputs = ((*lead, first), (*lead, second))
    assert _macs("Bilinear", {"out_features": out}, *inputs) == cost
    assert _macs("bilinear", {}, *inputs, (out, first, second)) == cost


def test_linear_by_a_vector_costs_as_by_a_matrix_of_one_row() -> None:
    _, cost = _counted(torch.nn.functional.linear, (5, 2, 3), (1, 3))
    assert _macs("linear", {}, (5, 2, 3), (3,)) == cost == 30
