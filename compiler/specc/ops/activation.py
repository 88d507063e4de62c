"""Activations, as modules and as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Bool, Choice, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample
from specc.ops.spatial import sample_tensor
from specc.ops.write import Writer
from specc.shapes.dtype import FLOATING, SIGNED
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

_COMPLEX = ("complex64", "complex128")
_INTEGERS = (*SIGNED, "uint8")


class _Elementwise(Op, abstract=True):
    """The output has the input's shape and dtype."""

    family = Family.ACTIVATION
    same_shape = True
    accepts: ClassVar[tuple[str, ...]] = FLOATING  # what torch computes on the CPU
    wanted = "a floating-point input"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(cls.accepts, cls.wanted)
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 5)))
        args: dict[str, object] = {}
        for name, arg in cls.args.items():
            if rng.random() < 0.5:
                args[name] = cls.value(rng, arg)
        return Sample(args, (sample_tensor(rng, shape),))

    @staticmethod
    def value(rng: random.Random, arg: object) -> object:
        """A value for an argument, now and then one of another type (torch takes anything for a boolean)."""
        if isinstance(arg, Bool):
            return rng.random() < 0.5
        if rng.random() < 0.05:
            return "linear"
        if isinstance(arg, Choice):
            return rng.choice(arg.words)
        return round(rng.uniform(0.1, 2), 2)


class ReLU(_Elementwise, Module):
    """max(0, x), element by element."""

    accepts = FLOATING + _INTEGERS
    wanted = "numbers"
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "ReLU")


class relu(_Elementwise, Function):
    """max(0, x), element by element: the function of `ReLU`."""

    accepts = FLOATING + _INTEGERS
    wanted = "numbers"
    python = Writer("F.relu")
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "relu")


class ReLU6(_Elementwise, Module):
    """min(max(0, x), 6), element by element."""

    accepts = FLOATING + _INTEGERS
    wanted = "numbers"
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "ReLU6")


class LeakyReLU(_Elementwise, Module):
    """x where it is positive, else `negative_slope` · x."""

    positional = 1
    negative_slope = Float("slope of the negative side", 0.01)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: LeakyReLU, negative_slope: 0.2}")


class leaky_relu(_Elementwise, Function):
    """x where it is positive, else `negative_slope` · x: the function of `LeakyReLU`."""

    python = Writer("F.leaky_relu")
    negative_slope = Float("slope of the negative side", 0.01)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: leaky_relu, negative_slope: 0.2}")


class PReLU(_Elementwise, Module):
    """x where it is positive, else a · x with a learned slope: one for all, or one a channel (axis 1)."""

    num_parameters = Int("number of slopes: 1, or the channels of the input", 1, min=0)
    init = Float("the slopes at first", 0.25)
    example = ("[N, 16, H, W]", "{op: PReLU, num_parameters: 16}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_weights()
        count = call["num_parameters"]
        if count != 1:
            if call.x.rank == 0:
                call.reject(
                    "S302", f"`{call.label}` (PReLU) has {count} slopes, but its input is 0-d", arg="num_parameters"
                )
            channels = call.x.shape[1] if call.x.rank > 1 else call.dim("num_parameters").without_origin() * 0 + 1
            call.require_equal(
                call.dim("num_parameters"),
                channels,
                f"`{call.label}` has {count} slopes, but its input has {channels} channels",
                arg="num_parameters",
                help=f"write `num_parameters: {channels}`, or leave it out for one slope",
            )
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {"weight": Owned((call["num_parameters"],))}

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(1, 4) for _ in range(rng.randint(0, 5)))
        args: dict[str, object] = {}
        if rng.random() < 0.6:
            args["num_parameters"] = shape[1] if len(shape) > 1 and rng.random() < 0.8 else rng.randint(0, 3)
        if rng.random() < 0.3:
            args["init"] = 0.1
        return Sample(args, (sample_tensor(rng, shape),))


class ELU(_Elementwise, Module):
    """x where it is positive, else alpha · (exp(x) - 1)."""

    alpha = Float("scale of the negative side", 1.0)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "ELU")


