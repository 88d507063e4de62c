"""Affine maps."""

from __future__ import annotations

import random

from specc.ops.arguments import INFERRED, Bool, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType


class Linear(Module):
    """An affine map of the last axis: y = x Wᵀ + b."""

    family = Family.LINEAR
    positional = 2
    in_features = Int("size of the last axis of the input", INFERRED, min=0)
    out_features = Int("size of the last axis of the output", min=0)
    bias = Bool("whether b is learned", True)
    example = ("[N, 784]", "{op: Linear, out_features: 10}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.rank == 0:
            call.reject("S302", f"`{call.label}` (Linear) needs an input with at least one axis, but its input is 0-d")
        call.require_floating()
        call.inferred("in_features", call.x.shape[-1], axis="features")
        return call.x.with_dim(-1, call.dim("out_features"))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        owned = {"weight": Owned((call["out_features"], call["in_features"]))}
        if call["bias"]:
            owned["bias"] = Owned((call["out_features"],))
        return owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return call.output[0].numel * call["in_features"]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 3)))
        features = rng.randint(1, 6)
        args = {"out_features": rng.randint(1, 6)}
        if rng.random() < 0.5:
            args["in_features"] = features if rng.random() < 0.7 else features + 1
        if rng.random() < 0.5:
            args["bias"] = rng.random() < 0.5
        dtype = "float32" if rng.random() < 0.9 else "int64"
        return Sample(args, (((*lead, features), dtype),))
