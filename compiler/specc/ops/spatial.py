"""What the ops over images, sequences and volumes share: layouts in words, window arithmetic, samples of sizes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from specc.ops.call import Call
from specc.ops.declare import Function
from specc.ops.library import OPS
from specc.ops.write import Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import DTYPES

if TYPE_CHECKING:
    import random

_AXES = {1: "L", 2: "H, W", 3: "D, H, W"}
_KINDS = {1: "sequences", 2: "images", 3: "volumes"}


class Functional(Function, abstract=True):
    """A function of `torch.nn.functional`, called by its own name."""

    positional = 1

    def __init_subclass__(cls, abstract: bool = False) -> None:
        if not abstract and "python" not in vars(cls):
            cls.python = Writer(f"F.{cls.__name__}")
        super().__init_subclass__(abstract=abstract)


def layout(spatial: int) -> str:
    """The batched layout in words, `[N, C, H, W]`."""
    return f"[N, C, {_AXES[spatial]}]"


def per_axis(spatial: int, size: str) -> str:
    """The line of a formula that gives the output's size; `{}` in `size` stands for the input's."""
    first, *others = _AXES[spatial].split(", ")
    likewise = f", {' and '.join(f'{axis}_out' for axis in others)} likewise" if others else ""
    return f"{first}_out = {size.format(first)}{likewise}"


def places(spatial: int) -> str:
    """The indices of an element of the output: `i, j`."""
    return ", ".join("ijk"[:spatial])


def sibling(name: str, spatial: int, rank: int) -> str | None:
    """The help for an input of the wrong rank: the op of the same family that takes it."""
    other, fits = fitting(name, spatial, rank), rank - 2
    if other is not None:
        return f"use `{other}` for {_KINDS[fits]} {layout(fits)}"
    if rank == 2 and spatial > 1:
        return f"features [N, C] have no {_AXES[spatial]}: give them axes with `reshape`, or leave `flatten` out before"
    return None


def fitting(name: str, spatial: int, rank: int) -> str | None:
    """The op of the same family that takes an input of that rank: `BatchNorm2d` for `BatchNorm1d` and 4."""
    stem, fits = name.removesuffix(f"{spatial}d"), rank - 2
    if (stem, rank) == ("BatchNorm", 2):
        fits = 1
    other = f"{stem}{fits}d"
    return other if stem != name and fits in _AXES and other in OPS and fits != spatial else None


def divisors(count: int) -> list[int]:
    """What divides `count`, as far as a message can hold it: at most 64; none for 0, which everything divides."""
    return [d for d in range(1, min(count, 64) + 1) if count % d == 0]


def per_axis_dims(call: Call, name: str) -> tuple[Dim, ...]:
    """A `Sizes` argument as a dimension for every spatial axis; one that follows from params remembers how."""
    sizes = call.sizes(name)
    if not from_params(call.args[name].expr):
        return tuple(map(Dim.of, sizes))
    return tuple(call.dim(name, axis) for axis in range(len(sizes)))


def from_params(expr: ast.expr | None) -> bool:
    """Whether an argument was written as an expression over names, and not as a number."""
    return expr is not None and any(isinstance(node, ast.Name) for node in ast.walk(expr))


def reach(kernel: Dim, dilation: Dim) -> Dim:
    """How far a dilated kernel spans: dilation·(kernel − 1) + 1."""
    return kernel if dilation == 1 else dilation * (kernel - 1) + 1


def windows(size: Dim, kernel: int | Dim, stride: int | Dim, padding: int | Dim, dilation: int | Dim) -> Dim:
    """How often a dilated kernel fits: ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1."""
    return (size + 2 * padding - reach(Dim.of(kernel), Dim.of(dilation))) // stride + 1


def require_filled(call: Call, lead: int, end: int | None = None) -> None:
    """Every axis from `lead` to before `end` (the last, without it) must hold something: torch's kernels refuse empty
    channels and empty images.
    """
    for axis, dim in enumerate(call.x.shape[lead:end], start=lead):
        call.require_at_least(
            dim, 1, f"`{call.label}` ({call.op.name}) needs a filled input, but axis {axis} has size {dim}"
        )


def sample_sizes(rng: random.Random, spatial: int, low: int, high: int) -> int | list[int]:
    """One size for all spatial axes, or a list."""
    if rng.random() < 0.6:
        return rng.randint(low, high)
    return [rng.randint(low, high) for _ in range(spatial + (rng.random() < 0.03))]


def sample_optional(rng: random.Random, optional: dict[str, Any], known: Any, often: float = 0.5) -> dict[str, Any]:
    """A part of the arguments `optional`: those that are in `known`, each `often`."""
    return {name: value for name, value in optional.items() if name in known and rng.random() < often}


def sample_shape(
    rng: random.Random, spatial: int, channels: int, *, batch: float = 0.8, high: int = 9
) -> tuple[int, ...]:
    """A shape [N, C, …], now and then without N, with a size of 0, or with one axis too many or too few."""
    lead = (rng.randint(0 if rng.random() < 0.1 else 1, 3),) if rng.random() < batch else ()
    low = 0 if lead != (0,) and rng.random() < 0.04 else 1
    odd = rng.random()
    axes = spatial + (1 if odd < 0.04 else -1 if odd < 0.08 else 0)
    return (*lead, channels, *(rng.randint(low, high) for _ in range(axes)))


def sample_tensor(rng: random.Random, shape: tuple[int, ...], often: float = 0.85) -> tuple[tuple[int, ...], str]:
    """A tensor of that shape; only a float32 one may be empty, for torch's kernels then see no other dtype."""
    dtype = sample_dtype(rng, often)
    return (shape if dtype == "float32" else tuple(max(size, 1) for size in shape)), dtype


def sample_dtype(rng: random.Random, often: float = 0.85) -> str:
    """Mostly float32, else any of torch's dtypes."""
    return "float32" if rng.random() < often else rng.choice(DTYPES)
