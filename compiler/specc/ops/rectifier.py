"""Activations of straight pieces, or with one side straight, as modules: `ReLU` and its relatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.activation import Elementwise
from specc.ops.arguments import Bool, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Module, Owned, Sample, Saved
from specc.ops.scalars import fits, largest
from specc.ops.spatial import sample_tensor
from specc.shapes.constraints import Proved, Refuted
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING, SIGNED
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_INTEGERS = (*SIGNED, "uint8")


class ReLU(Elementwise, Module):
    """max(0, x), element by element."""

    formula = "y = max(0, x)"
    accepts = FLOATING + _INTEGERS
    wanted = "numbers"
    keeps = Saved((), (0,))
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "ReLU")


class ReLU6(Elementwise, Module):
    """min(max(0, x), 6), element by element."""

    formula = "y = min(max(0, x), 6)"
    accepts = FLOATING + _INTEGERS
    wanted = "numbers"
    copied = True
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "ReLU6")


class LeakyReLU(Elementwise, Module):
    """x where it is positive, else `negative_slope` · x."""

    formula = "y = x if x > 0 else negative_slope · x"
    positional = 1
    negative_slope = Float("slope of the negative side", 0.01)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: LeakyReLU, negative_slope: 0.2}")


class Slopes(Elementwise, abstract=True):
    """The slopes of the negative side come from a tensor: one for all, or one a channel."""

    formula = "y[n, c, …] = x[n, c, …] if it is positive, else w[c] · x[n, c, …]"

    @classmethod
    def require_channels(cls, call: Call, count: Dim, arg: str | None, help: str) -> None:
        """One slope, or as many as axis 1 of the input has; torch takes an input without it for one channel."""
        if isinstance(call.decide(count, Dim.of(1)), Proved):
            return
        channels = call.x.shape[1] if call.x.rank > 1 else Dim.of(1)
        where = f"its input has {channels} channels" if call.x.rank > 1 else f"its input is {call.x.rank}-d"
        other = Dim.of(1) if isinstance(call.decide(count, channels), Refuted) else channels
        message = f"`{call.label}` ({cls.name}) has {count} slopes, but {where}"
        call.require_equal(count, other, message, arg=arg, help=help)


class PReLU(Slopes, Module):
    """x where it is positive, else w · x with a learned slope w: one for all, or one a channel (axis 1)."""

    num_parameters = Int("number of slopes: 1, or the channels of the input", 1, min=0)
    init = Float("the slopes at first", 0.25)
    example = ("[N, 16, H, W]", "{op: PReLU, num_parameters: 16}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_weights()
        cls.require_channels(
            call,
            call.dim("num_parameters"),
            "num_parameters",
            "leave `num_parameters` out for one slope, or write the number of channels (axis 1) of the input",
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


class RReLU(Elementwise, Module):
    """x where it is positive, else a · x; the slope a is drawn anew for every element in training (Xu et al. 2015).

    In eval mode a is the mean of `lower` and `upper`. Training does not take float16 on the CPU.
    """

    formula = "y = x if x > 0 else a · x, with a from U(lower, upper) in training, (lower + upper) / 2 in eval mode"
    lower = Float("least slope", 1 / 8)
    upper = Float("greatest slope", 1 / 3)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "RReLU")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["lower"] > call["upper"]:
            call.report(
                "S310",
                f"`lower: {call['lower']}` of `{call.label}` ({cls.name}) is more than `upper: {call['upper']}`",
                arg="lower",
                notes=(),
            )
        return super().infer(call)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input",), extra=call.x.nbytes)  # the slopes


class ELU(Elementwise, Module):
    """x where it is positive, else alpha · (exp(x) - 1) (Clevert et al. 2015)."""

    formula = "y = x if x > 0 else alpha · (exp(x) − 1)"
    alpha = Float("scale of the negative side", 1.0)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "ELU")


class CELU(Elementwise, Module):
    """The ELU with a derivative that has no jump for any alpha (Barron 2017)."""

    formula = "y = max(0, x) + min(0, alpha · (exp(x / alpha) − 1))"
    alpha = Float("scale of the negative side", 1.0)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "CELU")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["alpha"] == 0:
            call.report(
                "L204",
                f"`alpha` of `{call.label}` ({cls.name}) must not be 0: x is divided by it",
                arg="alpha",
                notes=(),
                help="with a small alpha it is nearly a `ReLU`",
            )
        return super().infer(call)


class SELU(Elementwise, Module):
    """The scaled ELU that keeps mean 0 and variance 1 (Klambauer et al. 2017)."""

    formula = "y = scale · (max(0, x) + min(0, alpha · (exp(x) − 1))), scale = 1.0507…, alpha = 1.6733…"
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "SELU")


class Hardtanh(Elementwise, Module):
    """x kept within [min_val, max_val]."""

    formula = "y = min(max(x, min_val), max_val)"
    accepts = FLOATING + _INTEGERS
    wanted = "numbers"
    copied = True
    min_val = Float("lower end", -1.0)
    max_val = Float("upper end", 1.0)
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: Hardtanh, min_val: 0.0}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        low, high = call["min_val"], call["max_val"]
        if low > high or (cls.stateful and low == high):  # the module is stricter than its function
            wrong = "greater than" if cls.stateful else "at least"
            call.report("S310", f"`max_val` of `{call.label}` must be {wrong} `min_val`", arg="max_val", notes=())
        dtype = call.x.dtype
        for name in ("min_val", "max_val") if dtype in cls.accepts else ():
            end = call[name]
            end = int(end) if dtype in _INTEGERS and fits(end, "int64") else end
            if not fits(end, dtype) or (dtype == "uint8" and end < 0):
                cls.misfit(call, name)
        return super().infer(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        base = super().sample(rng)
        if rng.random() < 0.3:
            base.args["min_val"] = rng.choice([0, -2.0, 0.5, 1.0])
        return base


class Hardshrink(Elementwise, Module):
    """x where it is further from 0 than `lambd`, else 0."""

    formula = "y = x if |x| > lambd else 0"
    lambd = Float("the distance from 0 below which the output is 0", 0.5)
    example = ("[N, C]", "Hardshrink")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.dtype in FLOATING:
            cls.require_fit(call, "lambd")
        return super().infer(call)


class Softshrink(Elementwise, Module):
    """x moved towards 0 by `lambd`, and 0 where it is nearer."""

    formula = "y = x − lambd if x > lambd, x + lambd if x < −lambd, else 0"
    lambd = Float("how far values move towards 0", 0.5, min=0)
    example = ("[N, C]", "Softshrink")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.dtype in FLOATING and call["lambd"] > largest(call.x.dtype):
            cls.misfit(call, "lambd")
        return super().infer(call)


class Threshold(Elementwise, Module):
    """x where it is above `threshold`, else `value`."""

    formula = "y = x if x > threshold else value"
    accepts = FLOATING + _INTEGERS
    wanted = "numbers"
    positional = 2
    copied = True
    threshold = Float("what x must exceed to stay")
    value = Float("what the others become")
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: Threshold, threshold: 0.1, value: 20}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.dtype in cls.accepts:
            cls.require_fit(call, "value")
            cls.require_fit(call, "threshold", dtype="float32" if call.x.dtype in FLOATING[2:] else None)
        return super().infer(call)
