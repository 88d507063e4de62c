"""Poolings at random windows, and the way back from the places of the largest values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Floats, SizeList, Sizes
from specc.ops.call import Call
from specc.ops.declare import Module, Sample, Saved
from specc.ops.pooling import Indexed, Pool
from specc.ops.scaling import scaled
from specc.ops.spatial import (
    Functional,
    per_axis,
    per_axis_dims,
    places,
    require_filled,
    sample_dtype,
    sample_optional,
    sample_shape,
    sample_sizes,
)
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def _fractional_formula(spatial: int) -> str:
    at = places(spatial)
    return (
        f"y[n, c, {at}] = max over t of x[n, c, s({at}) + t], 0 ≤ t < kernel_size\n"
        "s(i) = ⌊α·(i + u)⌋ − ⌊α·u⌋ with u random in [0, 1), α = (size − kernel_size) / (output_size − 1)\n"
        f"{per_axis(spatial, 'output_size')}, or ⌊size · output_ratio⌋"
    )


class _Fractional(Indexed, abstract=True):
    """Exactly one of `output_size` and `output_ratio` is given to the module; the function prefers the size."""

    kernel_size = Sizes("size of the window", min=1)
    output_size = Sizes("size of the output", None)
    output_ratio = Floats("the output's size as a part of the input's, between 0 and 1, one for every axis", None)
    return_indices = Bool("whether the places of the largest values are a second output", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, ...]:
        cls.check(call)
        cls.check_output(call)
        sizes = cls.sizes(call)
        require_filled(call, call.x.rank - cls.spatial - 1)
        for axis, (kernel, size) in enumerate(zip(call.sizes("kernel_size"), sizes, strict=True)):
            given = call.x.shape[axis - cls.spatial]
            least = size + (kernel - 1 + (cls.spatial == 3))  # torch wants one more of a volume
            call.require_at_least(
                given,
                least,
                f"`{call.label}` ({cls.name}) takes {size} windows of {kernel}, which needs a size of at least "
                f"{least}, but its input has {given}",
                arg="kernel_size",
                help="use a smaller kernel or a smaller output",
            )
        return cls.with_indices(call, call.x.with_shape((*call.x.shape[: -cls.spatial], *sizes)))

    @classmethod
    def check_output(cls, call: Call) -> None:
        size, ratio = call["output_size"], call["output_ratio"]
        if size is None and ratio is None:
            call.reject(
                "S310",
                f"`{call.label}` ({cls.name}) has neither `output_size` nor `output_ratio`; it takes one of them",
                notes=(),
            )

    @classmethod
    def sizes(cls, call: Call) -> list[Dim]:
        if call["output_size"] is not None:
            return [call.dim("output_size", axis) for axis in range(cls.spatial)]
        ratio = call["output_ratio"]
        ratios = ratio if isinstance(ratio, tuple) else (ratio,) * cls.spatial
        dims = call.x.shape[-cls.spatial :]
        return [scaled(call, dim, each, "output_ratio") for dim, each in zip(dims, ratios, strict=True)]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        n = cls.spatial
        args: dict[str, object] = {"kernel_size": sample_sizes(rng, n, 0 if rng.random() < 0.04 else 1, 3)}
        ratio = rng.choice([0.3, 0.5, 0.7, 0.75, 1 / 3, 0.9])
        if rng.random() < 0.5:
            args["output_size"] = sample_sizes(rng, n, 0 if rng.random() < 0.1 else 1, 4)
        if ("output_size" in args) == (rng.random() < 0.06):
            args["output_ratio"] = ratio if rng.random() < 0.3 else [ratio] * (n + (rng.random() < 0.05))
        if rng.random() < 0.5:
            args["return_indices"] = rng.random() < 0.8
        shape = sample_shape(rng, n, rng.randint(1, 3))
        if rng.random() < 0.8:  # large enough for most windows
            shape = (*shape[:-n], *(size if size == 0 else max(size, 6) for size in shape[-n:]))
        return Sample(args, ((shape, sample_dtype(rng)),))


class _FractionalModule(_Fractional, abstract=True):
    @classmethod
    def check_output(cls, call: Call) -> None:
        super().check_output(call)
        if call["output_size"] is not None and call["output_ratio"] is not None:
            call.reject(
                "S310",
                f"`{call.label}` ({cls.name}) has both `output_size` and `output_ratio`; it takes one of them",
                arg="output_ratio",
                notes=(),
            )
        ratio = call["output_ratio"]
        check_count(call, "output_ratio", ratio)
        for each in ratio if isinstance(ratio, tuple) else () if ratio is None else (ratio,):
            if not 0 < each < 1:
                call.reject(
                    "L204",
                    f"`output_ratio` of `{call.label}` must be between 0 and 1, not {each}",
                    arg="output_ratio",
                    notes=(),
                )


class _FractionalFunction(_Fractional, abstract=True):
    single_ratio = False  # whether the ratio may be one number for all axes

    @classmethod
    def check_output(cls, call: Call) -> None:
        super().check_output(call)
        if call["output_size"] is None and not (cls.single_ratio or isinstance(call["output_ratio"], tuple)):
            call.reject(
                "S310",
                f"`output_ratio` of `{call.label}` must be a list of {cls.spatial}: PyTorch's {cls.name} takes no "
                "single number there",
                arg="output_ratio",
                notes=(),
                help=f"write `output_ratio: [{', '.join([str(call['output_ratio'])] * cls.spatial)}]`",
            )
        if call["output_size"] is None:
            check_count(call, "output_ratio", call["output_ratio"])


def check_count(call: Call, name: str, value: object) -> None:
    """A list has an item for every spatial axis (S310)."""
    if isinstance(value, tuple) and len(value) != call.op.spatial:
        call.reject(
            "S310",
            f"`{name}` of `{call.label}` has {len(value)} items, but there are {call.op.spatial} spatial axes",
            arg=name,
            notes=(),
        )


class FractionalMaxPool2d(_FractionalModule, Module):
    """The largest value of windows at random places, as many as an output size asks for (Graham 2014)."""

    spatial = 2
    formula = _fractional_formula(2)
    example = ("[N, C, 32, 32]", "{op: FractionalMaxPool2d, kernel_size: 2, output_ratio: 0.75}")


class FractionalMaxPool3d(_FractionalModule, Module):
    """The largest value of windows at random places of a volume, as many as an output size asks for (Graham 2014)."""

    spatial = 3
    formula = _fractional_formula(3)
    example = ("[N, C, 16, 32, 32]", "{op: FractionalMaxPool3d, kernel_size: 2, output_ratio: 0.75}")


class fractional_max_pool2d(_FractionalFunction, Functional):
    """The largest value of windows at random places: the function of `FractionalMaxPool2d`."""

    spatial = 2
    formula = _fractional_formula(2)
    example = ("[N, C, 32, 32]", "{op: fractional_max_pool2d, kernel_size: 2, output_size: 24}")


class fractional_max_pool3d(_FractionalFunction, Functional):
    """The largest value of windows at random places: the function of `FractionalMaxPool3d`."""

    spatial = 3
    single_ratio = True
    formula = _fractional_formula(3)
    example = ("[N, C, 16, 32, 32]", "{op: fractional_max_pool3d, kernel_size: 2, output_size: [12, 24, 24]}")


def _unpool_formula(spatial: int) -> str:
    at = places(spatial)
    return (
        f"y[n, c, indices[n, c, {at}]] = x[n, c, {at}], 0 elsewhere; indices count through the spatial axes\n"
        f"{per_axis(spatial, '({} − 1)·stride + kernel_size − 2·padding')}, or output_size"
    )


class _Unpool(Pool, abstract=True):
    inputs = ("input", "indices")
    keeps = Saved(("indices",))
    kernel_size = Sizes("size of the window of the pooling", min=1)
    stride = Sizes("step of its window; null: the kernel's size", None, min=1)
    padding = Sizes("its padding", 0)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call)
        indices = call.input("indices")
        call.require_dtype(("int64",), "indices of int64, the second output of a pooling", "indices")
        if indices.rank != call.x.rank:
            call.reject(
                "S302", f"`{call.label}` ({cls.name}) has a {call.x.rank}-d input and {indices.rank}-d `indices`"
            )
        for a, b in zip(call.x.shape, indices.shape, strict=True):
            call.require_equal(a, b, f"the input of `{call.label}` is {call.x}, but its `indices` are {indices}")
        require_filled(call, call.x.rank - cls.spatial - 1)
        kernels = per_axis_dims(call, "kernel_size")
        strides = kernels if call["stride"] is None else per_axis_dims(call, "stride")
        paddings = per_axis_dims(call, "padding")
        default = [
            (call.x.shape[axis - cls.spatial] - 1) * strides[axis] + kernels[axis] - 2 * paddings[axis]
            for axis in range(cls.spatial)
        ]
        sizes = cls.chosen(call, default, strides)
        for size in sizes:
            call.require_at_least(
                size, 0, f"`padding` of `{call.label}` leaves an output of size {size}", arg="padding"
            )
        return call.x.with_shape((*call.x.shape[: -cls.spatial], *sizes))

    @classmethod
    def chosen(cls, call: Call, default: list[Dim], strides: tuple[Dim, ...]) -> list[Dim]:
        """The sizes that `output_size` chooses among those a pooling takes to the same windows."""
        wanted = call["output_size"]
        if wanted is None:
            return default
        if len(wanted) not in (cls.spatial, cls.spatial + 2):
            call.reject(
                "S310",
                f"`output_size` of `{call.label}` has {len(wanted)} items, but there are {cls.spatial} spatial axes",
                arg="output_size",
                notes=(),
            )
        sizes = [call.dim("output_size", axis) for axis in range(len(wanted))][-cls.spatial :]
        for size, usual, stride in zip(sizes, default, strides, strict=True):
            message = (
                f"`output_size` of `{call.label}` asks for {size}, but must be between {usual - stride + 1} and "
                f"{usual + stride - 1}"
            )
            call.require_at_least(size, usual - stride + 1, message, arg="output_size")
            call.require_at_least(usual + stride - 1, size, message, arg="output_size")
        return sizes

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        n = cls.spatial
        low = 0 if rng.random() < 0.04 else 1
        args: dict[str, object] = {"kernel_size": sample_sizes(rng, n, low, 4)}
        optional: dict[str, object] = {
            "stride": None if rng.random() < 0.1 else sample_sizes(rng, n, low, 4),
            "padding": sample_sizes(rng, n, 0, 1),
        }
        args |= sample_optional(rng, optional, cls.args)
        shape = sample_shape(rng, n, rng.randint(1, 3), high=5)
        if rng.random() < 0.4:
            args["output_size"] = _near(rng, args, shape[-n:], n)
        other = shape if rng.random() < 0.9 else (*shape[:-1], shape[-1] + 1)
        dtype = "int64" if rng.random() < 0.95 else "int32"
        return Sample(args, ((shape, sample_dtype(rng)), (other, dtype)), high=1)


def _near(rng: random.Random, args: dict[str, object], sizes: tuple[int, ...], spatial: int) -> list[int]:
    """An output size near the usual one."""

    def of(name: str, axis: int, default: int) -> int:
        value = args.get(name)
        value = value[min(axis, len(value) - 1)] if isinstance(value, list) else value
        return value if isinstance(value, int) else default

    usual = [
        (size - 1) * of("stride", k, of("kernel_size", k, 1)) + of("kernel_size", k, 1) - 2 * of("padding", k, 0)
        for k, size in enumerate(sizes[:spatial])
    ]
    near = [size + rng.randint(-1, 1) for size in usual]
    lead = [1, 1] if rng.random() < 0.2 else []
    return [*lead, *near, *([3] if rng.random() < 0.05 else [])]


_SIZE = "the size before the pooling, where several were pooled to the same; with batch and channels or without"


class _UnpoolModule(_Unpool, abstract=True):
    output_size = SizeList(_SIZE, None, forward=True)


class _UnpoolFunction(_Unpool, abstract=True):
    output_size = SizeList(_SIZE, None)


class MaxUnpool1d(_UnpoolModule, Module):
    """Puts the values that a `MaxPool1d` with `return_indices` took back in their places, among zeros."""

    spatial = 1
    formula = _unpool_formula(1)
    example = ("[N, C, L], [N, C, L] int64", "{op: MaxUnpool1d, kernel_size: 2}")


class MaxUnpool2d(_UnpoolModule, Module):
    """Puts the values that a `MaxPool2d` with `return_indices` took back in their places, among zeros."""

    spatial = 2
    formula = _unpool_formula(2)
    example = ("[N, C, H, W], [N, C, H, W] int64", "{op: MaxUnpool2d, kernel_size: 2}")


class MaxUnpool3d(_UnpoolModule, Module):
    """Puts the values that a `MaxPool3d` with `return_indices` took back in their places, among zeros."""

    spatial = 3
    formula = _unpool_formula(3)
    example = ("[N, C, D, H, W], [N, C, D, H, W] int64", "{op: MaxUnpool3d, kernel_size: 2}")


class max_unpool1d(_UnpoolFunction, Functional):
    """Puts pooled values back in their places: the function of `MaxUnpool1d`."""

    spatial = 1
    formula = _unpool_formula(1)
    example = ("[N, C, L], [N, C, L] int64", "{op: max_unpool1d, kernel_size: 2}")


class max_unpool2d(_UnpoolFunction, Functional):
    """Puts pooled values back in their places: the function of `MaxUnpool2d`."""

    spatial = 2
    formula = _unpool_formula(2)
    example = ("[N, C, H, W], [N, C, H, W] int64", "{op: max_unpool2d, kernel_size: 2}")


class max_unpool3d(_UnpoolFunction, Functional):
    """Puts pooled values back in their places: the function of `MaxUnpool3d`."""

    spatial = 3
    formula = _unpool_formula(3)
    example = ("[N, C, D, H, W], [N, C, D, H, W] int64", "{op: max_unpool3d, kernel_size: 2}")
