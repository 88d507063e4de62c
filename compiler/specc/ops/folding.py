"""Sliding blocks of images as columns, and columns put together to images."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from specc.ops.arguments import SizeList, Sizes
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import (
    Functional,
    per_axis_dims,
    reach,
    require_filled,
    sample_dtype,
    sample_optional,
    sample_shape,
    sample_sizes,
    windows,
)
from specc.shapes.dim import Dim
from specc.shapes.dtype import COMPLEX, FLOATING
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_COUNT = "⌊(H + 2·padding − dilation·(kernel_size − 1) − 1) / stride⌋ + 1"

_ORDER = ("output_size", "kernel_size", "dilation", "padding", "stride")


class _Blocks(Op, abstract=True):
    """Blocks of `kernel_size`, `stride` apart, over an image of which `count` fit along each axis."""

    family = Family.VISION
    spatial = 2
    keeps = Saved()
    kernel_size = Sizes("size of a block", min=1)
    dilation = Sizes("distance between the block's pixels", 1, min=1)
    padding = Sizes("zeros added at both ends of the image", 0)
    stride = Sizes("step from block to block", 1, min=1)

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def check_dtype(cls, call: Call) -> None:
        call.require_dtype((*FLOATING, *COMPLEX, "bool"), "a floating-point, complex or bool input")

    @classmethod
    def counted(cls, call: Call, sizes: tuple[Dim, ...] | list[Dim]) -> list[Dim]:
        """How many blocks fit along each axis of an image of these sizes; at least one must (S306)."""
        kernels, dilations = per_axis_dims(call, "kernel_size"), per_axis_dims(call, "dilation")
        paddings, strides = per_axis_dims(call, "padding"), per_axis_dims(call, "stride")
        out = []
        for axis, size in enumerate(sizes):
            padded = size + 2 * paddings[axis]
            span = reach(kernels[axis], dilations[axis])
            call.require_at_least(
                padded,
                span,
                f"a block of `{call.label}` ({cls.name}) spans {span}, but its padded image has only {padded}",
                arg="kernel_size",
            )
            out.append(windows(size, kernels[axis], strides[axis], paddings[axis], dilations[axis]))
        return out

    @classmethod
    def sample_args(cls, rng: random.Random) -> dict[str, object]:
        args: dict[str, object] = {"kernel_size": sample_sizes(rng, 2, 0 if rng.random() < 0.04 else 1, 3)}
        optional: dict[str, object] = {
            "dilation": sample_sizes(rng, 2, 1, 2),
            "padding": sample_sizes(rng, 2, 0, 2),
            "stride": sample_sizes(rng, 2, 0 if rng.random() < 0.04 else 1, 3),
        }
        return args | sample_optional(rng, optional, cls.args)


class _Unfold(_Blocks, abstract=True):
    formula = (
        "y[n, c·k² + k·a + b, l] = x[n, c, stride·i + dilation·a − padding, stride·j + dilation·b − padding], "
        f"k = kernel_size, l = i·(blocks in a row) + j\nC_out = C·k², L_out = the product over H and W of {_COUNT}"
    )

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = call.require_rank(4, 3, layout="[N, C, H, W]")
        cls.check_dtype(call)
        require_filled(call, rank - 3)
        high, wide = cls.counted(call, call.x.shape[-2:])
        kernels = per_axis_dims(call, "kernel_size")
        return call.x.with_shape((*call.x.shape[:-3], call.x.shape[-3] * kernels[0] * kernels[1], high * wide))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample(cls.sample_args(rng), ((sample_shape(rng, 2, rng.randint(1, 3), high=6), sample_dtype(rng)),))


class _Fold(_Blocks, abstract=True):
    formula = (
        "y[n, c, u, v] = Σ x[n, c·k² + k·a + b, l] over all blocks l and places a, b in them that lie on u, v, "
        f"k = kernel_size\nC_out = C / k²; the input has as many blocks as fit: the product over H and W of {_COUNT}"
    )

    @classmethod
    def outer(cls, call: Call) -> list[Dim]:
        """The image's height and width."""
        raise NotImplementedError

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = call.require_rank(3, 2, layout="[N, C·k², L]")
        cls.check_dtype(call)
        sizes = cls.outer(call)
        for size in sizes:
            call.require_at_least(
                size, 1, f"`output_size` of `{call.label}` ({cls.name}) has {size}", arg="output_size"
            )
        require_filled(call, rank - 2)
        block = prod(call.sizes("kernel_size"))
        channels, length = call.x.shape[-2:]
        call.require_equal(
            channels % block,
            Dim.of(0),
            f"`{call.label}` ({cls.name}) needs columns of a multiple of {block}, the pixels of a block, "
            f"but its input has {channels}",
            code="S308",
            arg="kernel_size",
        )
        high, wide = cls.counted(call, sizes)
        call.require_equal(
            high * wide,
            length,
            f"`{call.label}` ({cls.name}) puts {high} × {wide} blocks into an image of {sizes[0]} × {sizes[1]}, "
            f"but its input has {length}",
            arg="output_size",
        )
        return call.x.with_shape((*call.x.shape[:-2], channels // block, *sizes))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args = cls.sample_args(rng)
        size = [rng.randint(0 if rng.random() < 0.03 else 1, 6) for _ in range(2)]
        args["output_size"] = size if rng.random() < 0.7 else size[0]
        height, width = size if isinstance(args["output_size"], list) else (size[0], size[0])

        def of(name: str, axis: int, default: int) -> int:
            value = args.get(name, default)
            value = value[min(axis, len(value) - 1)] if isinstance(value, list) else value
            return value if isinstance(value, int) else default

        blocks = 1
        for axis, extent in enumerate((height, width)):
            reach = of("dilation", axis, 1) * (of("kernel_size", axis, 1) - 1) + 1
            blocks *= (extent + 2 * of("padding", axis, 0) - reach) // max(of("stride", axis, 1), 1) + 1
        channels = of("kernel_size", 0, 1) * of("kernel_size", 1, 1) * rng.randint(1, 2) + (rng.random() < 0.05)
        lead = (rng.randint(0 if rng.random() < 0.1 else 1, 3),) if rng.random() < 0.8 else ()
        shape = (*lead, channels, max(blocks, 0) + (rng.random() < 0.05))
        return Sample(args, ((shape, sample_dtype(rng)),))


class Unfold(_Unfold, Module):
    """The sliding blocks of an image as columns: [N, C, H, W] becomes [N, C·k², L] with L blocks of k × k."""

    example = ("[N, 3, H, W]", "{op: Unfold, kernel_size: 3, padding: 1}")


class unfold(_Unfold, Functional):
    """The sliding blocks of an image as columns: the function of `Unfold`."""

    example = ("[N, 3, H, W]", "{op: unfold, kernel_size: 3, padding: 1}")


class Fold(_Fold, Module):
    """Columns put together to an image, the sum where blocks overlap: [N, C·k², L] becomes [N, C, H, W]."""

    order = _ORDER
    output_size = Sizes("height and width of the image", min=1)
    example = ("[N, 27, 1024]", "{op: Fold, output_size: [32, 32], kernel_size: 3, padding: 1}")

    @classmethod
    def outer(cls, call: Call) -> list[Dim]:
        return [call.dim("output_size", axis) for axis in range(2)]


class fold(_Fold, Functional):
    """Columns put together to an image: the function of `Fold`."""

    positional = 2
    order = _ORDER
    output_size = SizeList("height and width of the image", scalar=True)
    example = ("[N, 27, 1024]", "{op: fold, output_size: [32, 32], kernel_size: 3, padding: 1}")

    @classmethod
    def outer(cls, call: Call) -> list[Dim]:
        size = call["output_size"]
        if isinstance(size, tuple) and len(size) != 2:
            call.reject(
                "S310", f"`output_size` of `{call.label}` must be a size or two, not {len(size)}", arg="output_size",
                notes=(),
            )  # fmt: skip
        return [call.dim("output_size", axis) for axis in range(2)]
