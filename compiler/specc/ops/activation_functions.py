"""Activations, as functions. Each is declared as the module that it is the function of: the same arguments, the same
rule, and it owns nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops import activation, rectifier
from specc.ops.call import Call
from specc.ops.declare import Function, Sample, Saved
from specc.ops.spatial import sample_dtype
from specc.ops.write import Moded, Writer
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class relu(Function, rectifier.ReLU):
    """max(0, x), element by element: the function of `ReLU`."""

    python = Writer("F.relu")
    example = ("[N, C]", "relu")


class relu6(Function, rectifier.ReLU6):
    """min(max(0, x), 6), element by element: the function of `ReLU6`."""

    python = Writer("F.relu6")
    example = ("[N, C]", "relu6")


class leaky_relu(Function, rectifier.LeakyReLU):
    """x where it is positive, else `negative_slope` · x: the function of `LeakyReLU`."""

    positional = 0
    python = Writer("F.leaky_relu")
    example = ("[N, C]", "{op: leaky_relu, negative_slope: 0.2}")


class prelu(Function, rectifier.Slopes):
    """x where it is positive, else w · x: the function of `PReLU`, with the slopes as an input."""

    inputs = ("input", "weight")
    python = Writer("F.prelu")
    keeps = Saved(("input", "weight"))
    example = ("[N, 16, H, W], [16]", "prelu")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_floating("input", "weight")
        weight = call.input("weight")
        if weight.rank > 1:
            call.reject("S302", f"`{call.label}` (prelu) needs a 0-d or 1-d `weight`, but it is {weight.rank}-d")
        if weight.dtype != call.x.dtype:
            call.reject(
                "S307", f"`{call.label}` (prelu) needs a {call.x.dtype} `weight` like its input, not {weight.dtype}"
            )
        cls.require_channels(
            call, weight.numel, None, "`weight` has one element, or one for every channel (axis 1) of the input"
        )
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0 if rng.random() < 0.1 else 1, 4) for _ in range(rng.randint(0, 4)))
        channels = shape[1] if len(shape) > 1 else 1
        weight = rng.choice([(), (1,), (channels,), (channels,), (2,), (1, 1)])
        dtype = sample_dtype(rng)
        return Sample({}, ((shape, dtype), (weight, dtype if rng.random() < 0.95 else sample_dtype(rng))))


class rrelu(Function, rectifier.RReLU):
    """`RReLU` as a function: random slopes where the module that it is written in trains."""

    python = Moded("F.rrelu")
    example = ("[N, C]", "rrelu")


class elu(Function, rectifier.ELU):
    """x where it is positive, else alpha · (exp(x) - 1): the function of `ELU`."""

    python = Writer("F.elu")
    example = ("[N, C]", "elu")


class celu(Function, rectifier.CELU):
    """The ELU with a derivative that has no jump: the function of `CELU`."""

    python = Writer("F.celu")
    example = ("[N, C]", "celu")


class selu(Function, rectifier.SELU):
    """The scaled ELU that keeps mean 0 and variance 1: the function of `SELU`."""

    python = Writer("F.selu")
    example = ("[N, C]", "selu")


class gelu(Function, activation.GELU):
    """x · Φ(x), with Φ the normal distribution: the function of `GELU`."""

    python = Writer("F.gelu")
    example = ("[N, C]", "gelu")


class silu(Function, activation.SiLU):
    """x · sigmoid(x): the function of `SiLU`."""

    python = Writer("F.silu")
    example = ("[N, C]", "silu")


class mish(Function, activation.Mish):
    """x · tanh(softplus(x)): the function of `Mish`."""

    python = Writer("F.mish")
    example = ("[N, C]", "mish")


class hardswish(Function, activation.Hardswish):
    """x · relu6(x + 3) / 6: the function of `Hardswish`."""

    python = Writer("F.hardswish")
    example = ("[N, C]", "hardswish")


class hardsigmoid(Function, activation.Hardsigmoid):
    """relu6(x + 3) / 6: the function of `Hardsigmoid`."""

    python = Writer("F.hardsigmoid")
    example = ("[N, C]", "hardsigmoid")


class hardtanh(Function, rectifier.Hardtanh):
    """x kept within [min_val, max_val]: the function of `Hardtanh`."""

    python = Writer("F.hardtanh")
    example = ("[N, C]", "{op: hardtanh, min_val: 0.0}")


class softplus(Function, activation.Softplus):
    """log(1 + exp(beta · x)) / beta: the function of `Softplus`."""

    python = Writer("F.softplus")
    example = ("[N, C]", "softplus")


class hardshrink(Function, rectifier.Hardshrink):
    """x where it is further from 0 than `lambd`, else 0: the function of `Hardshrink`."""

    python = Writer("F.hardshrink")
    example = ("[N, C]", "hardshrink")


class softshrink(Function, rectifier.Softshrink):
    """x moved towards 0 by `lambd`: the function of `Softshrink`."""

    python = Writer("F.softshrink")
    example = ("[N, C]", "softshrink")


class threshold(Function, rectifier.Threshold):
    """x where it is above `threshold`, else `value`: the function of `Threshold`."""

    python = Writer("F.threshold")
    example = ("[N, C]", "{op: threshold, threshold: 0.1, value: 20}")


class sigmoid(Function, activation.Sigmoid):
    """1 / (1 + exp(-x)), element by element: the function of `Sigmoid`."""

    python = Writer("torch.sigmoid")
    example = ("[N, C]", "sigmoid")


class tanh(Function, activation.Tanh):
    """tanh(x), element by element: the function of `Tanh`."""

    python = Writer("torch.tanh")
    example = ("[N, C]", "tanh")


class softsign(Function, activation.Softsign):
    """x / (1 + |x|): the function of `Softsign`."""

    python = Writer("F.softsign")
    example = ("[N, C]", "softsign")


class tanhshrink(Function, activation.Tanhshrink):
    """x - tanh(x): the function of `Tanhshrink`."""

    python = Writer("F.tanhshrink")
    example = ("[N, C]", "tanhshrink")


class logsigmoid(Function, activation.LogSigmoid):
    """log(sigmoid(x)), computed without overflow: the function of `LogSigmoid`."""

    python = Writer("F.logsigmoid")
    example = ("[N, C]", "logsigmoid")


class glu(Function, activation.GLU):
    """One half of an axis, gated by the sigmoid of the other: the function of `GLU`."""

    python = Writer("F.glu")
    example = ("[N, 512]", "glu")
