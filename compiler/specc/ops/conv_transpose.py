"""Transposed convolutions: the gradients of convolutions, which enlarge their input."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from specc.ops.arguments import INFERRED, Bool, Choice, Int, SizeList, Sizes
from specc.ops.call import Call
from specc.ops.convolution import ConvFunction, Convolution, check_groups, products
from specc.ops.declare import Module, Owned, Sample, Saved
from specc.ops.spatial import (
    per_axis,
    per_axis_dims,
    places,
    reach,
    sample_dtype,
    sample_optional,
    sample_shape,
    sample_sizes,
)
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def _formula(spatial: int) -> str:
    at = places(spatial)
    size = "({} − 1)·stride − 2·padding + dilation·(kernel_size − 1) + output_padding + 1"
    return (
        f"y[n, k, {at}] = b[k] + Σ w[c, k, t] · x[n, c, s] over all c, s, t with stride·s + dilation·t − padding = "
        f"({at})\n{per_axis(spatial, size)}"
    )


def grown(call: Call, kernel: tuple[Dim, ...]) -> list[Dim]:
    """The sizes of the output; at least one element must be left in each (S306)."""
    stride, dilation = per_axis_dims(call, "stride"), per_axis_dims(call, "dilation")
    padding, extra = per_axis_dims(call, "padding"), per_axis_dims(call, "output_padding")
    spatial = call.op.spatial
    wanted = call["output_size"] if "output_size" in call.op.args else None
    usual = [
        (call.x.shape[axis - spatial] - 1) * stride[axis] - 2 * padding[axis] + reach(kernel[axis], dilation[axis])
        for axis in range(spatial)
    ]
    if wanted is not None:
        return _chosen(call, usual, stride)
    out = []
    for axis, size in enumerate(usual):
        most = max(stride[axis].value, dilation[axis].value)
        if extra[axis].value >= most:
            call.report(
                "S310",
                f"`output_padding: {extra[axis]}` of `{call.label}` must be smaller than its stride "
                f"({stride[axis]}) or its dilation ({dilation[axis]})",
                arg="output_padding",
                notes=(),
                help="it chooses among the sizes that a stride leaves open: write a larger `stride`, or remove it",
            )
        out.append(size + extra[axis])
    return _filled(call, out, "padding")


def _filled(call: Call, sizes: list[Dim], arg: str) -> list[Dim]:
    for axis, size in enumerate(sizes):
        padding = call.sizes("padding")[axis]
        call.require_at_least(
            size, 1, f"`padding: {padding}` of `{call.label}` leaves an output of size {size}", arg=arg
        )
    return sizes


def _chosen(call: Call, usual: list[Dim], stride: tuple[Dim, ...]) -> list[Dim]:
    """The sizes that `output_size` asks for: each within one stride above the usual one."""
    wanted, spatial = call["output_size"], call.op.spatial
    lead = call.x.rank - spatial
    if len(wanted) not in (spatial, spatial + lead):
        call.reject(
            "S310",
            f"`output_size` of `{call.label}` has {len(wanted)} items, but there are {spatial} spatial axes",
            arg="output_size",
            notes=(),
        )
    sizes = [call.dim("output_size", axis) for axis in range(len(wanted))][-spatial:]
    for size, least, step in zip(sizes, usual, stride, strict=True):
        message = f"`output_size` of `{call.label}` asks for {size}, but must be between {least} and {least + step - 1}"
        call.require_at_least(size, least, message, arg="output_size")
        call.require_at_least(least + step - 1, size, message, arg="output_size")
    return _filled(call, sizes, "output_size")


class _ConvTranspose(Convolution, Module, abstract=True):
    positional = 2
    keeps = Saved(("input",))
    in_channels = Int("channels of the input", INFERRED, min=0)
    out_channels = Int("channels of the output", min=1)
    kernel_size = Sizes("size of the kernel", min=1)
    stride = Sizes("how far the kernel's images lie apart", 1, min=1)
    padding = Sizes("what is cut from both ends of the output", 0)
    output_padding = Sizes("what is added to one end of the output: it chooses among the sizes that match", 0)
    groups = Int("blocks of channels convolved apart", 1, min=1)
    bias = Bool("whether a bias is learned", True)
    dilation = Sizes("distance between the kernel's taps", 1, min=1)
    padding_mode = Choice("only zeros are supported", ("zeros",), "zeros")
    output_size = SizeList("the output's size, instead of `output_padding`; with batch and channels or without", None,
                           forward=True)  # fmt: skip

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.begin(call)
        channels = call.inferred("in_channels", cls.channels(call), axis="channels")
        check_groups(call, channels, call["out_channels"])
        return cls.with_sizes(call, call.dim("out_channels"), grown(call, per_axis_dims(call, "kernel_size")))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        weight = (call["in_channels"], call["out_channels"] // call["groups"], *call.sizes("kernel_size"))
        owned = {"weight": Owned(weight)}
        if call["bias"]:
            owned["bias"] = Owned((call["out_channels"],))
        return owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        per_input = call["out_channels"] // call["groups"] * prod(call.sizes("kernel_size"))
        return call.x.numel * int(per_input)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.choice([1, 1, 1, 2, 3])
        channels = groups * rng.randint(1, 3) + (rng.random() < 0.05)
        n = cls.spatial
        args: dict[str, object] = {
            "out_channels": groups * rng.randint(1, 3) + (rng.random() < 0.05),
            "kernel_size": sample_sizes(rng, n, 0 if rng.random() < 0.05 else 1, 4),
        }
        optional: dict[str, object] = {
            "in_channels": channels if rng.random() < 0.8 else channels + 1,
            **sampled(rng, n),
            "bias": rng.random() < 0.5,
            "padding_mode": "zeros" if rng.random() < 0.9 else "reflect",
        }
        args |= sample_optional(rng, optional, cls.args, 0.4)
        if groups > 1:
            args["groups"] = groups
        shape = sample_shape(rng, n, channels, high=4)
        if rng.random() < 0.2:
            args["output_size"] = _near(rng, args, shape, n)
        return Sample(args, ((shape, sample_dtype(rng, 0.95)),))


def sampled(rng: random.Random, n: int) -> dict[str, object]:
    """The arguments that decide the output's size."""
    return {
        "stride": sample_sizes(rng, n, 1, 3),
        "padding": sample_sizes(rng, n, 0, 2) if rng.random() < 0.5 else 0,
        "output_padding": sample_sizes(rng, n, 0, 1 if rng.random() < 0.8 else 2),
        "dilation": sample_sizes(rng, n, 1, 2),
    }


