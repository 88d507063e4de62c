"""Sampling of images at places that a network computes (Jaderberg et al. 2015, Spatial Transformer Networks)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Choice, SizeList
from specc.ops.call import Call
from specc.ops.declare import Family, Sample, Saved
from specc.ops.spatial import Functional, sample_dtype
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class grid_sample(Functional):
    """The values of an image (or volume) at the places of `grid`, by interpolation.

    `grid` is [N, H_out, W_out, 2] with x and y between -1 and 1 (for volumes [N, D_out, H_out, W_out, 3] with x, y, z),
    as `affine_grid` gives it.
    """

    family = Family.VISION
    inputs = ("input", "grid")
    positional = 0
    keeps = Saved(("input", "grid"))
    formula = (
        "y[n, c, i, j] = x[n, c, v, u], interpolated at u = ((grid[n, i, j, 0] + 1)·W − 1) / 2, "
        "v = ((grid[n, i, j, 1] + 1)·H − 1) / 2\nwith align_corners u = (grid[n, i, j, 0] + 1)·(W − 1) / 2, v likewise"
    )
    mode = Choice("how values between pixels are found; `bicubic` for images only", ("bilinear", "nearest", "bicubic"),
                  "bilinear")  # fmt: skip
    padding_mode = Choice("what lies outside of the image", ("zeros", "border", "reflection"), "zeros")
    align_corners = Bool("whether -1 and 1 are the centres of the corner pixels, and not the image's edges", None)
    example = ("[N, 3, H, W], [N, 28, 28, 2]", "{op: grid_sample, align_corners: false}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = call.require_rank(4, 5, layout="[N, C, H, W] or [N, C, D, H, W]")
        grid, spatial = call.input("grid"), rank - 2
        call.require_floating()
        if grid.dtype != call.x.dtype:
            call.reject("S307", f"`{call.label}` (grid_sample) has a {call.x.dtype} input and a {grid.dtype} `grid`")
        wanted = "[N, H_out, W_out, 2]" if spatial == 2 else "[N, D_out, H_out, W_out, 3]"
        if grid.rank != rank:
            call.reject("S302", f"`grid` of `{call.label}` (grid_sample) must be {wanted}, but it is {grid.rank}-d")
        if call["mode"] == "bicubic" and rank == 5:
            call.reject("S310", f"`mode: bicubic` of `{call.label}` (grid_sample) is for images only", arg="mode")
        call.require_equal(
            call.x.shape[0],
            grid.shape[0],
            f"`{call.label}` (grid_sample) has {call.x.shape[0]} images but {grid.shape[0]} grids",
        )
        call.require_equal(
            grid.shape[-1],
            Dim.of(spatial),
            f"`grid` of `{call.label}` (grid_sample) must be {wanted}, but its last axis has size {grid.shape[-1]}",
        )
        for axis, dim in enumerate(call.x.shape[2:], start=2):
            call.require_at_least(
                dim, 1, f"`{call.label}` (grid_sample) needs a filled input, but axis {axis} has size {dim}"
            )
        return call.x.with_shape((*call.x.shape[:2], *grid.shape[1:-1]))

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        spatial = rng.choice([2, 2, 3])
        batch, channels = rng.randint(0 if rng.random() < 0.1 else 1, 3), rng.randint(0 if rng.random() < 0.1 else 1, 3)
        sizes = [rng.randint(0 if rng.random() < 0.04 else 1, 4) for _ in range(2 * spatial)]
        args: dict[str, object] = {}
        if rng.random() < 0.6:
            args["mode"] = rng.choice(["bilinear", "nearest", "bicubic"] if rng.random() < 0.9 else ["cubic"])
        if rng.random() < 0.5:
            args["padding_mode"] = rng.choice(["zeros", "border", "reflection"])
        if rng.random() < 0.7:
            args["align_corners"] = rng.random() < 0.5
        dtype = sample_dtype(rng)
        image = ((batch, channels, *sizes[:spatial]), dtype)
        last = spatial if rng.random() < 0.95 else 5 - spatial
        grids = batch if rng.random() < 0.95 else batch + 1
        grid = ((grids, *sizes[spatial:], last), dtype if rng.random() < 0.95 else "float64")
        return Sample(args, (image, grid))


class affine_grid(Functional):
    """The places that affine maps take the pixels of an image of the given size to, for `grid_sample`.

    `theta` holds a map for every image: [N, 2, 3], or [N, 3, 4] for volumes.
    """

    family = Family.VISION
    inputs = ("theta",)
    keeps = Saved()
    formula = (
        "y[n, i, j] = theta[n] · (u, v, 1) with u = (2j + 1) / W − 1, v = (2i + 1) / H − 1\n"
        "with align_corners u = 2j / (W − 1) − 1, v = 2i / (H − 1) − 1"
    )
    size = SizeList("the images' shape [N, C, H, W], or [N, C, D, H, W] for volumes")
    align_corners = Bool("whether -1 and 1 are the centres of the corner pixels, and not the image's edges", None)
    example = ("[N, 2, 3]", "{op: affine_grid, size: [N, 3, 28, 28], align_corners: false}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(FLOATING, "a floating-point input")
        count = len(call["size"])
        if count not in (4, 5):
            call.reject(
                "S310",
                f"`size` of `{call.label}` (affine_grid) must be [N, C, H, W] or [N, C, D, H, W], not {count} sizes",
                arg="size",
                notes=(),
            )
        spatial = count - 2
        call.require_rank(3, layout=f"[N, {spatial}, {spatial + 1}]")
        for axis, wanted in ((1, spatial), (2, spatial + 1)):
            call.require_equal(
                call.x.shape[axis],
                Dim.of(wanted),
                f"`{call.label}` (affine_grid) needs maps [N, {spatial}, {spatial + 1}] for a `size` of {count}, "
                f"but its input is {call.x}",
            )
        sizes = [call.dim("size", axis) for axis in range(count)]
        if call.x.dtype in ("float16", "bfloat16"):  # torch has no kernel for the grid of one point
            for size in sizes[2:]:
                call.require_at_least(
                    size,
                    2,
                    f"`{call.label}` (affine_grid) needs a float32 or float64 input for a grid of size {size}",
                    code="S307",
                )
        for size in sizes:
            call.require_at_least(size, 1, f"`size` of `{call.label}` (affine_grid) has {size}", arg="size")
        call.require_equal(
            call.x.shape[0],
            sizes[0],
            f"`{call.label}` (affine_grid) has {call.x.shape[0]} maps for {sizes[0]} images",
            arg="size",
        )
        return call.x.with_shape((sizes[0], *sizes[2:], Dim.of(spatial)))

    @classmethod
    def macs(cls, call: Call) -> int:
        """The products with the maps are not counted, as in torch's counter."""
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        spatial = rng.choice([2, 2, 3])
        batch = rng.randint(1, 3)
        size = [batch, rng.randint(1, 3), *(rng.randint(1, 4) for _ in range(spatial))]
        if rng.random() < 0.1:
            size[rng.randrange(len(size))] += rng.choice([-1, 1])
        if rng.random() < 0.05:
            size.append(2)
        args: dict[str, object] = {"size": size}
        if rng.random() < 0.7:
            args["align_corners"] = rng.random() < 0.5
        shape = (batch, spatial, spatial + 1) if rng.random() < 0.95 else (batch, spatial + 1, spatial + 1)
        return Sample(args, ((shape, sample_dtype(rng)),))
