"""What an optimizer keeps for a parameter, and what its step takes for a moment.

Bytes as torch takes them on the CPU, where it updates one parameter after another: a float32 state tensor of the
parameter's shape for each moment, float32 scalars for the count of steps. `tests/training/test_optimizers.py` steps
every optimizer and compares. On CUDA torch updates many parameters at once by default (`foreach`), so that the moment's
tensors are those of all parameters; `fused: true` takes none on either.
"""

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

from specc.source.nodes import Plain

Shape = tuple[int, ...]


class Keeps(NamedTuple):
    """Of a parameter: state tensors of its shape, of them those that an argument adds; scalars; and in a step
    `moments` tensors of its shape at once, of them those that an argument adds.
    """

    tensors: int
    scalars: int
    moments: int
    tensors_if: tuple[str, ...] = ()
    moments_if: tuple[str, ...] = ()


OPTIMIZERS: Mapping[str, Keeps] = {
    "ASGD": Keeps(1, 3, 0),
    "Adadelta": Keeps(2, 1, 2),
    "Adagrad": Keeps(1, 1, 1),
    "Adam": Keeps(2, 1, 2, tensors_if=("amsgrad",)),
    "AdamW": Keeps(2, 1, 2, tensors_if=("amsgrad",)),
    "Adamax": Keeps(2, 1, 1),
    "NAdam": Keeps(2, 2, 2),
    "RAdam": Keeps(2, 1, 2),
    "RMSprop": Keeps(1, 1, 1, tensors_if=("momentum", "centered")),
    "Rprop": Keeps(2, 1, 3),
    "SGD": Keeps(0, 0, 0, tensors_if=("momentum",), moments_if=("nesterov",)),
}
"""Those whose state is a plain count; `Adafactor` and `Muon` are computed below."""

_DECOUPLED = frozenset({"AdamW", "Adafactor", "Muon"})  # weight decay acts on the parameter, not on the gradient
_FUSED = frozenset({"Adagrad", "Adam", "AdamW", "SGD"})


def state_bytes(name: str, args: Mapping[str, Plain], shape: Shape) -> int | None:
    """What the optimizer keeps between two steps for a float32 parameter of `shape`; None for an unknown one."""
    size = 4 * prod(shape)
    if name == "Adafactor":  # a factored second moment: one row and one column instead of a matrix
        return (_factors(shape) if len(shape) > 1 else size) + 4
    if name == "Muon":
        return size
    keeps = OPTIMIZERS.get(name)
    if keeps is None:
        return None
    return (keeps.tensors + _set(args, keeps.tensors_if)) * size + 4 * keeps.scalars


def step_bytes(name: str, args: Mapping[str, Plain], shape: Shape) -> int | None:
    """The most a step takes at once, beside gradient and state, to update a parameter of `shape`."""
    size = 4 * prod(shape)
    changes = bool(args.get("maximize")) + _decays(name, args)  # of the gradient: its sign turned, decayed
    changed = size if changes else 0
    if name == "Adafactor":
        return size + (_factors(shape) + 4 * prod(shape[:-2]) if len(shape) > 1 else size) + changed
    if name == "Muon":  # it orthogonalises in bfloat16: the update before and after, and two Gram matrices
        nesterov = size if args.get("nesterov", True) else 0
        return nesterov + size + 4 * min(shape[0], shape[-1]) ** 2 + changed
    keeps = OPTIMIZERS.get(name)
    if keeps is None:
        return None
    if args.get("fused") and name in _FUSED:
        return 0
    if name == "Rprop":  # among its moments is a copy of the gradient already
        changed = 0
    return max((keeps.moments + _set(args, keeps.moments_if)) * size + changed, changes * size)


def _factors(shape: Shape) -> int:
    """A row and a column for every matrix of the last two axes."""
    return 4 * prod(shape[:-2]) * (shape[-2] + shape[-1])


def _set(args: Mapping[str, Plain], names: tuple[str, ...]) -> int:
    return sum(bool(args.get(name)) for name in names)


def _decays(name: str, args: Mapping[str, Plain]) -> bool:
    return bool(args.get("weight_decay")) and name not in _DECOUPLED and not args.get("decoupled_weight_decay")
