"""What `init` refuses is what torch.nn.init refuses, or makes nonsense of."""

import pytest
import torch
from torch import nn

from specc.training.catalogue import INITIALISERS, arguments
from specc.training.initialisers import NONLINEARITIES, contradiction, refused, unfit

SHAPES = [(4,), (4, 6), (6, 4, 3), (6, 4, 3, 3), (6, 4, 2, 2, 2), (6, 4, 1, 1, 1, 1)]
NEEDED = {"constant_": {"val": 0.5}, "sparse_": {"sparsity": 0.25}}


@pytest.mark.parametrize("function", INITIALISERS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_tensor_is_unfit_where_torch_cannot_fill_it(function: str, shape: tuple[int, ...]) -> None:
    args = NEEDED.get(function, {})
    try:
        getattr(nn.init, function)(torch.empty(shape), **args)
    except ValueError:
        assert unfit(function, shape, args)
    else:
        assert unfit(function, shape, args) is None


def test_dirac_divides_the_first_size() -> None:
    with pytest.raises(ValueError, match="divisible"):
        nn.init.dirac_(torch.empty(6, 4, 3), groups=4)
    assert unfit("dirac_", (6, 4, 3), {"groups": 4})
    assert unfit("dirac_", (6, 4, 3), {"groups": 3}) is None


def test_the_nonlinearities_are_those_that_have_a_gain() -> None:
    for name in NONLINEARITIES:
        nn.init.calculate_gain(name)
        assert refused("nonlinearity", name) is None
    with pytest.raises(ValueError, match="gelu"):
        nn.init.calculate_gain("gelu")
    assert refused("nonlinearity", "gelu")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("mode", "fan_avg", "L204"),
        ("mode", 1, "L203"),
        ("std", "0.02 * 2", "L203"),
        ("std", -0.5, "L204"),
        ("gain", True, "L203"),
        ("val", [1.0], "L203"),
        ("groups", 0, "L204"),
        ("groups", 1.5, "L204"),
        ("sparsity", 1.5, "L204"),
    ],
)
def test_values_that_cannot_stand(name: str, value: object, code: str) -> None:
    found = refused(name, value)
    assert found is not None
    assert found[0] == code


def test_every_argument_takes_a_value_that_torch_takes() -> None:
    """With other values than the defaults, on a tensor that every function fills."""
    values = {
        "mode": "fan_out", "nonlinearity": "tanh", "groups": 2, "sparsity": 0.5, "a": -0.25, "b": 0.25, "val": 2,
        "mean": 1, "std": 0.5, "gain": 2.0,
    }  # fmt: skip
    for function, text in INITIALISERS.items():
        args = {name: values[name] for name in arguments(text).names}
        assert all(refused(name, value) is None for name, value in args.items())
        assert contradiction(function, args) is None
        shape = (4, 6, 3) if function == "dirac_" else (4, 6)
        assert getattr(nn.init, function)(torch.empty(shape), **args).isfinite().all()


@pytest.mark.parametrize(
    ("function", "args", "wrong"),
    [
        ("uniform_", {"a": 2}, True),
        ("uniform_", {"a": 1, "b": 2}, False),
        ("trunc_normal_", {"b": -3}, True),
        ("normal_", {}, False),
        ("kaiming_normal_", {"a": 5}, False),
    ],
)
def test_an_interval_holds_something(function: str, args: dict[str, object], wrong: bool) -> None:
    assert (contradiction(function, args) is not None) is wrong
