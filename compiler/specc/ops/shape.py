"""Functions that rearrange axes and elements."""

from __future__ import annotations

import random

from specc.ops.arguments import Int
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample
from specc.ops.write import Method
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType


class flatten(Function):
    """Joins the axes from `start_dim` to `end_dim` into one."""

    family = Family.SHAPE
    python = Method("flatten")
    positional = 2
    start_dim = Int("first axis to join", 0)
    end_dim = Int("last axis to join", -1)
    example = ("[N, 512, 7, 7]", "{op: flatten, start_dim: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = call.x.rank
        start = call.axis(call["start_dim"], rank, arg="start_dim")
        end = call.axis(call["end_dim"], rank, arg="end_dim")
        if start > end:
            call.reject("S309", f"`start_dim` of `{call.label}` comes after its `end_dim`", arg="start_dim")
        joined = Dim.of(1)
        for dim in call.x.shape[start : end + 1]:
            joined = joined * dim
        return call.x.with_shape((*call.x.shape[:start], joined, *call.x.shape[end + 1 :]))

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 5)))
        args = {name: rng.randint(-5, 5) for name in ("start_dim", "end_dim") if rng.random() < 0.6}
        return Sample(args, ((shape, rng.choice(["float32", "int64"])),))
