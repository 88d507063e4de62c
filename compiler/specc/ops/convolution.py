"""Convolutions and their transposes."""

from __future__ import annotations

import random

from specc.ops.arguments import INFERRED, Bool, Choice, Int, Sizes, SizesOr
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType


def windows(size: Dim, kernel: int, stride: int, padding: int, dilation: int) -> Dim:
    """How often a dilated kernel fits: ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1."""
    return (size + (2 * padding - dilation * (kernel - 1) - 1)) // stride + 1


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
    def infer(cls, call: Call) -> TensorType:
        layout = f"[N, C, {', '.join('DHW'[3 - cls.spatial :] if cls.spatial < 3 else 'DHW')}]"
        call.require_rank(cls.spatial + 2, cls.spatial + 1, layout=layout)
        call.require_floating()
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
                out.append(size)
                continue
            pad = 0 if call["padding"] == "valid" else call.sizes("padding")[axis]
            call.require_at_least(
                size + 2 * pad,
                reach + 1,
                f"the kernel of `{call.label}` spans {reach + 1}, but its padded input has only {size + 2 * pad}",
                arg="kernel_size",
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
        return call.output[0].numel * per_output

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.choice([1, 1, 1, 2, 3])
        channels = groups * rng.randint(1, 3) + (rng.random() < 0.05)
        n = cls.spatial

        def sizes(low: int, high: int) -> int | list[int]:
            return rng.randint(low, high) if rng.random() < 0.6 else [rng.randint(low, high) for _ in range(n)]

        args = {"out_channels": groups * rng.randint(1, 3) + (rng.random() < 0.05), "kernel_size": sizes(1, 4)}
        optional = {
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
        lead = () if rng.random() < 0.2 else (rng.randint(0, 2),)
        space = tuple(rng.randint(1, 9) for _ in range(n + (rng.random() < 0.05)))
        return Sample(args, (((*lead, channels, *space), "float32"),))


def _check_groups(call: Call, channels: int) -> None:
    groups = call["groups"]
    for count, what, arg in ((channels, "input", "groups"), (call["out_channels"], "output", "groups")):
        if count % groups:
            call.report(
                "S308", f"`groups: {groups}` of `{call.label}` does not divide its {count} {what} channels", arg=arg
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
