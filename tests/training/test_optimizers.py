"""What an optimizer keeps and takes: each of the catalogue is stepped and its tensors counted."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from tests.alive import Alive
from torch import Tensor

from specc.training.catalogue import OPTIMIZERS, arguments
from specc.training.optimizers import state_bytes, step_bytes

SHAPES = [(100, 50), (50, 100), (64, 3, 5, 5), (300,)]
VALUES: dict[str, list[Any]] = {
    "weight_decay": [0.1, 0],
    "momentum": [0.9, 0],
    "nesterov": [True],
    "amsgrad": [True],
    "centered": [True],
    "maximize": [True],
    "decoupled_weight_decay": [True],
    "fused": [True],
}


def _configurations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every optimizer by itself, and with every one and every pair of the arguments that matter."""
    for name, text in OPTIMIZERS.items():
        yield name, {}
        options = [(key, value) for key in VALUES if key in arguments(text).names for value in VALUES[key]]
        for count in (1, 2):
            for chosen in itertools.combinations(options, count):
                if len(dict(chosen)) == count:
                    yield name, dict(chosen)


def _state(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [v for state in optimizer.state.values() for v in state.values() if isinstance(v, Tensor)]


@pytest.mark.parametrize(("name", "args"), list(_configurations()), ids=lambda v: v if isinstance(v, str) else str(v))
def test_state_and_step_are_torchs(name: str, args: dict[str, Any]) -> None:
    """To the byte for the state; the step within 5 % of the parameter (scalars and statistics of a row)."""
    for shape in SHAPES:
        parameter = torch.nn.Parameter(torch.randn(shape))
        parameter.grad = torch.randn(shape)
        given = {"lr": 0.1, **args} if name == "SGD" else args
        try:
            optimizer = getattr(torch.optim, name)([parameter], **given)
        except (ValueError, RuntimeError):
            assert (name == "Muon" and len(shape) != 2) or args.get("nesterov"), "torch refuses it for another reason"
            continue
        optimizer.step()
        optimizer.step()
        assert sum(t.nbytes for t in _state(optimizer)) == state_bytes(name, args, shape)
        alive = Alive([parameter, parameter.grad, *_state(optimizer)])
        before = alive.now
        with alive:
            optimizer.step()
        estimate = step_bytes(name, args, shape)
        assert estimate is not None
        assert abs(alive.peak - before - estimate) <= 0.05 * parameter.nbytes, (shape, alive.peak - before, estimate)


def test_an_unknown_optimizer_is_unknown() -> None:
    assert state_bytes("Lion", {}, (3,)) is None
    assert step_bytes("Lion", {}, (3,)) is None
