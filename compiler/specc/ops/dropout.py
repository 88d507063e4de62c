"""Dropout, as modules and as functions.

In eval mode it gives its input back, whatever that is; what only training refuses (integers, an input without
channels) is refused here as well, as a network with dropout is meant to be trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Bool, Float
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import sample_dtype
from specc.ops.write import Moded
from specc.shapes.dtype import FLOATING, bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

    from specc.shapes.dim import Dim

_CHANNELS = "y[n, c, …] = m[n, c] · x[n, c, …] / (1 − p), m[n, c] = 0 with probability p, else 1; eval mode: y = x"


class _Dropout(Op, abstract=True):
    family = Family.DROPOUT
    same_shape = True
    positional = 1
    least: ClassVar[int] = 0  # the least rank that training takes
    p = Float("probability of an element to be set to 0", 0.5, min=0, max=1)
    inplace = Bool("whether the input is overwritten", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(FLOATING, "a floating-point input to scale when it trains")
        if call.x.rank < cls.least:
            call.reject(
                "S302",
                f"`{call.label}` ({cls.name}) needs an input with channels when it trains, but it is {call.x.rank}-d",
                help="`Dropout` sets single elements to 0",
            )
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def drawn(cls, call: Call) -> Dim:
        """How many are drawn: channels of every sample."""
        return call.x.shape[0] * call.x.shape[1]

    @classmethod
    def saved(cls, call: Call) -> Saved:
        if call["p"] == 0:
            return Saved()
        return Saved(extra=(1 if call["p"] == 1 else cls.drawn(call)) * bytes_of(call.x.dtype))

    @classmethod
    def shares(cls, call: Call) -> bool:
        return bool(call["p"] == 0 or call["inplace"])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        rank = rng.randint(cls.least if rng.random() < 0.95 else 0, 6)
        shape = tuple(rng.randint(0 if rng.random() < 0.1 else 1, 4) for _ in range(rank))
        args: dict[str, object] = {}
        if rng.random() < 0.7:
            args["p"] = rng.choice([0, 0.1, 0.5, 1.0, 0.9, -0.1, 1.5, "half"] if rng.random() < 0.4 else [0.2])
        if rng.random() < 0.4:
            args["inplace"] = rng.random() < 0.5
        dtype = rng.choice(FLOATING) if rng.random() < 0.95 else sample_dtype(rng, 0)
        return Sample(args, ((shape, dtype),))


class Dropout(_Dropout, Module):
    """In training, sets elements to 0 with probability `p` and scales the others by 1 / (1 - p)."""

    formula = "y = m · x / (1 − p), m = 0 with probability p, else 1, for every element; eval mode: y = x"
    example = ("[N, C]", "{op: Dropout, p: 0.1}")

    @classmethod
    def drawn(cls, call: Call) -> Dim:
        return call.x.numel


class Dropout1d(_Dropout, Module):
    """In training, sets whole channels of a sequence to 0 with probability `p` (Tompson et al. 2015)."""

    formula = _CHANNELS
    example = ("[N, C, L]", "{op: Dropout1d, p: 0.1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(3, 2, layout="[N, C, L]")
        return super().infer(call)

    @classmethod
    def drawn(cls, call: Call) -> Dim:
        return call.x.shape[0] * call.x.shape[1] if call.x.rank == 3 else call.x.shape[0]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        base = super().sample(rng)
        ((shape, dtype),) = (given for given in base.inputs if given is not None)
        if rng.random() < 0.8:
            shape = (*shape, 2, 1, 3)[: rng.choice([2, 3, 3])]
        return Sample(base.args, ((shape, dtype),))


class Dropout2d(_Dropout, Module):
    """In training, sets whole channels of an image to 0 with probability `p` (Tompson et al. 2015).

    Axes 0 and 1 are samples and channels, whatever the rank of the input.
    """

    formula = _CHANNELS
    least = 2
    example = ("[N, C, H, W]", "{op: Dropout2d, p: 0.1}")


class Dropout3d(_Dropout, Module):
    """In training, sets whole channels of a volume to 0 with probability `p` (Tompson et al. 2015).

    An input of another rank than 5 is taken for one sample: axis 0 is the channels.
    """

    formula = _CHANNELS
    least = 1
    example = ("[N, C, D, H, W]", "{op: Dropout3d, p: 0.1}")

    @classmethod
    def drawn(cls, call: Call) -> Dim:
        return call.x.shape[0] * call.x.shape[1] if call.x.rank == 5 else call.x.shape[0]


class _Alpha(_Dropout, abstract=True):
    """Modules that take `inplace` and do not heed it."""

    inplace = Bool("without effect: the module never overwrites its input", False)

    @classmethod
    def shares(cls, call: Call) -> bool:
        return bool(call["p"] == 0)


_ALPHA = (
    "y = a · (m · x + (1 − m) · α′) + b, m = 0 with probability p, else 1, {}; α′ = −1.7581…\n"
    "a = 1 / √((1 − p) · (1 + p · α′²)), b = −a · p · α′; eval mode: y = x"
)


class AlphaDropout(_Alpha, Module):
    """Dropout that keeps mean and variance, for networks of `SELU` (Klambauer et al. 2017)."""

    formula = _ALPHA.format("for every element")
    example = ("[N, C]", "{op: AlphaDropout, p: 0.1}")

    @classmethod
    def drawn(cls, call: Call) -> Dim:
        return call.x.numel


class FeatureAlphaDropout(_Alpha, Module):
    """`AlphaDropout` of whole channels: axes 0 and 1 are samples and channels."""

    formula = _ALPHA.format("for every channel of every sample")
    least = 2
    example = ("[N, C, D, H, W]", "{op: FeatureAlphaDropout, p: 0.1}")


class dropout(Function, Dropout):
    """The function of `Dropout`; it follows the mode of the module that it is written in."""

    python = Moded("F.dropout")
    example = ("[N, C]", "{op: dropout, p: 0.1}")


class dropout1d(Function, Dropout1d):
    """The function of `Dropout1d`; it follows the mode of the module that it is written in."""

    python = Moded("F.dropout1d")
    example = ("[N, C, L]", "{op: dropout1d, p: 0.1}")


class dropout2d(Function, Dropout2d):
    """The function of `Dropout2d`; it follows the mode of the module that it is written in."""

    python = Moded("F.dropout2d")
    example = ("[N, C, H, W]", "{op: dropout2d, p: 0.1}")


class dropout3d(Function, Dropout3d):
    """The function of `Dropout3d`; it follows the mode of the module that it is written in."""

    python = Moded("F.dropout3d")
    example = ("[N, C, D, H, W]", "{op: dropout3d, p: 0.1}")


class alpha_dropout(Function, AlphaDropout):
    """The function of `AlphaDropout`; it follows the mode of the module that it is written in."""

    python = Moded("F.alpha_dropout")
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: alpha_dropout, p: 0.1}")

    @classmethod
    def shares(cls, call: Call) -> bool:
        return bool(call["p"] == 0 or call["inplace"])


class feature_alpha_dropout(Function, FeatureAlphaDropout):
    """The function of `FeatureAlphaDropout`; it follows the mode of the module that it is written in."""

    python = Moded("F.feature_alpha_dropout")
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C, D, H, W]", "{op: feature_alpha_dropout, p: 0.1}")

    @classmethod
    def shares(cls, call: Call) -> bool:
        return bool(call["p"] == 0 or call["inplace"])
