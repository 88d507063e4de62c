"""Pooling: the largest or the mean of every window, or of as many windows as an output size asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Bool, Int, Sizes
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample
from specc.ops.spatial import layout, require_filled, sample_dtype, sample_shape, sample_sizes, sibling
from specc.ops.write import Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING, SIGNED
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def pooled(size: Dim, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> Dim:
    """How many windows torch takes along an axis.

    With `ceil` the last one may reach over the right border, but must start within the input or the left padding: the
    smaller of ⌈(size + 2·padding − reach) / stride⌉ + 1 and ⌈(size + padding) / stride⌉. The constants decide which.
    """
    reach = dilation * (kernel - 1) + 1
    if not ceil:
        return (size + (2 * padding - reach)) // stride + 1
    return (size + (min(2 * padding - reach + stride, padding) + stride - 1)) // stride


class _Pool(Op, abstract=True):
    """What every pooling shares; `spatial` is the number of spatial axes."""

    family = Family.POOLING
    accepts: ClassVar[tuple[str, ...]] = FLOATING
    wanted = "a floating-point input"

    @classmethod
    def rank_help(cls, rank: int) -> str | None:
        return sibling(cls.name, cls.spatial, rank)

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def check(cls, call: Call) -> None:
        call.require_rank(cls.spatial + 2, cls.spatial + 1, layout=layout(cls.spatial))
        call.require_dtype(cls.accepts, cls.wanted)


class _Window(_Pool, abstract=True):
    """Pooling by windows of a given size."""

    unpadded = False  # whether the kernel must fit into the input without its padding

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call)
        # torch lets only the batch be empty, and takes the first axis for it where there is one
        require_filled(call, call.x.rank - cls.spatial - 1)
        kernel, padding = call.sizes("kernel_size"), call.sizes("padding")
        stride = kernel if call["stride"] is None else call.sizes("stride")
        dilation = call.sizes("dilation") if "dilation" in cls.args else (1,) * cls.spatial
        out = []
        for axis in range(cls.spatial):
            if 2 * padding[axis] > kernel[axis]:
                call.report(
                    "S310",
                    f"`padding: {padding[axis]}` of `{call.label}` is more than half of its kernel of {kernel[axis]}",
                    arg="padding",
                    notes=(),
                    help=f"torch pads a pooling by at most half of its kernel: write `padding: {kernel[axis] // 2}`",
                )
            size = call.x.shape[axis - cls.spatial]
            reach = dilation[axis] * (kernel[axis] - 1) + 1
            count = pooled(size, kernel[axis], stride[axis], padding[axis], dilation[axis], call["ceil_mode"])
            call.require_at_least(
                count,
                1,
                f"the window of `{call.label}` spans {reach}, but its padded input has only {size + 2 * padding[axis]}",
                arg="kernel_size",
            )
            if cls.unpadded:
                call.require_at_least(
                    size,
                    kernel[axis],
                    f"the kernel of `{call.label}` spans {kernel[axis]}, but its input has only {size}: "
                    f"torch's {cls.name} does not count the padding here",
                    arg="kernel_size",
                )
            out.append(count)
        return call.x.with_shape((*call.x.shape[: -cls.spatial], *out))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        n = cls.spatial
        low = 0 if rng.random() < 0.04 else 1
        optional: dict[str, object] = {
            "stride": None if rng.random() < 0.1 else sample_sizes(rng, n, low, 4),
            "padding": sample_sizes(rng, n, 0, 1 if rng.random() < 0.8 else 2),
            "dilation": sample_sizes(rng, n, 1, 2),
            "ceil_mode": rng.random() < 0.7,
            "count_include_pad": rng.random() < 0.5,
            "divisor_override": rng.choice([None, 1, 3, 5, -2, 0]),
        }
        args: dict[str, object] = {"kernel_size": sample_sizes(rng, n, low, 4)}
        args |= {name: value for name, value in optional.items() if name in cls.args and rng.random() < 0.5}
        return Sample(
            args, ((sample_shape(rng, n, rng.randint(0 if rng.random() < 0.05 else 1, 3)), sample_dtype(rng)),)
        )


class _MaxPool(_Window, abstract=True):
    accepts: ClassVar[tuple[str, ...]] = (*FLOATING, *SIGNED, "uint8")
    wanted = "numbers"
    kernel_size = Sizes("size of the window", min=1)
    stride = Sizes("step of the window; null: the kernel's size", None, min=1)
    padding = Sizes("what is added at both ends, never the largest", 0)
    dilation = Sizes("distance between the window's elements", 1, min=1)
    ceil_mode = Bool("whether a last window may reach over the border", False)


class MaxPool1d(_MaxPool, Module):
    """The largest value of every window of a sequence."""

    spatial = 1
    accepts = FLOATING
    wanted = "a floating-point input"
    example = ("[N, C, L]", "{op: MaxPool1d, kernel_size: 2}")


class MaxPool2d(_MaxPool, Module):
    """The largest value of every window of an image, channel by channel."""

    spatial = 2
    example = ("[N, C, H, W]", "{op: MaxPool2d, kernel_size: 3, stride: 2, padding: 1}")


class MaxPool3d(_MaxPool, Module):
    """The largest value of every window of a volume, channel by channel."""

    spatial = 3
    example = ("[N, C, D, H, W]", "{op: MaxPool3d, kernel_size: 2}")


class max_pool2d(_MaxPool, Function):
    """The largest value of every window of an image: the function of `MaxPool2d`."""

    spatial = 2
    positional = 1
    python = Writer("F.max_pool2d")
    example = ("[N, C, H, W]", "{op: max_pool2d, kernel_size: 2}")


class _AvgPool(_Window, abstract=True):
    accepts: ClassVar[tuple[str, ...]] = (*FLOATING, "int64")
    kernel_size = Sizes("size of the window", min=1)
    stride = Sizes("step of the window; null: the kernel's size", None, min=1)
    padding = Sizes("zeros added at both ends", 0)
    ceil_mode = Bool("whether a last window may reach over the border", False)
    count_include_pad = Bool("whether the padding counts as elements of the mean", True)


class _AvgPoolDivided(_AvgPool, abstract=True):
    divisor_override = Int("what to divide by instead of the window's size; not 0", None)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["divisor_override"] == 0:
            call.report("S310", f"`divisor_override` of `{call.label}` must not be 0", arg="divisor_override", notes=())
        return super().infer(call)


class AvgPool1d(_AvgPool, Module):
    """The mean of every window of a sequence."""

    spatial = 1
    example = ("[N, C, L]", "{op: AvgPool1d, kernel_size: 2}")


class AvgPool2d(_AvgPoolDivided, Module):
    """The mean of every window of an image, channel by channel."""

    spatial = 2
    example = ("[N, C, H, W]", "{op: AvgPool2d, kernel_size: 2}")


class AvgPool3d(_AvgPoolDivided, Module):
    """The mean of every window of a volume, channel by channel."""

    spatial = 3
    unpadded = True
    accepts = ("float64", "float32", "int64")
    wanted = "a float32, float64 or int64 input"
    example = ("[N, C, D, H, W]", "{op: AvgPool3d, kernel_size: 2}")


class avg_pool2d(_AvgPoolDivided, Function):
    """The mean of every window of an image: the function of `AvgPool2d`."""

    spatial = 2
    positional = 1
    python = Writer("F.avg_pool2d")
    example = ("[N, C, H, W]", "{op: avg_pool2d, kernel_size: 2}")


class _Adaptive(_Pool, abstract=True):
    """Pooling by windows chosen so that the output has a given size."""

    positional = 1
    filled_channels = False  # whether every axis but the first must be filled, and not only the spatial ones

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call)
        require_filled(call, 1 if cls.filled_channels else call.x.rank - cls.spatial)
        wanted = call["output_size"]
        out = []
        for axis in range(cls.spatial):
            kept = isinstance(wanted, tuple) and wanted[axis] is None
            out.append(call.x.shape[axis - cls.spatial] if kept else call.dim("output_size", axis))
        return call.x.with_shape((*call.x.shape[: -cls.spatial], *out))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        dtype = sample_dtype(rng)
        if dtype.startswith("complex"):  # torch takes them at size 1 only, where it writes a mean
            dtype = "float32"
        empty = dtype == "float32" and rng.random() < 0.2
        size: object = sample_sizes(rng, cls.spatial, 0 if empty else 1, 4)
        if rng.random() < 0.04:
            size = -1
        if isinstance(size, list) and rng.random() < 0.3:
            size = [None if rng.random() < 0.5 else item for item in size]
        shape = sample_shape(rng, cls.spatial, rng.randint(1, 3))
        if len(shape) - cls.spatial not in (1, 2) or 0 in shape:  # likewise
            size, dtype = 2, "float32"
        return Sample({"output_size": size}, ((shape, dtype),))


class AdaptiveAvgPool1d(_Adaptive, Module):
    """The means of as many windows as `output_size` says, over a sequence of any length."""

    spatial = 1
    output_size = Sizes("size of the output")
    example = ("[N, C, L]", "{op: AdaptiveAvgPool1d, output_size: 1}")


class AdaptiveAvgPool2d(_Adaptive, Module):
    """The means of as many windows as `output_size` says, over an image of any size."""

    spatial = 2
    output_size = Sizes("size of the output; in a list, null keeps the input's", optional_items=True)
    example = ("[N, C, H, W]", "{op: AdaptiveAvgPool2d, output_size: 1}")


class AdaptiveAvgPool3d(_Adaptive, Module):
    """The means of as many windows as `output_size` says, over a volume of any size."""

    spatial = 3
    filled_channels = True
    output_size = Sizes("size of the output; in a list, null keeps the input's", optional_items=True)
    example = ("[N, C, D, H, W]", "{op: AdaptiveAvgPool3d, output_size: 1}")


class AdaptiveMaxPool2d(_Adaptive, Module):
    """The largest values of as many windows as `output_size` says, over an image of any size."""

    spatial = 2
    filled_channels = True
    output_size = Sizes("size of the output; in a list, null keeps the input's", optional_items=True)
    example = ("[N, C, H, W]", "{op: AdaptiveMaxPool2d, output_size: 1}")


class adaptive_avg_pool2d(_Adaptive, Function):
    """The means of as many windows as `output_size` says: the function of `AdaptiveAvgPool2d`."""

    spatial = 2
    python = Writer("F.adaptive_avg_pool2d")
    output_size = Sizes("size of the output; in a list, null keeps the input's", optional_items=True)
    example = ("[N, C, H, W]", "{op: adaptive_avg_pool2d, output_size: 1}")
