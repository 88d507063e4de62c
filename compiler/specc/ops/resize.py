"""Resizing of sequences, images and volumes: to a size, or by a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from specc.ops.arguments import Arg, Bool, Choice, Floats, Ints, SizeList
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Op, Owned, Sample, Saved
from specc.ops.scaling import scaled
from specc.ops.spatial import Functional, require_filled, sample_dtype, sample_shape
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_MODES = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area")
_RANKS = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,), "lanczos": (4,)}
_SMOOTH = tuple(_RANKS)
_FILTERS = ("bilinear", "bicubic", "lanczos")
_BYTES = ("nearest", "nearest-exact", "bilinear", "bicubic", "lanczos")  # the modes that know uint8
_AREAS = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}  # by the rank

_SIZE = "size of the output, one for every spatial axis or one for all"
_SCALE = "what the sizes are multiplied by, one for every spatial axis or one for all"
_MODE = "how values between pixels are found"
_CORNERS = "whether the corners of input and output are the same points; for the smooth modes"
_RECOMPUTE = "whether the scale is taken from the output's size, after rounding"


def _formula(*modes: str) -> str:
    lines = {
        "nearest": "nearest: y[n, c, i] = x[n, c, ⌊i·L/L_out⌋]; nearest-exact: ⌊(i + ½)·L/L_out⌋",
        "linear": "linear, bilinear, trilinear: between the neighbours of s = (i + ½)·L/L_out − ½ along every axis; "
        "with align_corners s = i·(L − 1)/(L_out − 1)",
        "bicubic": "bicubic: the cubic convolution of 4 × 4 neighbours, a = −0.75; area: adaptive_avg_pool",
    }
    chosen = [lines[mode] for mode in modes]
    return "\n".join([*chosen, "L_out = size, or ⌊L · scale_factor⌋ in double precision; H, W and D likewise"])


class _Resize(Op, abstract=True):
    """What all resizing shares; `of` gives an argument, or what a class with fewer arguments has in its place."""

    family = Family.VISION
    fixed: ClassVar[dict[str, object]] = {}

    @classmethod
    def of(cls, call: Call, name: str) -> object:
        return call[name] if name in cls.args else cls.fixed.get(name)

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        mode, rank = str(cls.of(call, "mode")), call.x.rank
        ranks = _RANKS.get(mode, (3, 4, 5))
        if rank not in ranks:
            wanted = " or ".join(f"{r}-d" for r in ranks)
            fits = {3: "linear", 4: "bilinear", 5: "trilinear"}.get(rank)
            call.reject(
                "S302",
                f"`mode: {mode}` of `{call.label}` ({cls.name}) needs a {wanted} input, but its input is {rank}-d",
                arg="mode" if "mode" in cls.args else None,
                help=f"use `mode: {fits}`" if fits and mode in _RANKS and "mode" in cls.args else None,
            )
        cls.check_mode(call, mode)
        sizes = cls.sizes(call, rank - 2)
        output = call.x.with_shape((*call.x.shape[:2], *sizes))
        if mode == "area":
            call.require_dtype(FLOATING, "a floating-point input for `mode: area`")
        elif cls.of(call, "antialias"):
            call.require_dtype(("float32", "float64", "uint8"), "a float32, float64 or uint8 input")
        else:
            call.require_dtype((*FLOATING, *(("uint8",) if mode in _BYTES else ())), "a floating-point input")
        require_filled(call, 1)
        for size in sizes:
            # torch lets `area` give an empty image, as it is written as an adaptive pooling
            least = 0 if mode == "area" else 1
            call.require_at_least(size, least, f"`{call.label}` ({cls.name}) gives an output of size {size}")
        return output

    @classmethod
    def check_mode(cls, call: Call, mode: str) -> None:
        """The arguments that only some modes have (S310)."""
        if "align_corners" in cls.args and call["align_corners"] is not None and mode not in _SMOOTH:
            call.report(
                "S310",
                f"`align_corners` of `{call.label}` is only for the modes {', '.join(f'`{m}`' for m in _SMOOTH)}",
                arg="align_corners",
                notes=(),
            )

    @classmethod
    def sizes(cls, call: Call, spatial: int) -> list[Dim]:
        size, scale = call["size"], call["scale_factor"]
        name = "size" if size is not None else "scale_factor"
        if (size is None) == (scale is None):
            both = "both `size` and `scale_factor`" if size is not None else "neither `size` nor `scale_factor`"
            call.reject("S310", f"`{call.label}` ({cls.name}) has {both}; it takes one of them", arg=name, notes=())
        if size is not None and cls.of(call, "recompute_scale_factor"):
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
        return [
            scaled(call, dim, factor, "scale_factor") for dim, factor in zip(call.x.shape[2:], factors, strict=True)
        ]

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Nothing: the weights follow from the sizes. `area` keeps what a mean pooling keeps."""
        output = call.output[0]
        return _AREAS[output.rank].keeping(output) if cls.of(call, "mode") == "area" else Saved()

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        spatial = rng.choice([1, 2, 2, 2, 3]) if "mode" in cls.args or rng.random() < 0.1 else 2
        args: dict[str, object] = {}
        if "mode" in cls.args and rng.random() < 0.9:
            words = getattr(cls.args["mode"], "words", ())
            fitting = [m for m in words if spatial + 2 in _RANKS.get(m, (3, 4, 5))]
            args["mode"] = rng.choice(fitting if rng.random() < 0.85 else [*words, "cubic"])
        mode = args.get("mode", "nearest")
        items = spatial + (rng.random() < 0.05)
        factors = [0.3, 0.5, 1 / 3, 0.7, 1, 1.1, 1.5, 2, 2.0, 3]
        if rng.random() < 0.5:
            low = 0 if rng.random() < 0.05 else 1
            args["size"] = rng.randint(low, 6) if rng.random() < 0.5 else [rng.randint(low, 6) for _ in range(items)]
        if ("size" in args) == (rng.random() < 0.05):
            one = rng.choice(factors)
            args["scale_factor"] = one if rng.random() < 0.5 else [rng.choice(factors) for _ in range(items)]
        if "align_corners" in cls.args and ((mode in _SMOOTH and rng.random() < 0.5) or rng.random() < 0.05):
            args["align_corners"] = rng.random() < 0.5
        if "recompute_scale_factor" in cls.args and rng.random() < 0.15:
            args["recompute_scale_factor"] = rng.random() < 0.5
        if "antialias" in cls.args and rng.random() < (0.9 if mode == "lanczos" else 0.2):
            args["antialias"] = rng.random() < 0.8
        shape = sample_shape(rng, spatial, rng.randint(1, 3), batch=0.97, high=7)
        return Sample(args, ((shape, sample_dtype(rng)),))


