"""Losses of pairs and triplets, which draw embeddings together or apart, and losses of signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Float
from specc.ops.broadcast import broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Function, Module, Sample, Saved
from specc.ops.distance import between
from specc.ops.loss import (
    NUMBERS,
    REAL,
    REDUCED,
    Loss,
    fits,
    near,
    require,
    require_floats,
    require_positive,
    sample_args,
    sample_shape,
    trained,
    who,
)
from specc.ops.write import Named
from specc.shapes.dtype import is_floating, promote
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random


class _Signs(Loss, abstract=True):
    """A target of 1 and -1, mostly of the input's shape."""

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng)
        dtype = rng.choice(["float32"] * 6 + list(DTYPES))
        target = (near(rng, shape), rng.choice([dtype, dtype, "int64", rng.choice(DTYPES)]))
        return Sample(sample_args(cls, rng, margin=[1.0, 0.5, 2, 0, -1]), ((shape, dtype), target))


class _HingeEmbedding(_Signs, abstract=True):
    formula = "l = input where target = 1, max(0, margin − input) where target = −1" + REDUCED
    margin = Float("the distance beyond which unlike pairs count for nothing", 1.0)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require(call, "input", NUMBERS, "numbers")
        least = {"uint8": 0, "int8": -128}.get(call.input("input").dtype, call["margin"])
        if call["margin"] < least:
            call.report(
                "L204",
                f"`margin` of `{call.label}` must be at least {least}: its `input` is {call.input('input').dtype}",
                arg="margin",
            )
        shape = broadcast(call, [call.input("input"), call.input("target")])
        return TensorType(shape, call.input("input").dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(extra=call.input("input").nbytes + 2 * call.input("target").numel)  # the differences, two masks


class HingeEmbeddingLoss(_HingeEmbedding, Module):
    """Makes the distances of like pairs small, and those of unlike pairs at least `margin`.

    The input holds distances; the target, of the same shape, 1 for a like pair and -1 for an unlike one.
    """

    order = ("margin", "reduction")
    example = ("[N], [N]", "{op: HingeEmbeddingLoss, from: [distances, labels]}")


class hinge_embedding_loss(_HingeEmbedding, Function):
    """Makes the distances of like pairs small and of unlike pairs large: the function of `HingeEmbeddingLoss`."""

    order = ("margin", "reduction")
    python = Named("F.hinge_embedding_loss", 2, ())
    example = ("[N], [N]", "{op: hinge_embedding_loss, from: [distances, labels]}")


class _SoftMargin(_Signs, abstract=True):
    keeps = Saved(("input", "target"))
    formula = "l = log(1 + exp(−target · input))" + REDUCED

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require_floats(call, "input")
        require(call, "target", REAL, "real numbers as targets")
        scores, target = call.input("input"), call.input("target")
        if result_dtype([scores, target]) != scores.dtype:
            call.reject(
                "S307",
                f"{who(call)} has an input of {scores.dtype}, and a wider target, {target.dtype}",
                help="give both one dtype",
            )
        said = f"{who(call)} needs a target of its input's shape {scores}, and it is {target}"
        fits(call, target.shape, scores.shape, said)
        return scores


class SoftMarginLoss(_SoftMargin, Module):
    """The logistic loss of a score and a sign: the target, of the input's shape, is 1 or -1."""

    example = ("[N, 1], [N, 1]", "{op: SoftMarginLoss, from: [scores, labels]}")


class soft_margin_loss(_SoftMargin, Function):
    """The logistic loss of a score and a sign: the function of `SoftMarginLoss`."""

    python = Named("F.soft_margin_loss", 2, ())
    example = ("[N, 1], [N, 1]", "{op: soft_margin_loss, from: [scores, labels]}")


class _MarginRanking(Loss, abstract=True):
    formula = "l = max(0, −target · (input1 − input2) + margin)" + REDUCED
    inputs = ("input1", "input2", "target")
    margin = Float("by how much the one should exceed the other", 0.0)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        types = [call.input(port) for port in cls.inputs]
        for port in cls.inputs:
            require(call, port, NUMBERS, "numbers")
        if len({given.rank for given in types}) > 1:
            said = ", ".join(f"{port} {given}" for port, given in zip(cls.inputs, types, strict=True))
            call.reject("S303", f"{who(call)} needs inputs of as many axes, and they are {said}")
        dtype = result_dtype(types)
        return TensorType(broadcast(call, types), dtype if is_floating(dtype) else "float32")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng, 0, 3)
        dtypes = [rng.choice(["float32"] * 6 + list(DTYPES)) for _ in cls.inputs]
        likes = [tuple(1 if rng.random() < 0.15 else size for size in shape) for _ in cls.inputs]
        if rng.random() < 0.1:
            likes[rng.randrange(3)] = near(rng, shape)
        return Sample(sample_args(cls, rng, margin=[0.0, 0.5, 2, -1]), tuple(zip(likes, dtypes, strict=True)))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        one, other, target = (call.input(port) for port in cls.inputs)
        extra = cls.element(call).nbytes  # what is cut off at 0
        if trained(one, other):
            extra = extra + target.nbytes  # its negative
        if trained(target):
            extra = extra + TensorType(broadcast(call, [one, other]), promote(one.dtype, other.dtype)).nbytes
        return Saved(extra=extra)


