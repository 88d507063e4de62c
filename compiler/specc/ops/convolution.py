"""Convolutions: the modules, which own their weights, and the functions, which are given them."""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, NamedTuple

from specc.ops.arguments import INFERRED, Bool, Choice, Int, Sizes, SizesOr
from specc.ops.borders import bordered, kept
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import (
    Functional,
    divisors,
    layout,
    per_axis,
    per_axis_dims,
    places,
    reach,
    require_filled,
    sample_dtype,
    sample_optional,
    sample_shape,
    sample_sizes,
    sibling,
    windows,
)
from specc.shapes.dim import Dim
from specc.shapes.dtype import COMPLEX, FLOATING, bytes_of, is_complex, is_integral
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def _formula(spatial: int) -> str:
    at = places(spatial)
    return (
        f"y[n, k, {at}] = b[k] + Σ_c Σ_t w[k, c, t] · x[n, c, stride·({at}) + dilation·t − padding], "
        "c over the channels of k's group, 0 ≤ t < kernel_size\n"
        f"{per_axis(spatial, '⌊({} + 2·padding − dilation·(kernel_size − 1) − 1) / stride⌋ + 1')}"
    )


class Geometry(NamedTuple):
    """What a convolution does along each axis."""

    kernel: tuple[Dim, ...]
    stride: tuple[Dim, ...]
    dilation: tuple[Dim, ...]


class Convolution(Op, abstract=True):
    """What convolutions share, transposed ones too; `spatial` is the number of spatial axes."""

    family = Family.CONVOLUTION

    @classmethod
    def rank_help(cls, rank: int) -> str | None:
        return sibling(cls.name, cls.spatial, rank)

    @classmethod
    def begin(cls, call: Call) -> None:
        """The rank and dtype of the input, and that there is something in it."""
        rank = call.require_rank(cls.spatial + 2, cls.spatial + 1, layout=layout(cls.spatial))
        call.require_weights()
        require_filled(call, rank - cls.spatial - 1)

    @classmethod
    def channels(cls, call: Call) -> Dim:
        return call.x.shape[-cls.spatial - 1]

    @classmethod
    def with_sizes(cls, call: Call, channels: Dim, sizes: list[Dim]) -> TensorType:
        return call.x.with_shape((*call.x.shape[: -cls.spatial - 1], channels, *sizes))


def check_groups(call: Call, channels: int, out: int) -> None:
    """`groups` divides the channels of the input and those of the output (S308)."""
    groups = call["groups"]
    for count, what in ((channels, "input"), (out, "output")):
        if count % groups:
            common = divisors(gcd(channels, out))
            call.report(
                "S308",
                f"`groups: {groups}` of `{call.label}` does not divide its {count} {what} channels",
                arg="groups",
                help=f"it must divide both channel counts: {', '.join(map(str, common))}" if common else None,
            )


def slid(call: Call, geometry: Geometry) -> list[Dim]:
    """The sizes of the output: how often the kernel fits into the input with its padding (S306)."""
    spatial = call.op.spatial
    if call["padding"] == "same" and any(s != 1 for s in call.sizes("stride")):
        call.reject("S310", f"`padding: same` of `{call.label}` needs `stride: 1`", arg="padding", notes=())
    padded = mode_padded(call)
    out = []
    for axis in range(spatial):
        size = call.x.shape[axis - spatial]
        kernel, stride, dilation = geometry.kernel[axis], geometry.stride[axis], geometry.dilation[axis]
        if call["padding"] == "same":
            out.append(size)
            continue
        zeros = Dim.of(0)
        if padded is not None:
            size = padded.shape[axis - spatial]
        elif call["padding"] != "valid":
            zeros = per_axis_dims(call, "padding")[axis]
        span = reach(kernel, dilation)
        call.require_at_least(
            size + 2 * zeros,
            span,
            f"the kernel of `{call.label}` spans {span}, but its padded input has only {size + 2 * zeros}",
            arg="kernel_size" if "kernel_size" in call.op.args else None,
            help="use a smaller kernel, pad the input, or let fewer layers shrink it",
        )
        out.append(windows(size, kernel, stride, zeros, dilation))
    return out


