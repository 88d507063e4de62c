"""Pooling by windows: the largest value or the mean of every window of a given size."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Bool, Int, Sizes
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import (
    Functional,
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
from specc.shapes.dtype import FLOATING, SIGNED
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

INDEX_BYTES = 8  # of an int64 index


def pooled(size: Dim, kernel: Dim, stride: Dim, padding: Dim, dilation: Dim, ceil: bool) -> Dim:
    """How many windows torch takes along an axis.

    With `ceil` the last one may reach over the right border, but must start within the input or the left padding: the
    smaller of ⌈(size + 2·padding − reach) / stride⌉ + 1 and ⌈(size + padding) / stride⌉. The constants decide which, so
    that the size does not remember params behind them: other values might decide otherwise.
    """
    if not ceil:
        return windows(size, kernel, stride, padding, dilation)
    step, border = stride.value, padding.value
    return (size + (min(2 * border - reach(kernel, dilation).value + step, border) + step - 1)) // step


class Pool(Op, abstract=True):
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
        cls.check_dtype(call)

    @classmethod
    def check_dtype(cls, call: Call) -> None:
        call.require_dtype(cls.accepts, cls.wanted)


class Indexed(Pool, abstract=True):
    """A pooling that finds the places of the largest values, and gives them with `return_indices`."""

    outputs = ("output", "indices?")

    @classmethod
    def with_indices(cls, call: Call, output: TensorType) -> TensorType | tuple[TensorType, ...]:
        return (output, TensorType(output.shape, "int64")) if call["return_indices"] else output

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The input and the indices, which are an output or a tensor of their own."""
        if call["return_indices"]:
            return Saved(("input",), (1,))
        return Saved(("input",), (), call.output[0].numel * INDEX_BYTES)