class MarginRankingLoss(_MarginRanking, Module):
    """Puts two scores in order: the target is 1 where the first should be the higher, -1 where the second."""

    order = ("margin", "reduction")
    example = ("[N], [N], [N]", "{op: MarginRankingLoss, margin: 0.1, from: [a, b, order]}")


class margin_ranking_loss(_MarginRanking, Function):
    """Puts two scores in order: the function of `MarginRankingLoss`."""

    order = ("margin", "reduction")
    python = Named("F.margin_ranking_loss", 3, ())
    example = ("[N], [N], [N]", "{op: margin_ranking_loss, margin: 0.1, from: [a, b, order]}")


class _CosineEmbedding(Loss, abstract=True):
    formula = (
        "l = 1 − cos(input1, input2) where target = 1, max(0, cos(input1, input2) − margin) where target = −1" + REDUCED
    )
    inputs = ("input1", "input2", "target")
    margin = Float("the cosine below which unlike pairs count for nothing", 0.0)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        one, other, target = (call.input(port) for port in cls.inputs)
        for port in ("input1", "input2"):
            require(call, port, REAL, "real numbers")
        if target.rank > 1 or one.rank != target.rank + 1 or other.rank != target.rank + 1:
            call.reject(
                "S302",
                f"{who(call)} needs inputs [N, D] and a target [N], or [D] and [], but they are {one}, "
                f"{other} and {target}",
            )
        pairs = broadcast(call, [one, other])
        shape = broadcast(call, [TensorType(pairs[:-1]), TensorType(target.shape)])
        lengths = [given.dtype if is_floating(given.dtype) else "float32" for given in (one, other)]
        return TensorType(shape, promote(*lengths))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        batch = sample_shape(rng, 0, 1) if rng.random() < 0.9 else (2, 2)
        shape = (*batch, rng.randint(0, 3))
        dtypes = [rng.choice(["float32"] * 6 + list(DTYPES)) for _ in range(3)]
        target = batch if rng.random() < 0.8 else near(rng, batch)
        other = tuple(1 if rng.random() < 0.1 else size for size in shape)
        shapes = (shape, other, target)
        return Sample(sample_args(cls, rng, margin=[0.0, 0.5, -0.5, 1]), tuple(zip(shapes, dtypes, strict=True)))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        one, other, target = (call.input(port) for port in cls.inputs)
        squares = [
            TensorType(given.shape[:-1], given.dtype if is_floating(given.dtype) else "float32")
            for given in (one, other)
        ]
        batch = broadcast(call, squares)
        cosine = promote(squares[0].dtype, squares[1].dtype)
        product = TensorType(batch, promote(one.dtype, other.dtype))  # Σ input1 · input2
        extra = (
            product.nbytes + 2 * TensorType(batch, cosine).nbytes + 2 * target.numel
        )  # beside it ‖·‖ ‖·‖, cos − margin
        for square, against in zip(squares, (other, one), strict=True):
            if trained(against):
                extra = extra + square.nbytes
        return Saved(("input1", "input2"), extra=extra)


class CosineEmbeddingLoss(_CosineEmbedding, Module):
    """Turns the vectors of like pairs to the same direction, and those of unlike pairs apart.

    The target holds 1 for a like pair and -1 for an unlike one.
    """

    order = ("margin", "reduction")
    example = ("[N, 128], [N, 128], [N]", "{op: CosineEmbeddingLoss, margin: 0.5, from: [a, b, labels]}")


class cosine_embedding_loss(_CosineEmbedding, Function):
    """Turns the vectors of like pairs to the same direction: the function of `CosineEmbeddingLoss`."""

    order = ("margin", "reduction")
    python = Named("F.cosine_embedding_loss", 3, ())
    example = ("[N, 128], [N, 128], [N]", "{op: cosine_embedding_loss, margin: 0.5, from: [a, b, labels]}")


