"""Affine maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import INFERRED, Bool, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample
from specc.ops.spatial import sample_tensor
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


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
        call.require_weights()
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
        return call.output[0].numel * int(call["in_features"])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 3)))
        features = rng.randint(1, 6)
        args = {"out_features": rng.randint(1, 6)}
        if rng.random() < 0.5:
            args["in_features"] = features if rng.random() < 0.7 else features + 1
        if rng.random() < 0.5:
            args["bias"] = rng.random() < 0.5
        shape = () if rng.random() < 0.04 else (*lead, features)
        return Sample(args, (sample_tensor(rng, shape),))


class Identity(Module):
    """The input as it is: a place that another layer may take."""

    family = Family.LINEAR
    same_shape = True
    example = ("[N, C]", "Identity")

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
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 5)))
        return Sample({}, (sample_tensor(rng, shape),))


class Bilinear(Module):
    """A bilinear map of the last axes of two inputs: y_k = x1ᵀ W_k x2 + b_k."""

    family = Family.LINEAR
    inputs = ("input1", "input2")
    positional = 3
    in1_features = Int("size of the last axis of the first input", INFERRED, min=1)
    in2_features = Int("size of the last axis of the second input", INFERRED, min=1)
    out_features = Int("size of the last axis of the output", min=0)
    bias = Bool("whether b is learned", True)
    example = ("[N, 16], [N, 24]", "{op: Bilinear, out_features: 8}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        first, second = call.input("input1"), call.input("input2")
        if first.rank != second.rank or first.rank == 0:
            call.reject(
                "S302",
                f"`{call.label}` (Bilinear) needs two inputs of the same rank, "
                f"but they are {first.rank}-d and {second.rank}-d",
            )
        call.require_weights("input1", "input2")
        for axis, (a, b) in enumerate(zip(first.shape[:-1], second.shape[:-1], strict=True)):
            call.require_equal(a, b, f"the inputs of `{call.label}` differ along axis {axis}: {a} and {b}")
        call.inferred("in1_features", first.shape[-1], axis="features")
        call.inferred("in2_features", second.shape[-1], axis="features")
        for dim in (first.shape[-1], second.shape[-1]):
            call.require_at_least(dim, 1, f"`{call.label}` (Bilinear) needs at least one feature in each input")
        return first.with_dim(-1, call.dim("out_features"))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        owned = {"weight": Owned((call["out_features"], call["in1_features"], call["in2_features"]))}
        return {**owned, "bias": Owned((call["out_features"],))} if call["bias"] else owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        """x1ᵀ W_k for every k, then its product with x2."""
        return call.output[0].numel * int((call["in1_features"] + 1) * call["in2_features"])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = tuple(rng.randint(1, 3) for _ in range(rng.randint(0, 3)))
        other = lead if rng.random() < 0.85 else (*lead[1:], 2)
        first, second = rng.randint(1, 4), rng.randint(1, 4)
        args: dict[str, object] = {"out_features": rng.randint(1, 4)}
        optional: dict[str, object] = {
            "in1_features": first if rng.random() < 0.8 else first + 1,
            "in2_features": second if rng.random() < 0.8 else second + 1,
            "bias": rng.random() < 0.5,
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        return Sample(args, (((*lead, first), "float32"), sample_tensor(rng, (*other, second), 0.95)))
