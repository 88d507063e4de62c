"""Resizing and rearranging of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Choice, Floats, Int, SizeList
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample
from specc.ops.spatial import require_filled, sample_shape, sample_tensor
from specc.ops.write import Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

_EXACT_BELOW = 1024  # the largest power of two below the line of a scale factor that a symbol may take
_MODES = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area")
_RANKS = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,)}
_SMOOTH = tuple(_RANKS)


class _Free(Op, abstract=True):
    """An op that owns nothing and multiplies nothing."""

    family = Family.VISION

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


class _Resize(_Free, abstract=True):
    """What `Upsample` and `interpolate` share."""

    size = SizeList("size of the output, one for every spatial axis or one for all", None, scalar=True)
    scale_factor = Floats("what the sizes are multiplied by, one for every spatial axis or one for all", None)
    mode = Choice("how values between pixels are found", _MODES, "nearest")
    align_corners = Bool("whether the corners of input and output are the same points; for the smooth modes", None)
    recompute_scale_factor = Bool("whether the scale is taken from the output's size, after rounding", None)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        mode, rank = call["mode"], call.x.rank
        ranks = _RANKS.get(mode, (3, 4, 5))
        if rank not in ranks:
            wanted = " or ".join(map(str, ranks))
            fits = {3: "linear", 4: "bilinear", 5: "trilinear"}.get(rank)
            call.reject(
                "S302",
                f"`mode: {mode}` of `{call.label}` ({cls.name}) needs a {wanted}-d input, but its input is {rank}-d",
                arg="mode",
                help=f"use `mode: {fits}`" if fits and mode in _RANKS else None,
            )
        small = ("uint8",) if mode in ("nearest", "nearest-exact", "bilinear", "bicubic") else ()
        call.require_dtype((*FLOATING, *small), "a floating-point input")
        if call["align_corners"] is not None and mode not in _SMOOTH:
            call.report(
                "S310",
                f"`align_corners` of `{call.label}` is only for the modes {', '.join(f'`{m}`' for m in _SMOOTH)}",
                arg="align_corners",
                notes=(),
            )
        sizes = cls.sizes(call, rank - 2)
        require_filled(call, 1)
        for size in sizes:
            # torch lets `area` give an empty image, as it is written as an adaptive pooling
            least = 0 if mode == "area" else 1
            call.require_at_least(size, least, f"`{call.label}` ({cls.name}) gives an output of size {size}")
        return call.x.with_shape((*call.x.shape[:2], *sizes))

    @classmethod
    def sizes(cls, call: Call, spatial: int) -> list[Dim]:
        size, scale = call["size"], call["scale_factor"]
        name = "size" if size is not None else "scale_factor"
        if (size is None) == (scale is None):
            both = "both `size` and `scale_factor`" if size is not None else "neither `size` nor `scale_factor`"
            call.reject("S310", f"`{call.label}` ({cls.name}) has {both}; it takes one of them", arg=name, notes=())
        if size is not None and call["recompute_scale_factor"]:
            call.reject(
                "S310",
                f"`recompute_scale_factor` of `{call.label}` means nothing beside an explicit `size`",
                arg="recompute_scale_factor",
                notes=(),
            )
        value = call[name]
        if isinstance(value, tuple) and len(value) != spatial:
            call.reject(
                "S302",
                f"`{name}` of `{call.label}` has {len(value)} items, but its input has {spatial} spatial axes",
                arg=name,
            )
        if size is not None:
            return [call.dim("size", axis) for axis in range(spatial)]
        factors = value if isinstance(value, tuple) else (value,) * spatial
        return [_scaled(call, dim, factor) for dim, factor in zip(call.x.shape[2:], factors, strict=True)]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        spatial = rng.choice([1, 2, 2, 2, 3])
        fitting = [m for m in _MODES if spatial + 2 in _RANKS.get(m, (3, 4, 5))]
        args: dict[str, object] = {}
        if rng.random() < 0.9:
            args["mode"] = rng.choice(fitting if rng.random() < 0.85 else [*_MODES, "cubic"])
        items = spatial + (rng.random() < 0.05)
        factors = [0.3, 0.5, 1, 1.1, 1.5, 2, 2.0, 3]
        if rng.random() < 0.5:
            low = 0 if rng.random() < 0.05 else 1
            args["size"] = rng.randint(low, 6) if rng.random() < 0.5 else [rng.randint(low, 6) for _ in range(items)]
        if ("size" in args) == (rng.random() < 0.05):
            args["scale_factor"] = (
                rng.choice(factors) if rng.random() < 0.5 else [rng.choice(factors) for _ in range(items)]
            )
        if (args.get("mode") in _SMOOTH and rng.random() < 0.5) or rng.random() < 0.05:
            args["align_corners"] = rng.random() < 0.5
        if rng.random() < 0.15:
            args["recompute_scale_factor"] = rng.random() < 0.5
        if "antialias" in cls.args and rng.random() < 0.2:
            args["antialias"] = rng.random() < 0.7
        shape = tuple(max(n, 1) for n in sample_shape(rng, spatial, rng.randint(1, 3), batch=0.97, high=7))
        tensor = sample_tensor(rng, shape, 0.9)
        if tensor[1] != "float32" and args.get("antialias"):  # torch returns an input of the right size unseen
            args["antialias"] = False
        if args.get("mode") == "area" and tensor[1] not in FLOATING:  # as in adaptive pooling, at sizes 0 and 1
            tensor = (shape, "float32")
        return Sample(args, (tensor,))


def _scaled(call: Call, dim: Dim, factor: float) -> Dim:
    """⌊dim · factor⌋ as torch computes it in double precision.

    For a symbol that is exact where the factor is a fraction of two small integers with a power of two below, as 0.5
    and 1.25 are; any other (0.1, 1/3) is rounded somewhere between two sizes (S304).
    """
    if dim.is_const:
        return Dim.of(int(float(dim.value) * factor)).with_origin(None)
    above, below = float(factor).as_integer_ratio()
    if below > _EXACT_BELOW:
        call.reject(
            "S304",
            f"`scale_factor: {factor}` of `{call.label}` has no exact size for the symbolic dimension `{dim}`",
            arg="scale_factor",
            help="write the output's `size`, or give that dimension of the input a number",
        )
    return dim * above // below


class Upsample(_Resize, Module):
    """Resizes the spatial axes to `size`, or by `scale_factor`."""

    example = ("[N, C, H, W]", "{op: Upsample, scale_factor: 2, mode: bilinear}")


class interpolate(_Resize, Function):
    """Resizes the spatial axes to `size`, or by `scale_factor`: the function of `Upsample`."""

    python = Writer("F.interpolate")
    antialias = Bool("whether shrinking filters first; for `bilinear` and `bicubic`", False)
    example = ("[N, C, H, W]", "{op: interpolate, scale_factor: 2}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["antialias"] and call["mode"] not in ("bilinear", "bicubic"):
            call.report(
                "S310",
                f"`antialias` of `{call.label}` is only for the modes `bilinear` and `bicubic`",
                arg="antialias",
                notes=(),
            )
        return super().infer(call)


class _Shuffle(_Free, Module, abstract=True):
    positional = 1

    @classmethod
    def check(cls, call: Call) -> None:
        if call.x.rank < 3:
            call.reject(
                "S302", f"`{call.label}` ({cls.name}) needs an input […, C, H, W], but its input is {call.x.rank}-d"
            )

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        name = next(iter(cls.args))
        factor = rng.randint(1, 3)
        lead = tuple(rng.randint(1, 3) for _ in range(rng.randint(0, 2)))
        scale = factor if rng.random() < 0.9 else 1
        if name == "upscale_factor":
            shape = (*lead, scale * scale * rng.randint(1, 2), rng.randint(1, 3), rng.randint(1, 3))
        else:
            shape = (*lead, rng.randint(1, 3), scale * rng.randint(1, 3), scale * rng.randint(1, 3))
        if rng.random() < 0.05:
            shape = shape[-2:]
        return Sample({name: factor if rng.random() < 0.95 else rng.randint(-1, 0)}, ((shape, rng.choice(DTYPES)),))


class PixelShuffle(_Shuffle):
    """Turns channels into pixels: [N, C·r², H, W] becomes [N, C, H·r, W·r] (Shi et al. 2016)."""

    upscale_factor = Int("r, by which height and width grow", min=1)
    example = ("[N, 64, H, W]", "{op: PixelShuffle, upscale_factor: 2}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call)
        factor = call["upscale_factor"]
        *lead, channels, height, width = call.x.shape
        call.require_equal(
            channels % (factor * factor),
            Dim.of(0),
            f"`{call.label}` needs channels divisible by {factor * factor}, but its input has {channels}",
            code="S308",
            arg="upscale_factor",
        )
        return call.x.with_shape((*lead, channels // (factor * factor), height * factor, width * factor))


class PixelUnshuffle(_Shuffle):
    """Turns pixels into channels: [N, C, H·r, W·r] becomes [N, C·r², H, W], the reverse of `PixelShuffle`."""

    downscale_factor = Int("r, by which height and width shrink", min=1)
    example = ("[N, 3, 224, 224]", "{op: PixelUnshuffle, downscale_factor: 2}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call)
        factor = call["downscale_factor"]
        *lead, channels, height, width = call.x.shape
        for what, size in (("height", height), ("width", width)):
            call.require_equal(
                size % factor,
                Dim.of(0),
                f"`{call.label}` needs a {what} divisible by {factor}, but its input has {size}",
                code="S308",
                arg="downscale_factor",
            )
        return call.x.with_shape((*lead, channels * (factor * factor), height // factor, width // factor))
