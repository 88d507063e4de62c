"""Losses of answers, yes or no: several classes each by itself, or one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Weights
from specc.ops.broadcast import broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Function, Module, Sample, Saved
from specc.ops.loss import (
    NUMBERS,
    REAL,
    REDUCED,
    Loss,
    fits,
    near,
    require,
    require_floats,
    same_shape,
    sample_args,
    sample_shape,
    sample_weights,
    trained,
    weights,
    weights_arg,
    who,
)
from specc.ops.loss_classes import PER_CLASS, sample_class_weights
from specc.ops.spatial import sample_tensor
from specc.ops.write import Named
from specc.shapes.dtype import FLOATING, promote
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random


class _Binary(Loss, abstract=True):
    """Input and target of one shape, and weights that broadcast to it."""

    keeps = Saved(("input", "target", "weight", "pos_weight"))

    @classmethod
    def pair(cls, call: Call) -> TensorType:
        require_floats(call, "input", "target")
        same_shape(call, "input", "target")
        for name in ("weight", "pos_weight"):
            cls.require_weights(call, name)
        return call.input("input")

    @classmethod
    def require_weights(cls, call: Call, name: str) -> None:
        weight = weights(call, name)
        if weight is None:
            return
        shape = call.input("input").shape
        said = (
            f"`{name}` of {who(call)} has the shape {weight}, which does not broadcast to its input "
            f"{call.input('input')}"
        )
        fits(call, weight.shape, shape, said, arg=weights_arg(call, name))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng, 0, 3)
        dtype = rng.choice(["float32"] * 5 + list(FLOATING))
        target = dtype if rng.random() < 0.85 else rng.choice(DTYPES)
        args: dict[str, Any] = sample_args(cls, rng)
        inputs: tuple[Any, ...] = ((shape, dtype), (near(rng, shape) if rng.random() < 0.2 else shape, target))
        for name in ("weight", "pos_weight"):
            like = near(rng, shape[rng.randint(0, len(shape)) :])
            given = rng.random() < 0.4
            if name in cls.args and given:
                args[name] = sample_weights(rng, like)
            elif f"{name}?" in cls.inputs:
                inputs = (*inputs, (like, dtype if rng.random() < 0.8 else rng.choice(DTYPES)) if given else None)
        return Sample(args, inputs)


class _BCE(_Binary, abstract=True):
    formula = "l = −w · (y · log x + (1 − y) · log(1 − x)), the logarithms no less than −100" + REDUCED

    @classmethod
    def element(cls, call: Call) -> TensorType:
        pair = cls.pair(call)
        require(call, "target", (pair.dtype,), f"two tensors of one dtype, {pair.dtype} like its `input`")
        weight = weights(call, "weight")
        if weight is not None and promote(pair.dtype, weight.dtype) != pair.dtype:
            call.reject(
                "S307",
                f"{who(call)} has {weight.dtype} weights for an input that is {pair.dtype}",
                arg=weights_arg(call, "weight"),
                help="give both one dtype",
            )
        return pair


class BCELoss(_BCE, Module):
    """The binary cross entropy: how unlikely the network holds each answer, yes or no, to be.

    The input holds probabilities, 0 to 1, as `Sigmoid` gives them; `BCEWithLogitsLoss` is the same on logits and does
    not overflow. The target, of the input's shape, holds 0, 1 or what is between them.
    """

    order = ("weight", "reduction")
    weight = Weights("a weight for each element, broadcast to the input's shape", None)
    example = ("[N, 1], [N, 1]", "{op: BCELoss, from: [probabilities, labels]}")


class binary_cross_entropy(_BCE, Function):
    """How unlikely the network holds each answer, yes or no, to be: the function of `BCELoss`."""

    inputs = ("input", "target", "weight?")
    python = Named("F.binary_cross_entropy", 2, ("weight",))
    example = ("[N, 1], [N, 1]", "{op: binary_cross_entropy, from: [probabilities, labels]}")


class _BCEWithLogits(_Binary, abstract=True):
    formula = "l = −w · (p · y · log σ(x) + (1 − y) · log(1 − σ(x))), p being `pos_weight`" + REDUCED

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require(call, "weight", REAL, "real weights")
        require(call, "pos_weight", NUMBERS, "numbers as weights")
        return cls.pair(call).with_dtype(call.input("target").dtype)


class BCEWithLogitsLoss(_BCEWithLogits, Module):
    """The binary cross entropy of logits: a sigmoid and `BCELoss` in one, without overflow.

    The target, of the input's shape, holds 0, 1 or what is between them. `pos_weight` above 1 makes it worse to
    overlook a yes, below 1 to claim one.
    """

    order = ("weight", "reduction", "pos_weight")
    weight = Weights("a weight for each element, broadcast to the input's shape", None)
    pos_weight = Weights("a weight of the positive answers, one for each class, broadcast to the input's shape", None)
    example = ("[N, 1], [N, 1]", "{op: BCEWithLogitsLoss, pos_weight: [2.0], from: [logits, labels]}")


class binary_cross_entropy_with_logits(_BCEWithLogits, Function):
    """The binary cross entropy of logits: the function of `BCEWithLogitsLoss`."""

    inputs = ("input", "target", "weight?", "pos_weight?")
    python = Named("F.binary_cross_entropy_with_logits", 2, ("weight", "pos_weight"))
    example = ("[N, 1], [N, 1]", "{op: binary_cross_entropy_with_logits, from: [logits, labels]}")


class _MultiLabelSoftMargin(Loss, abstract=True):
    formula = "l[n] = −Σ_c w[c] · (y[n, c] · log σ(x[n, c]) + (1 − y[n, c]) · log(1 − σ(x[n, c]))) / C" + REDUCED

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require_floats(call, "input")
        require(call, "target", NUMBERS, "numbers as targets")
        scores = call.input("input")
        if scores.rank == 0:
            call.reject("S302", f"{who(call)} needs an input [C] or [N, C], but its input is 0-d")
        types = [call.input("target"), scores]
        weight = weights(call, "weight")
        if weight is not None:
            require(call, "weight", REAL, "real weights")
            types.append(weight)
        shape = broadcast(call, types)
        dtype = result_dtype(types[:2])
        if weight is not None:
            dtype = result_dtype([TensorType(broadcast(call, types[:2]), dtype), weight])
        axis = scores.rank - 1
        return TensorType(shape[:axis] + shape[axis + 1 :], dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        scores, target, weight = call.input("input"), call.input("target"), weights(call, "weight")
        extra = 3 * scores.nbytes + target.nbytes  # −x, 1 − y, and a buffer for each logarithm
        if trained(target):
            extra = extra + 2 * scores.nbytes  # the logarithms
        if weight is not None and "weight" in call.operands and trained(weight):
            extra = extra + TensorType(broadcast(call, [target, scores]), result_dtype([target, scores])).nbytes
        return Saved(("input", "target", "weight"), extra=extra)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng, 0 if rng.random() < 0.1 else 1, 3)
        pair = (sample_tensor(rng, shape), sample_tensor(rng, near(rng, shape)))
        return sample_class_weights(cls, rng, sample_args(cls, rng), pair, near(rng, shape[-1:]))


class MultiLabelSoftMarginLoss(_MultiLabelSoftMargin, Module):
    """The binary cross entropy of logits, averaged over the classes, of which a sample may have several.

    The input holds logits, [N, C]; the target, of the same shape, 1 for each class that the sample has and else 0.
    """

    order = ("weight", "reduction")
    weight = Weights(PER_CLASS, None)
    example = ("[N, 20], [N, 20]", "{op: MultiLabelSoftMarginLoss, from: [logits, labels]}")


class multilabel_soft_margin_loss(_MultiLabelSoftMargin, Function):
    """The binary cross entropy of logits, averaged over the classes: the function of `MultiLabelSoftMarginLoss`."""

    inputs = ("input", "target", "weight?")
    python = Named("F.multilabel_soft_margin_loss", 2, ("weight",))
    example = ("[N, 20], [N, 20]", "{op: multilabel_soft_margin_loss, from: [logits, labels]}")
