"""Smooth activations, as modules. `rectifier` has those of straight pieces, `softmax` what sums to 1,
`activation_functions` the functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Bool, Choice, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Op, Owned, Sample, Saved
from specc.ops.scalars import fits
from specc.ops.spatial import sample_tensor
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING, bytes_of
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

_COMPLEX = ("complex64", "complex128")


class Elementwise(Op, abstract=True):
    """The output has the input's shape and dtype."""

    family = Family.ACTIVATION
    same_shape = True
    accepts: ClassVar[tuple[str, ...]] = FLOATING  # what torch computes on the CPU
    wanted = "a floating-point input"
    keeps = Saved(("input",))
    copied: ClassVar[bool] = False  # written in place, the input is needed all the same: torch keeps a copy

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
    def saved(cls, call: Call) -> Saved | None:
        return Saved(extra=call.x.nbytes) if cls.copied and cls.shares(call) else cls.keeps

    @classmethod
    def shares(cls, call: Call) -> bool:
        return "inplace" in cls.args and bool(call["inplace"])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 5)))
        args: dict[str, object] = {}
        for name, arg in cls.args.items():
            if arg.required or rng.random() < 0.5:
                args[name] = cls.drawn(rng, arg)
        return Sample(args, (sample_tensor(rng, shape, 0.7),))

    @staticmethod
    def drawn(rng: random.Random, arg: object) -> object:
        """A value for an argument, now and then one of another type (torch takes anything for a boolean)."""
        if isinstance(arg, Bool):
            return rng.random() < 0.5
        if rng.random() < 0.05:
            return "linear"
        if isinstance(arg, Choice):
            return rng.choice(arg.words)
        return rng.choice([0, -1, 2, 300, 1e6]) if rng.random() < 0.2 else round(rng.uniform(0.1, 2), 2)

    @classmethod
    def require_fit(cls, call: Call, name: str, dtype: str | None = None) -> None:
        """A number that the input is compared with must be of its dtype, or of `dtype` (S310)."""
        if not fits(call[name], dtype or call.x.dtype):
            cls.misfit(call, name)

    @classmethod
    def misfit(cls, call: Call, name: str) -> None:
        call.report(
            "S310",
            f"`{name}: {call[name]}` of `{call.label}` ({cls.name}) does not fit the {call.x.dtype} input",
            arg=name,
        )


class GELU(Elementwise, Module):
    """x · Φ(x), with Φ the normal distribution (Hendrycks and Gimpel 2016)."""

    formula = "y = x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2\ntanh: y = x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 · x³)))"
    approximate = Choice("`tanh` for the approximation by tanh", ("none", "tanh"), "none")
    example = ("[N, C]", "GELU")


class SiLU(Elementwise, Module):
    """x · sigmoid(x), also called swish."""

    formula = "y = x · σ(x) = x / (1 + exp(−x))"
    accepts = FLOATING + _COMPLEX
    copied = True
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "SiLU")


class Mish(Elementwise, Module):
    """x · tanh(softplus(x)) (Misra 2019)."""

    formula = "y = x · tanh(log(1 + exp(x)))"
    copied = True
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "Mish")


class Hardswish(Elementwise, Module):
    """x · relu6(x + 3) / 6 (Howard et al. 2019)."""

    formula = "y = x · min(max(0, x + 3), 6) / 6"
    copied = True
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "Hardswish")


class Hardsigmoid(Elementwise, Module):
    """relu6(x + 3) / 6."""

    formula = "y = min(max(0, x + 3), 6) / 6"
    copied = True
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "Hardsigmoid")


class Softplus(Elementwise, Module):
    """log(1 + exp(beta · x)) / beta, and x itself above `threshold`."""

    formula = "y = log(1 + exp(beta · x)) / beta if beta · x ≤ threshold else x"
    beta = Float("sharpness", 1.0)
    threshold = Float("where x · beta is large enough to be returned as it is", 20.0)
    example = ("[N, C]", "Softplus")


class _Lifted(Elementwise, abstract=True):
    """Integers and booleans are taken as float32."""

    accepts: ClassVar[tuple[str, ...]] = DTYPES
    wanted = "a tensor"
    keeps = Saved((), (0,))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(cls.accepts, cls.wanted)
        return call.x if call.x.dtype in FLOATING + _COMPLEX else call.x.with_dtype("float32")


class Sigmoid(_Lifted, Module):
    """1 / (1 + exp(-x)), element by element."""

    formula = "y = σ(x) = 1 / (1 + exp(−x))"
    example = ("[N, C]", "Sigmoid")


class Tanh(_Lifted, Module):
    """tanh(x), element by element."""

    formula = "y = tanh(x) = (exp(x) − exp(−x)) / (exp(x) + exp(−x))"
    example = ("[N, C]", "Tanh")


class Softsign(_Lifted, Module):
    """x / (1 + |x|), element by element."""

    formula = "y = x / (1 + |x|)"
    accepts = tuple(d for d in DTYPES if d != "bool")
    wanted = "numbers"
    example = ("[N, C]", "Softsign")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        dtype = call.x.dtype  # 1 + |x| is kept: half as many bytes where x is complex
        size = bytes_of(dtype) // (2 if dtype in _COMPLEX else 1)
        return Saved(("input",), extra=call.x.numel * size)


class Tanhshrink(_Lifted, Module):
    """x - tanh(x), element by element."""

    formula = "y = x − tanh(x)"
    accepts = tuple(d for d in DTYPES if d != "bool")
    wanted = "numbers"
    example = ("[N, C]", "Tanhshrink")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(extra=call.x.nbytes)  # tanh(x)


class LogSigmoid(Elementwise, Module):
    """log(sigmoid(x)), computed without overflow."""

    formula = "y = log(1 / (1 + exp(−x)))"
    example = ("[N, C]", "LogSigmoid")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input",), extra=call.x.nbytes)  # exp(−|x|)


class GLU(Elementwise, Module):
    """One half of an axis, gated by the sigmoid of the other (Dauphin et al. 2017)."""

    formula = "y = a · σ(b), where a and b are the first and the second half of x along dim\nD_out = D / 2"
    same_shape = False
    dim = Int("the axis that is split in halves", -1)
    example = ("[N, 512]", "GLU")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(cls.accepts, cls.wanted)
        if call.x.rank == 0:
            call.reject("S302", f"`{call.label}` ({cls.name}) halves an axis, but its input is 0-d")
        axis = call.axis(call["dim"], call.x.rank)
        size = call.x.shape[axis]
        call.require_equal(
            size % 2,
            Dim.of(0),
            f"`{call.label}` ({cls.name}) needs an even size of axis {axis}, but its input has {size}",
            code="S308",
            arg="dim",
            help="it splits the axis in two: let the layer before it give twice the size that is wanted",
        )
        return call.x.with_dim(axis, size // 2)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(
            rng.choice([0, 1, 2, 2, 4, 4, 6, 3]) for _ in range(rng.randint(0 if rng.random() < 0.2 else 1, 4))
        )
        args = {"dim": rng.randint(-3, 2)} if rng.random() < 0.7 else {}
        return Sample(args, (sample_tensor(rng, shape),))
