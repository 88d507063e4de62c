"""What sums to 1 along an axis: softmax and its relatives, as modules and as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.activation import Elementwise
from specc.ops.arguments import Bool, DType, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Function, Module, Sample, Saved
from specc.ops.spatial import sample_shape, sample_tensor
from specc.ops.write import Writer
from specc.shapes.dtype import FLOATING
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random


class _Normalized(Elementwise, abstract=True):
    """A softmax over `dim`."""

    keeps = Saved((), (0,))
    dim = Int(
        "the axis whose values sum to 1; null takes the channels: axis 0 of 0-d, 1-d and 3-d inputs, else 1", None
    )
    castable: tuple[str, ...] = DTYPES  # what `dtype` converts

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dtype = call["dtype"] if "dtype" in cls.args else None
        if dtype is not None and dtype not in FLOATING:
            call.reject("S307", f"`dtype: {dtype}` of `{call.label}` ({cls.name}) must be a floating one", arg="dtype")
        if dtype is None:
            call.require_dtype(cls.accepts, cls.wanted)
        else:
            call.require_dtype(cls.castable, "numbers")
        if call["dim"] is not None:
            call.axis(call["dim"], call.x.rank)
        return call.x.with_dtype(dtype or call.x.dtype)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 5)))
        args: dict[str, object] = {"dim": rng.choice([None, *range(-4, 4)])} if rng.random() < 0.8 else {}
        if "dtype" in cls.args and rng.random() < 0.4:
            args["dtype"] = rng.choice(FLOATING) if rng.random() < 0.9 else rng.choice(["int64", "bool"])
        return Sample(args, (sample_tensor(rng, shape),))


_DTYPE = "what the input is converted to before; null leaves it as it is"


class Softmax(_Normalized, Module):
    """exp(x) / Σ exp(x) along an axis."""

    formula = "y[i] = exp(x[i]) / Σ_j exp(x[j]), j along dim"
    example = ("[N, 10]", "{op: Softmax, dim: -1}")


class softmax(Function, Softmax):
    """exp(x) / Σ exp(x) along an axis: the function of `Softmax`."""

    python = Writer("F.softmax")
    dtype = DType(_DTYPE, None)
    example = ("[N, 10]", "{op: softmax, dim: -1}")


class LogSoftmax(_Normalized, Module):
    """x - log Σ exp(x) along an axis."""

    formula = "y[i] = x[i] − log Σ_j exp(x[j]), j along dim"
    example = ("[N, 10]", "{op: LogSoftmax, dim: -1}")


class log_softmax(Function, LogSoftmax):
    """x - log Σ exp(x) along an axis: the function of `LogSoftmax`."""

    python = Writer("F.log_softmax")
    dtype = DType(_DTYPE, None)
    example = ("[N, 10]", "{op: log_softmax, dim: -1}")


class Softmin(_Normalized, Module):
    """The softmax of -x along an axis: small values become large."""

    formula = "y[i] = exp(−x[i]) / Σ_j exp(−x[j]), j along dim"
    castable = tuple(d for d in DTYPES if d != "bool")
    example = ("[N, 10]", "{op: Softmin, dim: -1}")


class softmin(Function, Softmin):
    """The softmax of -x along an axis: the function of `Softmin`."""

    python = Writer("F.softmin")
    dtype = DType(_DTYPE, None)
    example = ("[N, 10]", "{op: softmin, dim: -1}")


class Softmax2d(Elementwise, Module):
    """The softmax over the channels at every pixel of an image."""

    formula = "y[n, c, h, w] = exp(x[n, c, h, w]) / Σ_k exp(x[n, k, h, w])"
    keeps = Saved((), (0,))
    example = ("[N, C, H, W]", "Softmax2d")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(4, 3, layout="[N, C, H, W]")
        return super().infer(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, (sample_tensor(rng, sample_shape(rng, 2, rng.randint(0, 3), high=3)),))


class gumbel_softmax(Elementwise, Function):
    """A random draw from the categories of an axis that gradients pass through (Jang et al. 2016).

    Draws anew in training and in eval mode alike. Torch's deprecated `eps` is left out.
    """

    formula = (
        "y[i] = exp((x[i] + g[i]) / tau) / Σ_j exp((x[j] + g[j]) / tau), j along dim, g from Gumbel(0, 1)\n"
        "hard: 1 where y is largest, else 0, with the gradient of y"
    )
    inputs = ("logits",)
    python = Writer("F.gumbel_softmax")
    tau = Float("temperature: the smaller, the nearer to one category", 1.0)
    hard = Bool("whether the output is one-hot", False)
    dim = Int("the axis of the categories", -1)
    example = ("[N, 10]", "gumbel_softmax")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(cls.accepts, cls.wanted)
        axis = call.axis(call["dim"], call.x.rank)
        if call["hard"] and call.x.rank:
            size = call.x.shape[axis]
            call.require_at_least(
                size, 1, f"`{call.label}` (gumbel_softmax) draws one of the {size} categories of axis {axis}", arg="dim"
            )
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        if not call["hard"]:
            return Saved((), (0,))
        rest = call.x.with_dim(call["dim"], 1) if call.x.rank else call.x
        return Saved(extra=call.x.nbytes + rest.numel * 8)  # y and the places of the largest

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0 if rng.random() < 0.2 else 1, 4) for _ in range(rng.randint(0, 4)))
        args: dict[str, object] = {}
        if rng.random() < 0.5:
            args["tau"] = rng.choice([0.1, 0.5, 2, 0, -1])
        if rng.random() < 0.5:
            args["hard"] = rng.random() < 0.8
        if rng.random() < 0.6:
            args["dim"] = rng.randint(-4, 3)
        return Sample(args, (sample_tensor(rng, shape),))
