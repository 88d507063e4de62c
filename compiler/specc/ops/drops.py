"""What torchvision drops in training beyond single elements: whole samples of a branch, and blocks of an image.

In eval mode they give their input back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Bool, Choice, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import sample_dtype
from specc.ops.write import Moded, Writer
from specc.shapes.dtype import FLOATING, bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Drop(Op, abstract=True):
    family = Family.DROPOUT
    same_shape = True
    positional = 2

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def shares(cls, call: Call) -> bool:
        return bool(call["p"] == 0 or ("inplace" in cls.args and call["inplace"]))


class _Stochastic(_Drop, abstract=True):
    p = Float("probability that a sample is set to 0", min=0, max=1)
    mode = Choice("`row` draws for every sample, `batch` once for all", ("batch", "row"))
    formula = "y[n] = m[n] · x[n] / (1 − p), m[n] = 0 with probability p, else 1; eval mode: y = x"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(FLOATING, "a floating-point input to scale when it trains")
        if not call.x.rank and call["mode"] == "row":
            call.reject("S302", f"`{call.label}` ({cls.name}) needs rows to drop when it trains, but its input is 0-d")
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        if call["p"] == 0:
            return Saved()
        return Saved(extra=(call.x.shape[0] if call["mode"] == "row" else 1) * bytes_of(call.x.dtype))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0 if rng.random() < 0.1 else 1, 4) for _ in range(rng.randint(0, 5)))
        args = {
            "p": rng.choice([0.1, 0.2, 0.5, 0, 1] if rng.random() < 0.9 else [-0.1, 1.5]),
            "mode": rng.choice(["batch", "row"] if rng.random() < 0.95 else ["column"]),
        }
        return Sample(args, ((shape, rng.choice(FLOATING) if rng.random() < 0.9 else sample_dtype(rng)),))


class StochasticDepth(_Stochastic, Module):
    """In training, sets whole samples of a branch to 0 with probability `p` and scales the others (Huang et al. 2016).

    It stands at the end of a residual branch, before the sum.
    """

    python = Writer("torchvision.ops.StochasticDepth")
    example = ("[N, C, H, W]", "{op: StochasticDepth, p: 0.1, mode: row}")


class stochastic_depth(_Stochastic, Function):
    """In training, sets whole samples of a branch to 0 with probability `p`, as `StochasticDepth` does."""

    python = Moded("torchvision.ops.stochastic_depth")
    example = ("[N, C, H, W]", "{op: stochastic_depth, p: 0.1, mode: row}")


class _DropBlock(_Drop, abstract=True):
    layout: ClassVar[str]
    p = Float("probability of an element to be dropped", min=0, max=1)
    block_size = Int("side of the blocks; odd, and cut to the input's sizes")
    inplace = Bool("whether the input is overwritten", False)
    eps = Float("added to a denominator", 1e-6)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(cls.layout.count(",") + 1, layout=cls.layout)
        call.require_dtype(FLOATING, "a floating-point input to scale when it trains")
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The mask, and the factor that makes up for it."""
        return Saved() if call["p"] == 0 else Saved(extra=call.x.nbytes + bytes_of(call.x.dtype))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        rank = cls.layout.count(",") + 1
        rank += rng.choice([-1, 1]) if rng.random() < 0.1 else 0
        shape = tuple(rng.randint(0 if rng.random() < 0.05 else 1, 5) for _ in range(rank))
        args: dict[str, object] = {
            "p": rng.choice([0.1, 0.2, 0.5, 0, 1] if rng.random() < 0.9 else [-0.1, 1.5]),
            "block_size": rng.choice([1, 3, 5, 2]),
        }
        if rng.random() < 0.4:
            args["inplace"] = rng.random() < 0.5
        if rng.random() < 0.4:
            args["eps"] = rng.choice([1e-3, 0.1])
        return Sample(args, ((shape, rng.choice(FLOATING) if rng.random() < 0.9 else sample_dtype(rng)),))


_BLOCKS = (
    "y = x · m · |m| / (eps + Σ m), m = 0 in blocks around points drawn so that p of the elements go; eval mode: y = x"
)


class DropBlock2d(_DropBlock, Module):
    """In training, sets square blocks of every channel of an image to 0 and scales the rest (Ghiasi et al. 2018)."""

    python = Writer("torchvision.ops.DropBlock2d")
    formula = _BLOCKS
    layout = "[N, C, H, W]"
    example = ("[N, C, H, W]", "{op: DropBlock2d, p: 0.1, block_size: 7}")


class drop_block2d(_DropBlock, Function):
    """In training, sets square blocks of every channel of an image to 0 and scales the rest (Ghiasi et al. 2018)."""

    python = Moded("torchvision.ops.drop_block2d")
    formula = _BLOCKS
    layout = "[N, C, H, W]"
    example = ("[N, C, H, W]", "{op: drop_block2d, p: 0.1, block_size: 7}")


class DropBlock3d(_DropBlock, Module):
    """In training, sets cubes of every channel of a volume to 0 and scales the rest (Ghiasi et al. 2018)."""

    python = Writer("torchvision.ops.DropBlock3d")
    formula = _BLOCKS
    layout = "[N, C, D, H, W]"
    example = ("[N, C, D, H, W]", "{op: DropBlock3d, p: 0.1, block_size: 3}")


class drop_block3d(_DropBlock, Function):
    """In training, sets cubes of every channel of a volume to 0 and scales the rest (Ghiasi et al. 2018)."""

    python = Moded("torchvision.ops.drop_block3d")
    formula = _BLOCKS
    layout = "[N, C, D, H, W]"
    example = ("[N, C, D, H, W]", "{op: drop_block3d, p: 0.1, block_size: 3}")
