"""Convolutions and their transposes."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import TYPE_CHECKING

from specc.ops.arguments import INFERRED, Bool, Choice, Int, Sizes, SizesOr
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample
from specc.ops.spatial import (
    divisors,
    layout,
    require_filled,
    sample_dtype,
    sample_shape,
    sample_sizes,
    sibling,
    windows,
)
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Conv(Module, abstract=True):
    """What the convolutions share; `spatial` is the number of spatial axes."""

    family = Family.CONVOLUTION
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
    def rank_help(cls, rank: int) -> str | None:
        return sibling(cls.name, cls.spatial, rank)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = call.require_rank(cls.spatial + 2, cls.spatial + 1, layout=layout(cls.spatial))
        call.require_weights()
        require_filled(call, rank - cls.spatial - 1)
        channels = call.inferred("in_channels", call.x.shape[-cls.spatial - 1], axis="channels")
        _check_groups(call, channels)
        kernel, stride, dilation = call.sizes("kernel_size"), call.sizes("stride"), call.sizes("dilation")
        if call["padding"] == "same" and any(s != 1 for s in stride):
            call.reject("S310", f"`padding: same` of `{call.label}` needs `stride: 1`", arg="padding", notes=())
        out = []
        for axis in range(cls.spatial):
            size = call.x.shape[axis - cls.spatial]
            reach = dilation[axis] * (kernel[axis] - 1)
            if call["padding"] == "same":
                _check_border(call, size, (reach + 1) // 2)
                out.append(size)
                continue
            pad = 0 if call["padding"] == "valid" else call.sizes("padding")[axis]
            _check_border(call, size, pad)
            call.require_at_least(
                size + 2 * pad,
                reach + 1,
                f"the kernel of `{call.label}` spans {reach + 1}, but its padded input has only {size + 2 * pad}",
                arg="kernel_size",
                help="use a smaller kernel, pad the input, or let fewer layers shrink it",
            )
            out.append(windows(size, kernel[axis], stride[axis], pad, dilation[axis]))
        lead = call.x.shape[: -cls.spatial - 1]
        return call.x.with_shape((*lead, call.dim("out_channels"), *out))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        weight = (call["out_channels"], call["in_channels"] // call["groups"], *call.sizes("kernel_size"))
        owned = {"weight": Owned(weight)}
        if call["bias"]:
            owned["bias"] = Owned((call["out_channels"],))
        return owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        per_output = call["in_channels"] // call["groups"]
        for size in call.sizes("kernel_size"):
            per_output *= size
        return call.output[0].numel * int(per_output)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.choice([1, 1, 1, 2, 3])
        channels = groups * rng.randint(1, 3) + (rng.random() < 0.05)
        n = cls.spatial

        def sizes(low: int, high: int) -> int | list[int]:
            return sample_sizes(rng, n, low, high)

        args: dict[str, object] = {
            "out_channels": groups * rng.randint(1, 3) + (rng.random() < 0.05),
            "kernel_size": sizes(1, 4),
        }
        optional: dict[str, object] = {
            "in_channels": channels if rng.random() < 0.8 else channels + 1,
            "stride": sizes(1, 3),
            "padding": rng.choice([sizes(0, 2), "same", "valid"]),
            "dilation": sizes(1, 2),
            "groups": groups,
            "bias": rng.random() < 0.5,
            "padding_mode": rng.choice(["zeros", "reflect", "replicate", "circular"]),
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.5}
        if groups > 1:
            args["groups"] = groups
        shape = sample_shape(rng, n, channels)
        if len(shape) == n + 1 and shape[0] == 0:  # torch gives an output of no channels, whatever was asked
            shape = (channels, *shape[1:])
        return Sample(args, ((shape, sample_dtype(rng, 0.95)),))


def _check_border(call: Call, size: Dim, pad: int) -> None:
    """A reflected border must be shorter than the axis it reflects, a circular one no longer (S306)."""
    mode = call["padding_mode"]
    least = {"reflect": pad + 1, "circular": pad}.get(mode, 0)
    if pad and least:
        call.require_at_least(
            size,
            least,
            f"`padding_mode: {mode}` of `{call.label}` needs a size of at least {least} for a border of {pad}, "
            f"but its input has {size}",
            arg="padding_mode",
        )


def _check_groups(call: Call, channels: int) -> None:
    groups = call["groups"]
    for count, what, arg in ((channels, "input", "groups"), (call["out_channels"], "output", "groups")):
        if count % groups:
            common = divisors(gcd(channels, call["out_channels"]))
            call.report(
                "S308",
                f"`groups: {groups}` of `{call.label}` does not divide its {count} {what} channels",
                arg=arg,
                help=f"it must divide both channel counts: {', '.join(map(str, common))}" if common else None,
            )


class Conv1d(_Conv):
    """1-d convolution: out[n, k] = b[k] + Σ_c w[k, c] ⋆ in[n, c], over [N, C, L]."""

    spatial = 1
    example = ("[N, 16, L]", "{op: Conv1d, out_channels: 32, kernel_size: 3, padding: 1}")


class Conv2d(_Conv):
    """2-d convolution: out[n, k] = b[k] + Σ_c w[k, c] ⋆ in[n, c], over [N, C, H, W]."""

    spatial = 2
    example = ("[N, 3, H, W]", "{op: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}")


class Conv3d(_Conv):
    """3-d convolution: out[n, k] = b[k] + Σ_c w[k, c] ⋆ in[n, c], over [N, C, D, H, W]."""

    spatial = 3
    example = ("[N, 3, D, H, W]", "{op: Conv3d, out_channels: 8, kernel_size: 3, padding: 1}")


class _ConvTranspose(Module, abstract=True):
    """What the transposed convolutions share."""

    family = Family.CONVOLUTION
    positional = 2
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

    @classmethod
    def rank_help(cls, rank: int) -> str | None:
        return sibling(cls.name, cls.spatial, rank)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = call.require_rank(cls.spatial + 2, cls.spatial + 1, layout=layout(cls.spatial))
        call.require_weights()
        require_filled(call, rank - cls.spatial - 1)
        channels = call.inferred("in_channels", call.x.shape[-cls.spatial - 1], axis="channels")
        _check_groups(call, channels)
        kernel, stride, dilation = call.sizes("kernel_size"), call.sizes("stride"), call.sizes("dilation")
        padding, extra = call.sizes("padding"), call.sizes("output_padding")
        out = []
        for axis in range(cls.spatial):
            if extra[axis] >= max(stride[axis], dilation[axis]):
                call.report(
                    "S310",
                    f"`output_padding: {extra[axis]}` of `{call.label}` must be smaller than its stride "
                    f"({stride[axis]}) or its dilation ({dilation[axis]})",
                    arg="output_padding",
                    notes=(),
                )
            reach = dilation[axis] * (kernel[axis] - 1)
            size = (call.x.shape[axis - cls.spatial] - 1) * stride[axis] + (reach + 1 + extra[axis] - 2 * padding[axis])
            # torch lets some empty outputs pass, depending on the kernel it picks; none is meant
            call.require_at_least(
                size, 1, f"`padding: {padding[axis]}` of `{call.label}` leaves an output of size {size}", arg="padding"
            )
            out.append(size)
        lead = call.x.shape[: -cls.spatial - 1]
        return call.x.with_shape((*lead, call.dim("out_channels"), *out))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        weight = (call["in_channels"], call["out_channels"] // call["groups"], *call.sizes("kernel_size"))
        owned = {"weight": Owned(weight)}
        if call["bias"]:
            owned["bias"] = Owned((call["out_channels"],))
        return owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        per_input = call["out_channels"] // call["groups"]
        for size in call.sizes("kernel_size"):
            per_input *= size
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
            "stride": sample_sizes(rng, n, 1, 3),
            "padding": sample_sizes(rng, n, 0, 2) if rng.random() < 0.5 else 0,
            "output_padding": sample_sizes(rng, n, 0, 1 if rng.random() < 0.8 else 2),
            "dilation": sample_sizes(rng, n, 1, 2),
            "bias": rng.random() < 0.5,
            "padding_mode": "zeros" if rng.random() < 0.9 else "reflect",
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        if groups > 1:
            args["groups"] = groups
        shape = sample_shape(rng, n, channels, high=4)
        # torch's verdict on an empty output depends on the kernel it picks, as does an `output_padding` without a batch
        if 0 in _transposed(args, shape[-n:], n) or (0 in shape and "output_padding" in args):
            return cls.sample(rng)
        return Sample(args, ((shape, sample_dtype(rng, 0.95)),))


def _transposed(args: Mapping[str, object], sizes: tuple[int, ...], spatial: int) -> list[int]:
    """The sizes a transposed convolution gives, for plain arguments."""

    def of(name: str, default: int, axis: int) -> int:
        value = args.get(name, default)
        if isinstance(value, list):
            value = value[min(axis, len(value) - 1)]
        return value if isinstance(value, int) else default

    return [
        (size - 1) * of("stride", 1, k)
        + of("dilation", 1, k) * (of("kernel_size", 1, k) - 1)
        + of("output_padding", 0, k)
        - 2 * of("padding", 0, k)
        + 1
        for k, size in enumerate(sizes[:spatial])
    ]


class ConvTranspose1d(_ConvTranspose):
    """1-d transposed convolution, the gradient of `Conv1d`: size (L - 1)·stride - 2·padding + dilation·(k - 1) + 1."""

    spatial = 1
    example = ("[N, 16, L]", "{op: ConvTranspose1d, out_channels: 8, kernel_size: 2, stride: 2}")


class ConvTranspose2d(_ConvTranspose):
    """2-d transposed convolution, the gradient of `Conv2d`: size (H - 1)·stride - 2·padding + dilation·(k - 1) + 1."""

    spatial = 2
    example = ("[N, 64, H, W]", "{op: ConvTranspose2d, out_channels: 32, kernel_size: 2, stride: 2}")


class ConvTranspose3d(_ConvTranspose):
    """3-d transposed convolution, the gradient of `Conv3d`: size (D - 1)·stride - 2·padding + dilation·(k - 1) + 1."""

    spatial = 3
    example = ("[N, 8, D, H, W]", "{op: ConvTranspose3d, out_channels: 4, kernel_size: 2, stride: 2}")
