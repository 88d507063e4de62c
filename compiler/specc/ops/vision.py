"""Rearranging of channels and pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import Functional, require_filled
from specc.shapes.dim import Dim
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random


class _Shuffle(Op, abstract=True):
    """A copy of the input in another order."""

    family = Family.VISION
    positional = 1
    keeps = Saved()
    least: ClassVar[tuple[int, str]] = (3, "[…, C, H, W]")  # the least rank, and the layout in words

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def check(cls, call: Call) -> None:
        rank, layout = cls.least
        if call.x.rank < rank:
            call.reject(
                "S302", f"`{call.label}` ({cls.name}) needs an input {layout}, but its input is {call.x.rank}-d"
            )

    @classmethod
    def divided(cls, call: Call, what: str, size: Dim, divisor: int, arg: str) -> None:
        """`size` must be a multiple of `divisor` (S308)."""
        message = f"`{call.label}` needs {what} divisible by {divisor}, but its input has {size}"
        if size.is_const and size.value % divisor:
            below = size.value // divisor * divisor
            near = f"{below} or {below + divisor}" if below else str(divisor)
            notes = (*call.input_notes(), *call.blame(size))
            call.report("S308", message, arg=arg, notes=notes, help=f"the nearest is {near}")
            return
        call.require_equal(size % divisor, Dim.of(0), message, code="S308", arg=arg)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        (name,) = cls.args
        factor = rng.randint(1, 3)
        lead = tuple(rng.randint(0 if rng.random() < 0.1 else 1, 3) for _ in range(rng.randint(0, 2)))
        sizes = [rng.randint(0 if rng.random() < 0.05 else 1, 3) for _ in range(3)]
        scale = factor if rng.random() < 0.9 else 1
        match name:
            case "upscale_factor":
                shape = (*lead, scale * scale * sizes[0], *sizes[1:])
            case "downscale_factor":
                shape = (*lead, sizes[0], scale * sizes[1], scale * sizes[2])
            case _:
                shape = (rng.randint(1, 3), scale * sizes[0], *sizes[1:], *lead)[: rng.choice([3, 4, 4, 5, 6])]
        if rng.random() < 0.05:
            shape = shape[-2:]
        return Sample({name: factor if rng.random() < 0.95 else rng.randint(-1, 0)}, ((shape, rng.choice(DTYPES)),))


class _PixelShuffle(_Shuffle, abstract=True):
    formula = (
        "y[n, c, r·i + a, r·j + b] = x[n, c·r² + r·a + b, i, j], 0 ≤ a, b < r\nC_out = C / r², H_out = H·r, W_out = W·r"
    )
    upscale_factor = Int("r, by which height and width grow", min=1)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call)
        factor = call["upscale_factor"]
        *lead, channels, height, width = call.x.shape
        cls.divided(call, "channels", channels, factor * factor, "upscale_factor")
        return call.x.with_shape((*lead, channels // (factor * factor), height * factor, width * factor))


class _PixelUnshuffle(_Shuffle, abstract=True):
    formula = (
        "y[n, c·r² + r·a + b, i, j] = x[n, c, r·i + a, r·j + b], 0 ≤ a, b < r\n"
        "C_out = C·r², H_out = H / r, W_out = W / r"
    )
    downscale_factor = Int("r, by which height and width shrink", min=1)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call)
        factor = call["downscale_factor"]
        *lead, channels, height, width = call.x.shape
        require_filled(call, 0)  # torch gives an empty input back as it is
        cls.divided(call, "a height", height, factor, "downscale_factor")
        cls.divided(call, "a width", width, factor, "downscale_factor")
        return call.x.with_shape((*lead, channels * (factor * factor), height // factor, width // factor))


class _ChannelShuffle(_Shuffle, abstract=True):
    formula = "y[n, k·groups + g, …] = x[n, g·(C / groups) + k, …]"
    least = (3, "[N, C, …]")
    same_shape = True
    groups = Int("blocks of channels that are interleaved; it divides the channels", min=1)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call)
        cls.divided(call, "channels", call.x.shape[1], call["groups"], "groups")
        return call.x


class PixelShuffle(_PixelShuffle, Module):
    """Turns channels into pixels: [N, C·r², H, W] becomes [N, C, H·r, W·r] (Shi et al. 2016)."""

    example = ("[N, 64, H, W]", "{op: PixelShuffle, upscale_factor: 2}")


class PixelUnshuffle(_PixelUnshuffle, Module):
    """Turns pixels into channels: [N, C, H·r, W·r] becomes [N, C·r², H, W], the reverse of `PixelShuffle`."""

    example = ("[N, 3, 224, 224]", "{op: PixelUnshuffle, downscale_factor: 2}")


class ChannelShuffle(_ChannelShuffle, Module):
    """Interleaves the groups of a grouped convolution, so that the next one mixes them (Zhang et al. 2018)."""

    example = ("[N, 24, H, W]", "{op: ChannelShuffle, groups: 3}")


class pixel_shuffle(_PixelShuffle, Functional):
    """Turns channels into pixels: the function of `PixelShuffle`."""

    example = ("[N, 64, H, W]", "{op: pixel_shuffle, upscale_factor: 2}")


class pixel_unshuffle(_PixelUnshuffle, Functional):
    """Turns pixels into channels: the function of `PixelUnshuffle`."""

    example = ("[N, 3, 224, 224]", "{op: pixel_unshuffle, downscale_factor: 2}")


class channel_shuffle(_ChannelShuffle, Functional):
    """Interleaves groups of channels: the function of `ChannelShuffle`."""

    example = ("[N, 24, H, W]", "{op: channel_shuffle, groups: 3}")
