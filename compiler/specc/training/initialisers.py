"""What the functions of `torch.nn.init` take: the values of their arguments, and the tensors they can fill.

Their names and the names of their arguments are in `specc.training.catalogue`. Source: torch/nn/init.py, whose own
checks happen when the network is built; `tests/training/test_initialisers.py` holds this to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MODES: Final = ("fan_in", "fan_out")
NONLINEARITIES: Final = (
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid",
    "tanh", "relu", "leaky_relu", "selu",
)  # fmt: skip

WORDS: Final[Mapping[str, tuple[str, ...]]] = {"mode": MODES, "nonlinearity": NONLINEARITIES}
_AXES: Final[Mapping[str, tuple[int, int, str]]] = {
    **dict.fromkeys(("eye_", "sparse_"), (2, 2, "2 axes")),
    "dirac_": (3, 5, "3, 4 or 5 axes"),
    **dict.fromkeys(
        ("kaiming_normal_", "kaiming_uniform_", "orthogonal_", "xavier_normal_", "xavier_uniform_"),
        (2, 99, "at least 2 axes"),
    ),
}


def refused(name: str, value: object) -> tuple[str, str] | None:
    """Why the argument cannot have that value, as the code and what follows its name; None where it can."""
    words = WORDS.get(name)
    if words is not None:
        if value in words:
            return None
        listed = ", ".join(f"`{word}`" for word in words)
        return ("L204" if isinstance(value, str) else "L203", f"must be one of {listed}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "L203", "must be a number"
    if name == "groups" and (not isinstance(value, int) or value < 1):
        return "L204", "must be a whole number of at least 1"
    if name == "sparsity" and not 0 <= value <= 1:
        return "L204", "must be a share from 0 to 1"
    if name == "std" and value < 0:
        return "L204", "must be at least 0"
    return None


def contradiction(function: str, args: Mapping[str, object]) -> str | None:
    """Why the arguments cannot stand together: an interval that is empty."""
    least, most = {"uniform_": (0.0, 1.0), "trunc_normal_": (-2.0, 2.0)}.get(function, (0.0, 0.0))
    low, high = args.get("a", least), args.get("b", most)
    if function not in ("uniform_", "trunc_normal_") or not isinstance(low, int | float):
        return None
    if isinstance(high, int | float) and low > high:
        return f"draws from `a` to `b`, and {low} is more than {high}"
    return None


def unfit(function: str, shape: tuple[int, ...], args: Mapping[str, object]) -> str | None:
    """Why the function cannot fill a tensor of that shape; None where it can."""
    least, most, said = _AXES.get(function, (0, 99, ""))
    if not least <= len(shape) <= most:
        return f"fills tensors of {said}"
    groups = args.get("groups", 1)
    if function == "dirac_" and isinstance(groups, int) and groups > 0 and shape[0] % groups:
        return f"needs a first size that {groups} groups divide"
    return None
