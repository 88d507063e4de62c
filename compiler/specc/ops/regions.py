"""Regions of interest of `torchvision.ops`: a grid of values for every box, pooled from the image that it lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import Bool, Float, Int, Sizes
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import sample_dtype, sample_sizes
from specc.ops.write import Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_DTYPES = ("float32", "float64", "float16")
_SIZE = "height and width of what every box gives"
_SCALE = "from the boxes' coordinates to the input's: 1/16 for boxes of an image and a map 16 times smaller"
_RATIO = "points sampled in each direction of a cell; so many as fit where it is not positive"


class _Regions(Op, abstract=True):
    """Boxes [K, 5] of an image [N, C, H, W], each with the index of its image first: [K, C, height, width]."""

    family = Family.VISION
    spatial = 2
    output_size = Sizes(_SIZE, min=1)
    by_position: ClassVar[bool] = False  # each cell has channels of its own
    remembers: ClassVar[bool] = False  # where its values came from, as int32

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(4, layout="[N, C, H, W]")
        boxes = cls.inputs[1]
        call.require_rank(2, port=boxes, layout=f"`{boxes}` [K, 5], the first number being the index of the image")
        call.require_dtype(_DTYPES, "a float32, float64 or float16 input")
        call.require_dtype((call.x.dtype,), f"boxes of the input's dtype, {call.x.dtype}", boxes)
        for axis in (0, 2, 3):
            size = call.x.shape[axis]
            call.require_at_least(
                size, 1, f"`{call.label}` ({cls.name}) needs a filled input, but axis {axis} has size {size}"
            )
        count, width = call.input(boxes).shape
        call.require_equal(
            width,
            Dim.of(5),
            f"`{call.label}` ({cls.name}) needs 5 numbers for a box, but the last axis of `{boxes}` has {width}",
            help="they are the index of the image, x1, y1, x2, y2",
        )
        height, width_ = call.sizes("output_size")
        channels = call.x.shape[1]
        if cls.by_position:
            channels = cls._split(call, channels, height * width_)
        return call.x.with_shape((count, channels, *(call.dim("output_size", k) for k in range(2))))

    @classmethod
    def _split(cls, call: Call, channels: Dim, cells: int) -> Dim:
        call.require_equal(
            channels % cells,
            Dim.of(0),
            f"`{call.label}` ({cls.name}) has {channels} channels for {cells} cells: they must be a multiple",
            code="S308",
            arg="output_size",
        )
        return channels // cells

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(inputs=cls.inputs[1:], extra=call.output[0].numel * 4 if cls.remembers else 0)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        size = sample_sizes(rng, 2, 0 if rng.random() < 0.1 else 1, 3)
        args: dict[str, Any] = {"output_size": size}
        cells = 1
        if cls.by_position:
            cells = (size * size if isinstance(size, int) else size[0] * size[1]) or 1
        for name, values in (
            ("spatial_scale", [1.0, 0.5, 2, 0.25]),
            ("sampling_ratio", [-1, 0, 1, 2]),
            ("aligned", [False, True]),
        ):
            if name in cls.args and (cls.args[name].required or rng.random() < 0.5):
                args[name] = rng.choice(values)
        image = (rng.choice([1, 1, 2]), cells * rng.randint(0 if rng.random() < 0.1 else 1, 2) + (rng.random() < 0.1))
        shape: tuple[int, ...] = (*image, rng.randint(1, 6), rng.randint(1, 6))
        if rng.random() < 0.06:
            shape = shape[1:] if rng.random() < 0.6 else (0, *shape[1:])
        dtype = rng.choice(_DTYPES) if rng.random() < 0.9 else sample_dtype(rng)
        boxes = (rng.randint(0, 4), 5 if rng.random() < 0.94 else rng.choice([4, 6]))
        inputs = (shape, dtype), (boxes, dtype if rng.random() < 0.95 else sample_dtype(rng))
        return Sample(args, inputs, ascending=True)  # a box that ends before it begins has no size to sample


class _RegionFunction(_Regions, Function, abstract=True):
    positional = 1
    inputs = ("input", "boxes")
    spatial_scale = Float(_SCALE, 1.0, min=0)


class _RegionModule(_Regions, Module, abstract=True):
    positional = 3
    inputs = ("input", "rois")
    spatial_scale = Float(_SCALE, min=0)


_ALIGN = "out[k, c, i, j] = the mean of the input, interpolated bilinearly, at a grid of points of cell (i, j) of box k"
_POOL = "out[k, c, i, j] = max of the input over cell (i, j) of box k, borders rounded to whole pixels"
_PS_ALIGN = (
    "out[k, c, i, j] = the mean of the input's channel (c·height + i)·width + j, interpolated, in cell (i, j) of box k"
)
_PS_POOL = "out[k, c, i, j] = the mean of the input's channel (c·height + i)·width + j over cell (i, j) of box k"


class roi_align(_RegionFunction):
    """Values of an image at every box, averaged from points interpolated in it, without rounding (Mask R-CNN)."""

    python = Writer("torchvision.ops.roi_align")
    formula = _ALIGN
    sampling_ratio = Int(_RATIO, -1)
    aligned = Bool("whether coordinates are of pixels' corners: shifted by half a pixel", False)
    example = ("[N, 256, H, W], [K, 5]", "{op: roi_align, output_size: 7, spatial_scale: 0.0625, from: [map, boxes]}")


class RoIAlign(_RegionModule):
    """Values of an image at every box, averaged from points interpolated in it, without rounding (Mask R-CNN)."""

    python = Writer("torchvision.ops.RoIAlign")
    formula = _ALIGN
    sampling_ratio = Int(_RATIO)
    aligned = Bool("whether coordinates are of pixels' corners: shifted by half a pixel", False)
    example = (
        "[N, 256, H, W], [K, 5]",
        "{op: RoIAlign, output_size: 7, spatial_scale: 0.0625, sampling_ratio: 2, from: [map, boxes]}",
    )


class roi_pool(_RegionFunction):
    """The largest values of an image in the cells of every box (Fast R-CNN)."""

    python = Writer("torchvision.ops.roi_pool")
    formula = _POOL
    remembers = True
    example = ("[N, 256, H, W], [K, 5]", "{op: roi_pool, output_size: 7, spatial_scale: 0.0625, from: [map, boxes]}")


class RoIPool(_RegionModule):
    """The largest values of an image in the cells of every box (Fast R-CNN)."""

    python = Writer("torchvision.ops.RoIPool")
    positional = 2
    formula = _POOL
    remembers = True
    example = ("[N, 256, H, W], [K, 5]", "{op: RoIPool, output_size: 7, spatial_scale: 0.0625, from: [map, boxes]}")


class ps_roi_align(_RegionFunction):
    """`roi_align` of which every cell reads channels of its own (Light-Head R-CNN)."""

    python = Writer("torchvision.ops.ps_roi_align")
    formula = _PS_ALIGN
    by_position = remembers = True
    sampling_ratio = Int(_RATIO, -1)
    example = ("[N, 490, H, W], [K, 5]", "{op: ps_roi_align, output_size: 7, from: [map, boxes]}")


class PSRoIAlign(_RegionModule):
    """`RoIAlign` of which every cell reads channels of its own (Light-Head R-CNN)."""

    python = Writer("torchvision.ops.PSRoIAlign")
    formula = _PS_ALIGN
    by_position = remembers = True
    sampling_ratio = Int(_RATIO)
    example = (
        "[N, 490, H, W], [K, 5]",
        "{op: PSRoIAlign, output_size: 7, spatial_scale: 0.0625, sampling_ratio: 2, from: [map, boxes]}",
    )


class ps_roi_pool(_RegionFunction):
    """The means of an image in the cells of every box, each cell reading channels of its own (R-FCN)."""

    python = Writer("torchvision.ops.ps_roi_pool")
    formula = _PS_POOL
    by_position = remembers = True
    example = ("[N, 490, H, W], [K, 5]", "{op: ps_roi_pool, output_size: 7, from: [map, boxes]}")


class PSRoIPool(_RegionModule):
    """The means of an image in the cells of every box, each cell reading channels of its own (R-FCN)."""

    python = Writer("torchvision.ops.PSRoIPool")
    positional = 2
    formula = _PS_POOL
    by_position = remembers = True
    example = ("[N, 490, H, W], [K, 5]", "{op: PSRoIPool, output_size: 7, spatial_scale: 0.0625, from: [map, boxes]}")