class _Triplet(Loss, abstract=True):
    formula = (
        "l = max(0, d(anchor, positive) − d(anchor, negative) + margin), with d(a, b) = ‖a − b + eps‖_p\n"
        "swap: d(anchor, negative) becomes min(d(anchor, negative), d(positive, negative))" + REDUCED
    )
    inputs = ("anchor", "positive", "negative")
    margin = Float("by how much farther the negative should be", 1.0)
    swap = Bool(
        "whether the positive stands for the anchor where the negative is nearer to it (Balntas et al. 2016)", False
    )

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require_positive(call, "margin")
        anchor, positive, negative = (call.input(port) for port in cls.inputs)
        for port in cls.inputs:
            require(call, port, [dtype for dtype in DTYPES if dtype != "bool"], "numbers")
        if len({anchor.rank, positive.rank, negative.rank}) > 1:
            call.reject(
                "S303",
                f"{who(call)} needs inputs of as many axes, and they are {anchor}, {positive} and {negative}",
            )
        p = call["p"] if "p" in call.args else 2.0
        distances = [between(call, anchor, positive, p), between(call, anchor, negative, p)]
        if call["swap"]:
            distances.append(between(call, positive, negative, p))
        dtype = distances[0].dtype
        for distance in distances[1:]:
            dtype = promote(dtype, distance.dtype)
        return TensorType(broadcast(call, distances), dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Of each distance the differences and itself, and what is cut off at 0."""
        anchor, positive, negative = (call.input(port) for port in cls.inputs)
        p = call["p"] if "p" in call.args else 2.0
        pairs = [(anchor, positive), (anchor, negative), *([(positive, negative)] if call["swap"] else [])]
        extra = cls.element(call).nbytes
        for k, (one, other) in enumerate(pairs):
            distance = between(call, one, other, p)
            if trained(one, other):
                extra = extra + TensorType(broadcast(call, [one, other]), result_dtype([one, other], [1.0])).nbytes
            compared = call["swap"] and k > 0 and trained(anchor, positive, negative)
            if trained(one, other) or compared:
                extra = extra + distance.nbytes
        return Saved(extra=extra)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng, 0, 3)
        dtype = rng.choice(["float32"] * 6 + list(DTYPES))
        dtypes = [dtype if rng.random() < 0.8 else rng.choice(DTYPES) for _ in cls.inputs]
        shapes = [tuple(1 if rng.random() < 0.1 else size for size in shape) for _ in cls.inputs]
        if rng.random() < 0.1:
            shapes[rng.randrange(3)] = near(rng, shape)
        values = {
            "margin": [1.0, 0.5, 2, 0, -1],
            "p": [1.0, 2, 3.0, 0, -1, float("inf")],
            "eps": [1e-6, 0.1, 0],
            "swap": [True, False],
        }
        return Sample(sample_args(cls, rng, **values), tuple(zip(shapes, dtypes, strict=True)))


class _TripletMargin(_Triplet, abstract=True):
    order = ("margin", "p", "eps", "swap", "reduction")
    p = Float("p of the p-norm that is the distance", 2.0)
    eps = Float("added to each difference", 1e-6)


class TripletMarginLoss(_TripletMargin, Module):
    """Makes an anchor nearer to a positive example than to a negative one, by a margin (Schroff et al. 2015)."""

    order = _TripletMargin.order
    example = (
        "[N, 128], [N, 128], [N, 128]",
        "{op: TripletMarginLoss, margin: 0.2, from: [anchor, positive, negative]}",
    )


class triplet_margin_loss(_TripletMargin, Function):
    """Makes an anchor nearer to a positive example than to a negative one: the function of `TripletMarginLoss`."""

    order = _TripletMargin.order
    python = Named("F.triplet_margin_loss", 3, ())
    example = (
        "[N, 128], [N, 128], [N, 128]",
        "{op: triplet_margin_loss, margin: 0.2, from: [anchor, positive, negative]}",
    )


class TripletMarginWithDistanceLoss(_Triplet, Module):
    """Makes an anchor nearer to a positive example than to a negative one, by the distance of `PairwiseDistance`.

    A spec cannot hold another distance, which is a function.
    """

    order = ("margin", "swap", "reduction")
    example = (
        "[N, 128], [N, 128], [N, 128]",
        "{op: TripletMarginWithDistanceLoss, swap: true, from: [anchor, positive, negative]}",
    )


class triplet_margin_with_distance_loss(_Triplet, Function):
    """Makes an anchor nearer to a positive than to a negative: the function of `TripletMarginWithDistanceLoss`."""

    order = ("margin", "swap", "reduction")
    python = Named("F.triplet_margin_with_distance_loss", 3, ())
    example = (
        "[N, 128], [N, 128], [N, 128]",
        "{op: triplet_margin_with_distance_loss, swap: true, from: [anchor, positive, negative]}",
    )