def _near(rng: random.Random, args: dict[str, object], shape: tuple[int, ...], spatial: int) -> list[int]:
    """An output size near those that match."""

    def of(name: str, axis: int, default: int) -> int:
        value = args.get(name, default)
        value = value[min(axis, len(value) - 1)] if isinstance(value, list) else value
        return value if isinstance(value, int) else default

    usual = [
        (size - 1) * of("stride", k, 1) - 2 * of("padding", k, 0) + of("dilation", k, 1) * (of("kernel_size", k, 1) - 1)
        for k, size in enumerate(shape[-spatial:])
    ]
    near = [size + 1 + rng.randint(0, 1 + (rng.random() < 0.1)) for size in usual]
    return [*([1] * (len(shape) - spatial) if rng.random() < 0.2 else []), *near, *([3] if rng.random() < 0.05 else [])]


class _ConvTransposeFunction(ConvFunction, abstract=True):
    stride = Sizes("how far the kernel's images lie apart", 1, min=1)
    padding = Sizes("what is cut from both ends of the output", 0)
    output_padding = Sizes("what is added to one end of the output: it chooses among the sizes that match", 0)
    groups = Int("blocks of channels convolved apart", 1, min=1)
    dilation = Sizes("distance between the kernel's taps", 1, min=1)

    @classmethod
    def dense(cls) -> bool:
        return True

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.begin(call)
        weight, groups, channels = call.input("weight"), call["groups"], cls.channels(call)
        call.require_equal(
            channels,
            weight.shape[0],
            f"`{call.label}` ({cls.name}) has {channels} input channels, but its weight is made for {weight.shape[0]}",
        )
        call.require_equal(
            channels % groups,
            Dim.of(0),
            f"`groups: {groups}` of `{call.label}` does not divide its {channels} input channels",
            code="S308",
            arg="groups",
        )
        out = weight.shape[1] * groups
        cls.check_bias(call, out)
        return cls.with_sizes(call, out, grown(call, weight.shape[2:]))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return products(call, call.x)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.choice([1, 1, 1, 2, 3])
        n = cls.spatial
        args = sample_optional(rng, sampled(rng, n), cls.args, 0.4)
        if groups > 1:
            args["groups"] = groups
        channels, out = groups * rng.randint(1, 3) + (rng.random() < 0.04), rng.randint(1, 3)
        weight = (channels, out, *(rng.randint(1, 3) for _ in range(n)))
        return cls.sample_rest(rng, args, channels + (rng.random() < 0.04), weight, out * groups, 4)


class ConvTranspose1d(_ConvTranspose):
    """1-d transposed convolution, the gradient of `Conv1d`: with a stride it enlarges the sequence."""

    spatial = 1
    formula = _formula(1)
    example = ("[N, 16, L]", "{op: ConvTranspose1d, out_channels: 8, kernel_size: 2, stride: 2}")


class ConvTranspose2d(_ConvTranspose):
    """2-d transposed convolution, the gradient of `Conv2d`: with a stride it enlarges the image."""

    spatial = 2
    formula = _formula(2)
    example = ("[N, 64, H, W]", "{op: ConvTranspose2d, out_channels: 32, kernel_size: 2, stride: 2}")


class ConvTranspose3d(_ConvTranspose):
    """3-d transposed convolution, the gradient of `Conv3d`: with a stride it enlarges the volume."""

    spatial = 3
    formula = _formula(3)
    example = ("[N, 8, D, H, W]", "{op: ConvTranspose3d, out_channels: 4, kernel_size: 2, stride: 2}")


class conv_transpose1d(_ConvTransposeFunction):
    """1-d transposed convolution with a weight [in, out / groups, k] that is an input."""

    spatial = 1
    formula = _formula(1)
    example = ("[N, 16, L], [16, 8, 2]", "{op: conv_transpose1d, stride: 2}")


class conv_transpose2d(_ConvTransposeFunction):
    """2-d transposed convolution with a weight [in, out / groups, k, k] that is an input."""

    spatial = 2
    formula = _formula(2)
    example = ("[N, 64, H, W], [64, 32, 2, 2]", "{op: conv_transpose2d, stride: 2}")


class conv_transpose3d(_ConvTransposeFunction):
    """3-d transposed convolution with a weight [in, out / groups, k, k, k] that is an input."""

    spatial = 3
    formula = _formula(3)
    example = ("[N, 8, D, H, W], [8, 4, 2, 2, 2]", "{op: conv_transpose3d, stride: 2}")