class SELU(_Elementwise, Module):
    """The scaled ELU that keeps mean 0 and variance 1 (Klambauer et al. 2017)."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "SELU")


class GELU(_Elementwise, Module):
    """x · Φ(x), with Φ the normal distribution (Hendrycks and Gimpel 2016)."""

    approximate = Choice("`tanh` for the approximation by tanh", ("none", "tanh"), "none")
    example = ("[N, C]", "GELU")


class gelu(_Elementwise, Function):
    """x · Φ(x), with Φ the normal distribution: the function of `GELU`."""

    python = Writer("F.gelu")
    approximate = Choice("`tanh` for the approximation by tanh", ("none", "tanh"), "none")
    example = ("[N, C]", "gelu")


class SiLU(_Elementwise, Module):
    """x · sigmoid(x), also called swish."""

    accepts = FLOATING + _COMPLEX
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "SiLU")


class silu(_Elementwise, Function):
    """x · sigmoid(x): the function of `SiLU`."""

    accepts = FLOATING + _COMPLEX
    python = Writer("F.silu")
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "silu")


class Mish(_Elementwise, Module):
    """x · tanh(softplus(x)) (Misra 2019)."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "Mish")


class Hardswish(_Elementwise, Module):
    """x · relu6(x + 3) / 6 (Howard et al. 2019)."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "Hardswish")


class Hardsigmoid(_Elementwise, Module):
    """relu6(x + 3) / 6."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "Hardsigmoid")


class Hardtanh(_Elementwise, Module):
    """x kept within [min_val, max_val]."""

    accepts = FLOATING + _INTEGERS
    wanted = "numbers"
    min_val = Float("lower end", -1.0)
    max_val = Float("upper end", 1.0)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: Hardtanh, min_val: 0.0}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        low, high = call["min_val"], call["max_val"]
        if low >= high:
            call.report("S310", f"`max_val` of `{call.label}` must be greater than `min_val`", arg="max_val", notes=())
        if call.x.dtype == "uint8" and low < 0:
            call.report(
                "S307", f"`{call.label}` (Hardtanh) cannot hold a uint8 input at `min_val: {low}`", arg="min_val"
            )
        return super().infer(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        base = super().sample(rng)
        if rng.random() < 0.3:
            base.args["min_val"] = rng.choice([0, -2.0, 0.5, 1.0])
        return base


class Softplus(_Elementwise, Module):
    """log(1 + exp(beta · x)) / beta, and x itself above `threshold`."""

    beta = Float("sharpness", 1.0)
    threshold = Float("where x · beta is large enough to be returned as it is", 20.0)
    example = ("[N, C]", "Softplus")


class _Lifted(_Elementwise, abstract=True):
    """Integers and booleans are taken as float32."""

    accepts = DTYPES
    wanted = "a tensor"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x if call.x.dtype in FLOATING + _COMPLEX else call.x.with_dtype("float32")


class Sigmoid(_Lifted, Module):
    """1 / (1 + exp(-x)), element by element."""

    example = ("[N, C]", "Sigmoid")


class sigmoid(_Lifted, Function):
    """1 / (1 + exp(-x)), element by element: the function of `Sigmoid`."""

    python = Writer("torch.sigmoid")
    example = ("[N, C]", "sigmoid")


class Tanh(_Lifted, Module):
    """tanh(x), element by element."""

    example = ("[N, C]", "Tanh")


class tanh(_Lifted, Function):
    """tanh(x), element by element: the function of `Tanh`."""

    python = Writer("torch.tanh")
    example = ("[N, C]", "tanh")


class LogSigmoid(_Elementwise, Module):
    """log(sigmoid(x)), computed without overflow."""

    example = ("[N, C]", "LogSigmoid")


class _Normalized(_Elementwise, abstract=True):
    """A softmax over `dim`."""

    dim = Int(
        "the axis whose values sum to 1; null takes the channels: axis 0 of 0-d, 1-d and 3-d inputs, else 1", None
    )

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(cls.accepts, cls.wanted)
        if call["dim"] is not None:
            call.axis(call["dim"], call.x.rank)
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 5)))
        args = {"dim": rng.choice([None, *range(-4, 4)])} if rng.random() < 0.8 else {}
        return Sample(args, (sample_tensor(rng, shape),))


class Softmax(_Normalized, Module):
    """exp(x) / Σ exp(x) along an axis."""

    example = ("[N, 10]", "{op: Softmax, dim: -1}")


class softmax(_Normalized, Function):
    """exp(x) / Σ exp(x) along an axis: the function of `Softmax`."""

    python = Writer("F.softmax")
    example = ("[N, 10]", "{op: softmax, dim: -1}")


class LogSoftmax(_Normalized, Module):
    """x - log Σ exp(x) along an axis."""

    example = ("[N, 10]", "{op: LogSoftmax, dim: -1}")


class log_softmax(_Normalized, Function):
    """x - log Σ exp(x) along an axis: the function of `LogSoftmax`."""

    python = Writer("F.log_softmax")
    example = ("[N, 10]", "{op: log_softmax, dim: -1}")