class Upsample(_Resize, Module):
    """Resizes the spatial axes to `size`, or by `scale_factor`; the size is fixed, `interpolate` takes symbols."""

    formula = _formula("nearest", "linear", "bicubic")
    size = Ints(_SIZE, None, scalar=True)
    scale_factor = Floats(_SCALE, None)
    mode = Choice(_MODE, _MODES, "nearest")
    align_corners = Bool(_CORNERS, None)
    recompute_scale_factor = Bool(_RECOMPUTE, None)
    example = ("[N, C, H, W]", "{op: Upsample, scale_factor: 2, mode: bilinear}")


class _Fixed(_Resize, abstract=True):
    """Of images alone, in one mode."""

    size: Arg = SizeList(_SIZE, None, scalar=True)
    scale_factor = Floats(_SCALE, None)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if cls.fixed["mode"] == "bilinear":
            call.require_rank(4, layout="[N, C, H, W]")
        return super().infer(call)


class UpsamplingNearest2d(_Fixed, Module):
    """Repeats pixels: `Upsample` with `mode: nearest`."""

    fixed: ClassVar[dict[str, object]] = {"mode": "nearest"}
    formula = _formula("nearest")
    size = Ints(_SIZE, None, scalar=True)
    example = ("[N, C, H, W]", "{op: UpsamplingNearest2d, scale_factor: 2}")


class UpsamplingBilinear2d(_Fixed, Module):
    """Interpolates between pixels: `Upsample` with `mode: bilinear, align_corners: true`."""

    fixed: ClassVar[dict[str, object]] = {"mode": "bilinear"}
    formula = _formula("linear")
    size = Ints(_SIZE, None, scalar=True)
    example = ("[N, C, H, W]", "{op: UpsamplingBilinear2d, scale_factor: 2}")


class upsample_nearest(_Fixed, Functional):
    """Repeats pixels: `interpolate` with `mode: nearest`, its name in older code."""

    positional = 0
    fixed: ClassVar[dict[str, object]] = {"mode": "nearest"}
    formula = _formula("nearest")
    example = ("[N, C, H, W]", "{op: upsample_nearest, scale_factor: 2}")


class upsample_bilinear(_Fixed, Functional):
    """Interpolates between pixels: `interpolate` with `align_corners: true`, its name in older code."""

    positional = 0
    fixed: ClassVar[dict[str, object]] = {"mode": "bilinear"}
    formula = _formula("linear")
    example = ("[N, C, H, W]", "{op: upsample_bilinear, scale_factor: 2}")


class upsample(_Resize, Functional):
    """Resizes the spatial axes to `size`, or by `scale_factor`: the older name of `interpolate`."""

    positional = 0
    formula = _formula("nearest", "linear", "bicubic")
    size = SizeList(_SIZE, None, scalar=True)
    scale_factor = Floats(_SCALE, None)
    mode = Choice(_MODE, _MODES, "nearest")
    align_corners = Bool(_CORNERS, None)
    example = ("[N, C, H, W]", "{op: upsample, scale_factor: 2}")


class interpolate(_Resize, Functional):
    """Resizes the spatial axes to `size`, or by `scale_factor`: the function of `Upsample`, with antialiasing."""

    positional = 0
    formula = _formula("nearest", "linear", "bicubic")
    size = SizeList(_SIZE, None, scalar=True)
    scale_factor = Floats(_SCALE, None)
    mode = Choice(_MODE, (*_MODES, "lanczos"), "nearest")
    align_corners = Bool(_CORNERS, None)
    recompute_scale_factor = Bool(_RECOMPUTE, None)
    antialias = Bool("whether shrinking filters first; for `bilinear` and `bicubic`, and a must for `lanczos`", False)
    example = ("[N, C, H, W]", "{op: interpolate, scale_factor: 2}")

    @classmethod
    def check_mode(cls, call: Call, mode: str) -> None:
        super().check_mode(call, mode)
        if call["antialias"] and mode not in _FILTERS:
            call.report(
                "S310",
                f"`antialias` of `{call.label}` is only for the modes {', '.join(f'`{m}`' for m in _FILTERS)}",
                arg="antialias",
                notes=(),
            )
        if mode == "lanczos" and not call["antialias"]:
            call.report("S310", f"`mode: lanczos` of `{call.label}` needs `antialias: true`", arg="mode", notes=())
        if mode == "lanczos" and call["align_corners"]:
            call.report(
                "S310",
                f"`align_corners` of `{call.label}` is not for the mode `lanczos`",
                arg="align_corners",
                notes=(),
            )
