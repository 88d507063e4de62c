"""Affine and bilinear maps: the modules, which own their weights, and the functions, which are given them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import INFERRED, Bool, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import Functional, sample_dtype, sample_tensor
from specc.shapes.dim import Dim, product
from specc.shapes.dtype import COMPLEX, FLOATING, SIGNED
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_LINEAR = "y = x Wᵀ + b, along the last axis"
_BILINEAR = "y[…, k] = Σ_i Σ_j x1[…, i] · W[k, i, j] · x2[…, j] + b[k]"
_NUMBERS = (*FLOATING, *COMPLEX, *SIGNED, "uint8")


def _unflattened(call: Call) -> str | None:
    """The help where an image meets a layer that takes features, and `flatten` was most likely forgotten."""
    if not call.args["in_features"].given or call.x.rank < 3:
        return None
    flat = product(call.x.shape[1:])
    if not flat.is_const or flat.value != call["in_features"]:
        return None
    return f"put `{{op: flatten, start_dim: 1}}` before it, which gives {flat} features"


class Linear(Module):
    """An affine map of the last axis: y = x Wᵀ + b."""

    family = Family.LINEAR
    positional = 2
    formula = _LINEAR
    keeps = Saved(("input",))
    in_features = Int("size of the last axis of the input", INFERRED, min=0)
    out_features = Int("size of the last axis of the output", min=0)
    bias = Bool("whether b is learned", True)
    example = ("[N, 784]", "{op: Linear, out_features: 10}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.rank == 0:
            call.reject("S302", f"`{call.label}` (Linear) needs an input with at least one axis, but its input is 0-d")
        call.require_weights()
        call.inferred("in_features", call.x.shape[-1], axis="features", help=_unflattened(call))
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
        features = rng.randint(0 if rng.random() < 0.1 else 1, 6)
        args: dict[str, object] = {"out_features": rng.randint(0 if rng.random() < 0.1 else 1, 6)}
        if rng.random() < 0.5:
            args["in_features"] = features if rng.random() < 0.7 else features + 1
        if rng.random() < 0.5:
            args["bias"] = rng.random() < 0.5
        shape = () if rng.random() < 0.04 else (*lead, features)
        return Sample(args, (sample_tensor(rng, shape),))


class linear(Functional):
    """An affine map of the last axis with a weight [out, in] that is an input: the function of `Linear`.

    A weight [in] gives one value, the product with it, in place of the last axis; it takes no bias but for a single
    vector.
    """

    family = Family.LINEAR
    inputs = ("input", "weight", "bias?")
    positional = 0
    formula = _LINEAR
    keeps = Saved(("input", "weight"))
    example = ("[N, 784], [10, 784], [10]", "{op: linear}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        weight = call.input("weight")
        if call.x.rank == 0:
            call.reject("S302", f"`{call.label}` (linear) needs an input with at least one axis, but its input is 0-d")
        call.require_rank(1, 2, port="weight")
        _same_dtype(call, "input", "weight", "bias")
        call.require_dtype(_NUMBERS, "numbers")
        call.require_equal(
            call.x.shape[-1],
            weight.shape[-1],
            f"`{call.label}` (linear) has {call.x.shape[-1]} input features, but its weight is made for "
            f"{weight.shape[-1]}",
            help="the weight is [out, in]",
        )
        shape = (*call.x.shape[:-1], *weight.shape[:-1])
        if call.has("bias"):
            cls.check_bias(call, weight)
        return TensorType(shape, call.x.dtype)

    @classmethod
    def check_bias(cls, call: Call, weight: TensorType) -> None:
        """A bias for every output; what else broadcasts depends on the kernel that torch picks."""
        bias = call.input("bias")
        if bias.rank != weight.rank - 1 or call.x.rank > 1 == weight.rank:
            wanted = f"[{weight.shape[0]}]" if weight.rank == 2 else "a number, for an input of one vector"
            call.reject("S302", f"`bias` of `{call.label}` (linear) must be {wanted}, but it is {bias}")
        if bias.rank:
            call.require_equal(
                bias.shape[0],
                weight.shape[0],
                f"`bias` of `{call.label}` (linear) has {bias.shape[0]} values for {weight.shape[0]} outputs",
            )

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return call.output[0].numel * call.x.shape[-1]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = tuple(rng.randint(0 if rng.random() < 0.1 else 1, 3) for _ in range(rng.randint(0, 3)))
        features, out = rng.randint(1, 5), rng.randint(0 if rng.random() < 0.05 else 1, 5)
        dtype = sample_dtype(rng, 0.7)
        weight = (features,) if rng.random() < 0.15 else (out, features)
        wide = features if rng.random() < 0.95 else features + 1
        bias: tuple[int, ...] | None = None
        if rng.random() < 0.5:
            bias = (*lead, *weight[:-1]) if rng.random() < 0.2 else weight[:-1]
            bias = tuple(1 if rng.random() < 0.1 else size for size in bias)
        third = None if bias is None else (bias, dtype if rng.random() < 0.95 else "float64")
        return Sample({}, (((*lead, wide), dtype), (weight, dtype if rng.random() < 0.95 else "float64"), third))


def _same_dtype(call: Call, first: str, *others: str) -> None:
    """The inputs present have one dtype (S307)."""
    dtype = call.input(first).dtype
    for port in others:
        if call.has(port) and call.input(port).dtype != dtype:
            call.reject(
                "S307",
                f"`{call.label}` ({call.op.name}) has a {dtype} `{first}`, but its `{port}` is "
                f"{call.input(port).dtype}",
            )


class Identity(Module):
    """The input as it is: a place that another layer may take."""

    family = Family.LINEAR
    same_shape = True
    view = True
    formula = "y = x"
    keeps = Saved()
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


class _Bilinear(Op, abstract=True):
    """Both products: x1ᵀ W_k for every k, then with x2."""

    family = Family.LINEAR
    formula = _BILINEAR

    @classmethod
    def inputs_match(cls, call: Call) -> tuple[TensorType, TensorType]:
        """The two inputs, which differ in their last axis only."""
        first, second = call.input("input1"), call.input("input2")
        if first.rank != second.rank or first.rank == 0:
            call.reject(
                "S302",
                f"`{call.label}` ({cls.name}) needs two inputs of the same rank, "
                f"but they are {first.rank}-d and {second.rank}-d",
                notes=call.input_notes("input1", "input2"),
            )
        for axis, (a, b) in enumerate(zip(first.shape[:-1], second.shape[:-1], strict=True)):
            call.require_equal(a, b, f"the inputs of `{call.label}` differ along axis {axis}: {a} and {b}")
        return first, second

    @classmethod
    def filled(cls, call: Call) -> None:
        for port in ("input1", "input2"):
            call.require_at_least(
                call.input(port).shape[-1], 1, f"`{call.label}` ({cls.name}) needs at least one feature in each input"
            )


class Bilinear(_Bilinear, Module):
    """A bilinear map of the last axes of two inputs: y_k = x1ᵀ W_k x2 + b_k."""

    inputs = ("input1", "input2")
    positional = 3
    keeps = Saved(("input1", "input2"))
    in1_features = Int("size of the last axis of the first input", INFERRED, min=1)
    in2_features = Int("size of the last axis of the second input", INFERRED, min=1)
    out_features = Int("size of the last axis of the output", min=0)
    bias = Bool("whether b is learned", True)
    example = ("[N, 16], [N, 24]", "{op: Bilinear, out_features: 8}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        first, second = cls.inputs_match(call)
        call.require_weights("input1", "input2")
        call.inferred("in1_features", first.shape[-1], axis="features")
        call.inferred("in2_features", second.shape[-1], axis="features")
        cls.filled(call)
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


class bilinear(_Bilinear, Functional):
    """A bilinear map with a weight [out, in1, in2] that is an input: the function of `Bilinear`."""

    inputs = ("input1", "input2", "weight", "bias?")
    positional = 0
    keeps = Saved(("input1", "input2", "weight"))
    example = ("[N, 16], [N, 24], [8, 16, 24]", "{op: bilinear}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        first, second = cls.inputs_match(call)
        call.require_rank(3, port="weight")
        weight = call.input("weight")
        _same_dtype(call, "input1", "input2", "weight", "bias")
        call.require_dtype(_NUMBERS, "numbers")
        for place, given in ((1, first), (2, second)):
            call.require_equal(
                given.shape[-1],
                weight.shape[place],
                f"`input{place}` of `{call.label}` (bilinear) has {given.shape[-1]} features, but the weight is made "
                f"for {weight.shape[place]}",
                help="the weight is [out, in1, in2]",
            )
        if call.has("bias"):
            call.require_rank(1, port="bias")
            call.require_equal(
                call.input("bias").shape[0],
                weight.shape[0],
                f"`bias` of `{call.label}` (bilinear) has {call.input('bias').shape[0]} values for {weight.shape[0]} "
                "outputs",
            )
        cls.filled(call)
        return TensorType((*first.shape[:-1], weight.shape[0]), first.dtype)

    @classmethod
    def macs(cls, call: Call) -> Dim:
        first, second = call.input("input1"), call.input("input2")
        return call.output[0].numel * (first.shape[-1] + 1) * second.shape[-1]

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = tuple(rng.randint(1, 3) for _ in range(rng.randint(0, 3)))
        first, second, out = rng.randint(1, 4), rng.randint(1, 4), rng.randint(0 if rng.random() < 0.1 else 1, 4)
        dtype = sample_dtype(rng, 0.7)
        other = lead if rng.random() < 0.9 else (*lead[1:], 2)
        weight = (out, first, second if rng.random() < 0.95 else second + 1)
        bias = None if rng.random() < 0.5 else ((out if rng.random() < 0.95 else 1,), dtype)
        return Sample({}, (((*lead, first), dtype), ((*other, second), dtype), (weight, dtype), bias))