class Window(Pool, abstract=True):
    """Pooling by windows of a given size."""

    unpadded = False  # whether the kernel must fit into the input without its padding

    @classmethod
    def must_fit(cls, call: Call) -> bool:
        return cls.unpadded

    @classmethod
    def pool(cls, call: Call) -> TensorType:
        cls.check(call)
        # torch lets only the batch be empty, and takes the first axis for it where there is one
        require_filled(call, call.x.rank - cls.spatial - 1)
        kernels = per_axis_dims(call, "kernel_size")
        strides = kernels if call["stride"] is None else per_axis_dims(call, "stride")
        none, one = (Dim.of(0),) * cls.spatial, (Dim.of(1),) * cls.spatial
        paddings = per_axis_dims(call, "padding") if "padding" in cls.args else none
        dilations = per_axis_dims(call, "dilation") if "dilation" in cls.args else one
        out = []
        for axis in range(cls.spatial):
            kernel, padding = kernels[axis].value, paddings[axis].value
            if 2 * padding > kernel:
                call.report(
                    "S310",
                    f"`padding: {padding}` of `{call.label}` is more than half of its kernel of {kernel}",
                    arg="padding",
                    notes=(),
                    help=f"torch pads a pooling by at most half of its kernel: write `padding: {kernel // 2}`",
                    edits=() if isinstance(call["padding"], tuple) else call.rewritten("padding", str(kernel // 2)),
                )
            size = call.x.shape[axis - cls.spatial]
            span, ceil = reach(kernels[axis], dilations[axis]), bool(call["ceil_mode"])
            count = pooled(size, kernels[axis], strides[axis], paddings[axis], dilations[axis], ceil)
            call.require_at_least(
                count,
                1,
                f"the window of `{call.label}` spans {span}, but its padded input has only {size + 2 * padding}",
                arg="kernel_size",
            )
            if cls.must_fit(call):
                call.require_at_least(
                    size,
                    kernel,
                    f"the kernel of `{call.label}` spans {kernel}, but its input has only {size}: "
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
            "return_indices": rng.random() < 0.8,
            "ceil_mode": rng.random() < 0.7,
            "count_include_pad": rng.random() < 0.5,
            "divisor_override": rng.choice([None, 1, 3, 5, -2, 0]),
        }
        args: dict[str, object] = {"kernel_size": sample_sizes(rng, n, low, 4)}
        args |= sample_optional(rng, optional, cls.args)
        shape = sample_shape(rng, n, rng.randint(0 if rng.random() < 0.05 else 1, 3))
        return Sample(args, ((shape, sample_dtype(rng)),))


_WINDOWS = "⌊({} + 2·padding − dilation·(kernel_size − 1) − 1) / stride⌋ + 1"
_CEILING = "with ceil_mode: rounded up, but no window starts behind the input"


def _max_formula(spatial: int) -> str:
    at = places(spatial)
    taken = f"y[n, c, {at}] = max over t of x[n, c, stride·({at}) + dilation·t − padding], 0 ≤ t < kernel_size"
    return "\n".join([taken, per_axis(spatial, _WINDOWS), _CEILING])


def _mean_formula(spatial: int) -> str:
    at = places(spatial)
    taken = f"y[n, c, {at}] = Σ_t x[n, c, stride·({at}) + t − padding] / kernel_size^{spatial}, 0 ≤ t < kernel_size"
    return "\n".join([taken, per_axis(spatial, "⌊({} + 2·padding − kernel_size) / stride⌋ + 1"), _CEILING])


class _MaxPool(Window, Indexed, abstract=True):
    accepts: ClassVar[tuple[str, ...]] = (*FLOATING, *SIGNED, "uint8")
    wanted = "numbers"
    kernel_size = Sizes("size of the window", min=1)
    stride = Sizes("step of the window; null: the kernel's size", None, min=1)
    padding = Sizes("what is added at both ends, never the largest", 0)
    dilation = Sizes("distance between the window's elements", 1, min=1)
    return_indices = Bool("whether the places of the largest values are a second output, for `MaxUnpool`", False)
    ceil_mode = Bool("whether a last window may reach over the border", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, ...]:
        return cls.with_indices(call, cls.pool(call))


class _MaxPool1d(_MaxPool, abstract=True):
    spatial = 1
    formula = _max_formula(1)

    @classmethod
    def check_dtype(cls, call: Call) -> None:
        """Without indices torch takes a kernel for floating-point inputs only."""
        if call["return_indices"]:
            super().check_dtype(call)
        else:
            call.require_floating()


class MaxPool1d(_MaxPool1d, Module):
    """The largest value of every window of a sequence."""

    example = ("[N, C, L]", "{op: MaxPool1d, kernel_size: 2}")


class MaxPool2d(_MaxPool, Module):
    """The largest value of every window of an image, channel by channel."""

    spatial = 2
    formula = _max_formula(2)
    example = ("[N, C, H, W]", "{op: MaxPool2d, kernel_size: 3, stride: 2, padding: 1}")


class MaxPool3d(_MaxPool, Module):
    """The largest value of every window of a volume, channel by channel."""

    spatial = 3
    formula = _max_formula(3)
    example = ("[N, C, D, H, W]", "{op: MaxPool3d, kernel_size: 2}")


class max_pool1d(_MaxPool1d, Functional):
    """The largest value of every window of a sequence: the function of `MaxPool1d`."""

    example = ("[N, C, L]", "{op: max_pool1d, kernel_size: 2}")


class max_pool2d(_MaxPool, Functional):
    """The largest value of every window of an image: the function of `MaxPool2d`."""

    spatial = 2
    formula = _max_formula(2)
    example = ("[N, C, H, W]", "{op: max_pool2d, kernel_size: 2}")


class max_pool3d(_MaxPool, Functional):
    """The largest value of every window of a volume: the function of `MaxPool3d`."""

    spatial = 3
    formula = _max_formula(3)
    example = ("[N, C, D, H, W]", "{op: max_pool3d, kernel_size: 2}")


class _AvgPool(Window, abstract=True):
    accepts: ClassVar[tuple[str, ...]] = (*FLOATING, "int64")
    wanted = "a floating-point or int64 input"
    keeps = Saved(("input",))
    kernel_size = Sizes("size of the window", min=1)
    stride = Sizes("step of the window; null: the kernel's size", None, min=1)
    padding = Sizes("zeros added at both ends", 0)
    ceil_mode = Bool("whether a last window may reach over the border", False)
    count_include_pad = Bool("whether the padding counts as elements of the mean", True)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return cls.pool(call)


class _AvgPoolDivided(_AvgPool, abstract=True):
    divisor_override = Int("what to divide by instead of the window's size; not 0", None)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["divisor_override"] == 0:
            call.report("S310", f"`divisor_override` of `{call.label}` must not be 0", arg="divisor_override", notes=())
        return super().infer(call)


class _AvgPool2d(_AvgPoolDivided, abstract=True):
    spatial = 2
    formula = _mean_formula(2)


class _AvgPool3d(_AvgPoolDivided, abstract=True):
    spatial = 3
    formula = _mean_formula(3)
    unpadded = True
    accepts = ("float64", "float32", "int64")
    wanted = "a float32, float64 or int64 input"


class AvgPool1d(_AvgPool, Module):
    """The mean of every window of a sequence."""

    spatial = 1
    formula = _mean_formula(1)
    example = ("[N, C, L]", "{op: AvgPool1d, kernel_size: 2}")


class AvgPool2d(_AvgPool2d, Module):
    """The mean of every window of an image, channel by channel."""

    example = ("[N, C, H, W]", "{op: AvgPool2d, kernel_size: 2}")


class AvgPool3d(_AvgPool3d, Module):
    """The mean of every window of a volume, channel by channel."""

    example = ("[N, C, D, H, W]", "{op: AvgPool3d, kernel_size: 2}")


class avg_pool1d(_AvgPool, Functional):
    """The mean of every window of a sequence: the function of `AvgPool1d`."""

    spatial = 1
    formula = _mean_formula(1)
    example = ("[N, C, L]", "{op: avg_pool1d, kernel_size: 2}")


class avg_pool2d(_AvgPool2d, Functional):
    """The mean of every window of an image: the function of `AvgPool2d`."""

    example = ("[N, C, H, W]", "{op: avg_pool2d, kernel_size: 2}")


class avg_pool3d(_AvgPool3d, Functional):
    """The mean of every window of a volume: the function of `AvgPool3d`."""

    example = ("[N, C, D, H, W]", "{op: avg_pool3d, kernel_size: 2}")
