"""Activations, as modules and as functions."""

from __future__ import annotations

import random

from specc.ops.arguments import Bool
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample
from specc.ops.write import Writer
from specc.shapes.tensor import TensorType


class _Elementwise(Op, abstract=True):
    """The output has the input's shape and dtype."""

    family = Family.ACTIVATION
    same_shape = True

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_floating()
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
        args = {}
        for name, arg in cls.args.items():
            if rng.random() < 0.5:
                args[name] = rng.random() < 0.5 if isinstance(arg, Bool) else round(rng.uniform(0.1, 2), 2)
        return Sample(args, ((shape, "float32"),))


class ReLU(_Elementwise, Module):
    """max(0, x), element by element."""

    inplace = Bool("whether the input is overwritten", False)
    example = ("[N, C]", "ReLU")


class relu(_Elementwise, Function):
    """max(0, x), element by element: the function of `ReLU`."""

    python = Writer("F.relu")
    example = ("[N, C]", "relu")