def mode_padded(call: Call) -> TensorType | None:
    """The input with the border that a `padding_mode` other than zeros fills; None with zeros."""
    if "padding_mode" not in call.op.args or call["padding_mode"] == "zeros":
        return None
    sides: list[int] = []
    for axis in reversed(range(call.op.spatial)):
        total = call.sizes("dilation")[axis] * (call.sizes("kernel_size")[axis] - 1)
        pad = call["padding"]
        left = total // 2 if pad == "same" else 0 if pad == "valid" else call.sizes("padding")[axis]
        sides += [left, total - left] if pad == "same" else [left, left]
    return bordered(call, sides, call["padding_mode"], "padding")


def uneven(call: Call, kernel: tuple[Dim, ...]) -> list[Dim] | None:
    """With `padding: same`, the sizes of the copy torch makes where the two borders differ; None without a copy."""
    if call["padding"] != "same":
        return None
    totals = [d * (k - 1) for d, k in zip(per_axis_dims(call, "dilation"), kernel, strict=True)]
    if all(total % 2 == 0 for total in totals):
        return None
    return [size + total % 2 for size, total in zip(call.x.shape[-len(totals) :], totals, strict=True)]


class _Conv(Convolution, Module, abstract=True):
    positional = 2
    in_channels = Int("channels of the input", INFERRED, min=0)
    out_channels = Int("channels of the output: the number of filters", min=1)
    kernel_size = Sizes("size of the kernel", min=1)
    stride = Sizes("step of the kernel", 1, min=1)
    padding = SizesOr("zeros (or what `padding_mode` says) added at both ends", ("same", "valid"), 0)
    dilation = Sizes("distance between the kernel's taps", 1, min=1)
    groups = Int("blocks of channels convolved apart", 1, min=1)
    bias = Bool("whether a bias is learned", True)
    padding_mode = Choice("what the border is filled with", ("zeros", "reflect", "replicate", "circular"), "zeros")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.begin(call)
        channels = call.inferred("in_channels", cls.channels(call), axis="channels")
        check_groups(call, channels, call["out_channels"])
        return cls.with_sizes(call, call.dim("out_channels"), slid(call, cls.geometry(call)))

    @classmethod
    def geometry(cls, call: Call) -> Geometry:
        return Geometry(*(per_axis_dims(call, name) for name in ("kernel_size", "stride", "dilation")))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        weight = (call["out_channels"], call["in_channels"] // call["groups"], *call.sizes("kernel_size"))
        owned = {"weight": Owned(weight)}
        if call["bias"]:
            owned["bias"] = Owned((call["out_channels"],))
        return owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        per_output = call["in_channels"] // call["groups"] * prod(call.sizes("kernel_size"))
        return call.output[0].numel * int(per_output)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The input, or the copy of it that has been padded."""
        lead, size = call.x.shape[: -cls.spatial], bytes_of(call.x.dtype)
        padded = mode_padded(call)
        if padded is not None:
            return Saved(kept(call["padding_mode"]).inputs, (), padded.numel * size)
        sizes = uneven(call, cls.geometry(call).kernel)
        return Saved(("input",)) if sizes is None else Saved((), (), TensorType((*lead, *sizes)).numel * size)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.choice([1, 1, 1, 2, 3])
        channels = groups * rng.randint(1, 3) + (rng.random() < 0.05)
        n = cls.spatial
        args: dict[str, object] = {
            "out_channels": groups * rng.randint(1, 3) + (rng.random() < 0.05),
            "kernel_size": sample_sizes(rng, n, 1, 4),
        }
        mode = rng.choice(["zeros", "reflect", "replicate", "circular"])
        optional: dict[str, object] = {
            "in_channels": channels if rng.random() < 0.8 else channels + 1,
            "stride": sample_sizes(rng, n, 1, 3),
            "padding": rng.choice([sample_sizes(rng, n, 0, 2), "same", "valid"]),
            "dilation": sample_sizes(rng, n, 1, 2),
            "groups": groups,
            "bias": rng.random() < 0.5,
            "padding_mode": mode,
        }
        args |= sample_optional(rng, optional, cls.args)
        if groups > 1:
            args["groups"] = groups
        return Sample(args, ((sample_shape(rng, n, channels), sample_dtype(rng, 0.95)),))


def products(call: Call, of: TensorType) -> Dim:
    """A product with a filter for each element; a complex one is three real ones, as in torch's counter."""
    real = 3 if is_complex(call.x.dtype) else 1
    return of.numel * TensorType(call.input("weight").shape[1:]).numel * real


def sums(*factors: TensorType) -> Dim:
    """The bytes of the sums of real and imaginary parts, which save a complex product its fourth real one."""
    return sum((t.numel * (bytes_of(t.dtype) // 2) for t in factors if is_complex(t.dtype)), Dim.of(0))


class ConvFunction(Convolution, Functional, abstract=True):
    """A convolution whose weight, and bias, are inputs."""

    inputs = ("input", "weight", "bias?")
    positional = 0

    @classmethod
    def begin(cls, call: Call) -> None:
        call.require_rank(cls.spatial + 2, cls.spatial + 1, layout=layout(cls.spatial))
        call.require_rank(cls.spatial + 2, port="weight")
        weight = call.input("weight")
        for port in ("weight", "bias"):
            if call.has(port) and call.input(port).dtype != call.x.dtype:
                call.reject(
                    "S307",
                    f"`{call.label}` ({cls.name}) has a {call.x.dtype} input, but its `{port}` is "
                    f"{call.input(port).dtype}",
                )
        cls.check_dtype(call)
        require_filled(call, call.x.rank - cls.spatial - 1)
        for axis, dim in enumerate(weight.shape):
            call.require_at_least(
                dim,
                1,
                f"`{call.label}` ({cls.name}) needs a filled input, but axis {axis} of its weight has size {dim}",
            )

    @classmethod
    def check_dtype(cls, call: Call) -> None:
        """Dilated kernels are written for floating-point numbers and int64 only."""
        allowed: tuple[str, ...] = (*FLOATING, *COMPLEX, "int64")
        if is_integral(call.x.dtype) and set(call.sizes("dilation")) == {1} and not cls.dense():
            allowed = (*allowed, "int32", "int16", "int8", "uint8")
        call.require_dtype(allowed, "a floating-point, complex or int64 input")

    @classmethod
    def dense(cls) -> bool:
        return False

    @classmethod
    def check_bias(cls, call: Call, channels: Dim) -> None:
        if not call.has("bias"):
            return
        bias = call.input("bias")
        call.require_rank(1, port="bias")
        call.require_equal(
            bias.shape[0],
            channels,
            f"`bias` of `{call.label}` ({cls.name}) has {bias.shape[0]} values for {channels} output channels",
        )

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input", "weight"), (), sums(call.x, call.input("weight")))

    @classmethod
    def sample_rest(
        cls, rng: random.Random, args: dict[str, object], channels: int, weight: tuple[int, ...], out: int, high: int
    ) -> Sample:
        """The sample whose weight and bias have been chosen."""
        dtype = sample_dtype(rng, 0.8)
        shape = sample_shape(rng, cls.spatial, channels, high=high)
        bias = None
        if rng.random() < 0.5:
            bias = ((out if rng.random() < 0.95 else out + 1,), dtype)
        return Sample(args, ((shape, dtype), (weight, dtype if rng.random() < 0.97 else "float64"), bias))


class _ConvFunction(ConvFunction, abstract=True):
    stride = Sizes("step of the kernel", 1, min=1)
    padding = SizesOr("zeros added at both ends", ("same", "valid"), 0)
    dilation = Sizes("distance between the kernel's taps", 1, min=1)
    groups = Int("blocks of channels convolved apart", 1, min=1)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.begin(call)
        weight, groups, channels = call.input("weight"), call["groups"], cls.channels(call)
        call.require_equal(
            channels,
            weight.shape[1] * groups,
            f"`{call.label}` ({cls.name}) has {channels} input channels, but its weight is made for "
            f"{weight.shape[1] * groups}",
            help=f"the weight of {groups} groups is [out, in / {groups}, …]" if groups > 1 else None,
        )
        call.require_equal(
            weight.shape[0] % groups,
            Dim.of(0),
            f"`groups: {groups}` of `{call.label}` does not divide its {weight.shape[0]} output channels",
            code="S308",
            arg="groups",
        )
        cls.check_bias(call, weight.shape[0])
        geometry = Geometry(weight.shape[2:], per_axis_dims(call, "stride"), per_axis_dims(call, "dilation"))
        return cls.with_sizes(call, weight.shape[0], slid(call, geometry))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return products(call, call.output[0])

    @classmethod
    def saved(cls, call: Call) -> Saved:
        sizes = uneven(call, call.input("weight").shape[2:])
        if sizes is None:
            return super().saved(call)
        padded = TensorType((*call.x.shape[: -cls.spatial], *sizes), call.x.dtype)
        return Saved(("weight",), (), padded.numel * bytes_of(call.x.dtype) + sums(padded, call.input("weight")))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.choice([1, 1, 1, 2, 3])
        inner, n = rng.randint(1, 3), cls.spatial
        optional: dict[str, object] = {
            "stride": sample_sizes(rng, n, 1, 3),
            "padding": rng.choice([sample_sizes(rng, n, 0, 2), "same", "valid"]),
            "dilation": sample_sizes(rng, n, 1, 2),
        }
        args = sample_optional(rng, optional, cls.args, 0.4)
        if groups > 1:
            args["groups"] = groups
        out = groups * rng.randint(1, 3) + (rng.random() < 0.04)
        weight = (out, inner, *(rng.randint(1, 3) for _ in range(n)))
        return cls.sample_rest(rng, args, groups * inner + (rng.random() < 0.04), weight, out, 9)


class Conv1d(_Conv):
    """1-d convolution over [N, C, L]: each filter is slid along the sequence, its products summed."""

    spatial = 1
    formula = _formula(1)
    example = ("[N, 16, L]", "{op: Conv1d, out_channels: 32, kernel_size: 3, padding: 1}")


class Conv2d(_Conv):
    """2-d convolution over [N, C, H, W]: each filter is slid over the image, its products summed."""

    spatial = 2
    formula = _formula(2)
    example = ("[N, 3, H, W]", "{op: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}")


class Conv3d(_Conv):
    """3-d convolution over [N, C, D, H, W]: each filter is slid through the volume, its products summed."""

    spatial = 3
    formula = _formula(3)
    example = ("[N, 3, D, H, W]", "{op: Conv3d, out_channels: 8, kernel_size: 3, padding: 1}")


class conv1d(_ConvFunction):
    """1-d convolution with a weight [out, in / groups, k] that is an input: the function of `Conv1d`."""

    spatial = 1
    formula = _formula(1)
    example = ("[N, 16, L], [32, 16, 3]", "{op: conv1d, padding: 1}")


class conv2d(_ConvFunction):
    """2-d convolution with a weight [out, in / groups, k, k] that is an input: the function of `Conv2d`."""

    spatial = 2
    formula = _formula(2)
    example = ("[N, 3, H, W], [64, 3, 3, 3]", "{op: conv2d, padding: 1}")


class conv3d(_ConvFunction):
    """3-d convolution with a weight [out, in / groups, k, k, k] that is an input: the function of `Conv3d`."""

    spatial = 3
    formula = _formula(3)
    example = ("[N, 3, D, H, W], [8, 3, 3, 3, 3]", "{op: conv3d, padding: 1}")
