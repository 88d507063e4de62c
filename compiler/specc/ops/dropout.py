"""Dropout. In eval mode, in which verdicts are judged, every dtype passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Float
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample
from specc.ops.spatial import sample_tensor
from specc.ops.write import Moded
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Dropout(Op, abstract=True):
    family = Family.DROPOUT
    same_shape = True
    positional = 1
    p = Float("probability of an element to be set to 0", 0.5, min=0, max=1)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 6)))
        args: dict[str, object] = {}
        if rng.random() < 0.7:
            args["p"] = rng.choice([0, 0.1, 0.5, 1.0, 0.9, -0.1, 1.5, "half"] if rng.random() < 0.4 else [0.2])
        if "inplace" in cls.args and rng.random() < 0.4:
            args["inplace"] = rng.random() < 0.5
        return Sample(args, (sample_tensor(rng, shape),))


class Dropout(_Dropout, Module):
    """In training, sets elements to 0 with probability `p` and scales the others by 1 / (1 - p)."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: Dropout, p: 0.1}")


class Dropout1d(_Dropout, Module):
    """In training, sets whole channels of a sequence to 0 with probability `p`."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C, L]", "{op: Dropout1d, p: 0.1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(3, 2, layout="[N, C, L]")
        return call.x


class Dropout2d(_Dropout, Module):
    """In training, sets whole channels of an image to 0 with probability `p`."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C, H, W]", "{op: Dropout2d, p: 0.1}")


class Dropout3d(_Dropout, Module):
    """In training, sets whole channels of a volume to 0 with probability `p`."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C, D, H, W]", "{op: Dropout3d, p: 0.1}")


class AlphaDropout(_Dropout, Module):
    """Dropout that keeps mean and variance, for networks of `SELU`."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: AlphaDropout, p: 0.1}")


class dropout(_Dropout, Function):
    """The function of `Dropout`; it follows the mode of the module that it is written in."""

    python = Moded("F.dropout")
    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "{op: dropout, p: 0.1}")
