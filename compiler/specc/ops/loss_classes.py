"""Losses of classes: one of several (cross entropy, margins), or each of several by itself (binary cross entropy)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Float, Int, Weights
from specc.ops.broadcast import result_dtype
from specc.ops.call import Call
from specc.ops.declare import Function, Module, Sample, Saved
from specc.ops.loss import (
    REAL,
    REDUCED,
    Loss,
    near,
    require,
    require_floats,
    same_shape,
    sample_args,
    sample_shape,
    sample_weights,
    weights,
    weights_arg,
    who,
)
from specc.ops.write import Named
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING, bytes_of, is_floating
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

PER_CLASS = "a weight for each class"


def class_weights(call: Call, classes: Dim, dtype: str) -> None:
    """The weights of the classes, one for each and in the input's dtype."""
    weight = weights(call, "weight")
    if weight is None:
        return
    arg = weights_arg(call, "weight")
    if weight.rank != 1:
        call.reject(
            "S303",
            f"{who(call)} takes a weight for each class, [C], but they are {weight}",
            arg=arg,
        )
    if weight.dtype != dtype:
        call.reject(
            "S307",
            f"{who(call)} has {weight.dtype} weights for an input that is {dtype}",
            arg=arg,
            help="give both one dtype",
        )
    call.require_equal(
        weight.shape[0],
        classes,
        f"{who(call)} has {weight.shape[0]} weights for {classes} classes",
        arg=arg,
        help=f"write {classes} weights, one for each class",
    )


class _Classes(Loss, abstract=True):
    """Input [C], [N, C] or [N, C, d1, …], and a class number for each place of it: int64 [], [N] or [N, d1, …]."""

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require_floats(call, "input")
        return of_classes(call, call.input("input"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng, 1, 4) if rng.random() < 0.95 else ()
        axis = min(len(shape) - 1, 1)
        dtype = rng.choice(["float32"] * 5 + list(FLOATING) + ["int64"])
        places = near(rng, shape[:axis] + shape[axis + 1 :])
        args = sample_args(cls, rng, ignore_index=[-100, 1, 3], label_smoothing=[0.0, 0.1, 1, 0.5, 1.5])
        target: tuple[tuple[int, ...], str] = (places, rng.choice(["int64"] * 12 + ["int32", "float32"]))
        if "label_smoothing" in cls.args and rng.random() < 0.3:
            target = (near(rng, shape), dtype if rng.random() < 0.8 else rng.choice(FLOATING))
        return sample_class_weights(cls, rng, args, ((shape, dtype), target), shape[axis : axis + 1])


def of_classes(call: Call, scores: TensorType) -> TensorType:
    """The loss of each place of the scores [C] or [N, C, …], whose target names a class."""
    if scores.rank == 0:
        call.reject("S302", f"{who(call)} needs an input [C] or [N, C, …], but its input is 0-d")
    require(
        call, "target", ("int64",), "class numbers as int64", help="declare the target `{shape: […], dtype: int64}`"
    )
    axis = min(scores.rank - 1, 1)
    classes, places = scores.shape[axis], scores.shape[:axis] + scores.shape[axis + 1 :]
    target = call.input("target")
    said = f"{who(call)} needs a target {TensorType(places)} for scores {scores}, but its target is {target}"
    if target.rank != len(places):
        extra = target.rank == scores.rank and target.shape[axis] == 1
        mend = f"drop axis {axis} of the target, whose size is 1" if extra else None
        call.reject(
            "S303", said, help=mend or f"axis {axis} of the scores holds the {classes} classes, every other a place"
        )
    for mine, theirs in zip(places, target.shape, strict=True):
        call.require_equal(theirs, mine, said)
    if all(not dim.is_const or dim.value > 0 for dim in places):
        call.require_at_least(classes, 1, f"{who(call)} has scores of no classes")
    class_weights(call, classes, scores.dtype)
    return TensorType(places, scores.dtype)


def of_probabilities(call: Call, scores: TensorType, *, ignoring: bool) -> TensorType:
    """The loss of each place of the scores, whose target has a probability for each class."""
    target = call.input("target")
    said = f"{who(call)} needs a probability for each of the scores {scores}, but its target is {target}"
    if target.rank != scores.rank:
        call.reject("S303", said, help=_PROBABILITIES)
    for mine, theirs in zip(scores.shape, target.shape, strict=True):
        call.require_equal(theirs, mine, said, help=_PROBABILITIES)
    if ignoring:
        call.reject(
            "S310",
            f"`ignore_index: {call['ignore_index']}` of {who(call)} has no meaning for a target of probabilities",
            arg="ignore_index",
            help="remove `ignore_index`, or give class numbers as int64",
        )
    axis = min(scores.rank - 1, 1)
    weight = weights(call, "weight")
    dtype = result_dtype([scores, target])
    if weight is not None:
        require(call, "weight", REAL, "real weights")
        class_weights(call, scores.shape[axis], weight.dtype)
        dtype = result_dtype([TensorType(scores.shape, dtype), weight])
    return TensorType(scores.shape[:axis] + scores.shape[axis + 1 :], dtype)


_PROBABILITIES = "a target of class numbers is int64, without the axis of the classes"


def of_logits(call: Call, logits: TensorType, *, ignoring: bool) -> TensorType:
    """The cross entropy of each place of the logits: floats in their shape are probabilities."""
    target = call.input("target")
    if target.dtype in FLOATING and target.rank == logits.rank > 0:
        return of_probabilities(call, logits, ignoring=ignoring)
    return of_classes(call, logits)


def sample_class_weights(
    cls: type[Loss], rng: random.Random, args: dict[str, Any], inputs: tuple[Any, ...], shape: tuple[int, ...]
) -> Sample:
    """With weights of that shape or nearly so: an argument of the module, an input of the function."""
    shape = shape if rng.random() < 0.85 else near(rng, shape)
    given = rng.random() < 0.4
    if "weight" in cls.args:
        return Sample(args | ({"weight": sample_weights(rng, shape)} if given else {}), inputs, high=1)
    dtype = inputs[0][1] if rng.random() < 0.85 else rng.choice(DTYPES)
    return Sample(args, (*inputs, (shape, dtype) if given else None), high=1)


def kept_of_logits(call: Call, logits: TensorType) -> Saved:
    """What the cross entropy of logits keeps, beside what made them."""
    target, weight = call.input("target"), weights(call, "weight")
    if target.dtype not in FLOATING:  # class numbers
        extra = logits.nbytes + bytes_of(logits.dtype)  # log-softmax, the sum of the weights
        if call["label_smoothing"] > 0:
            extra = extra + target.numel  # which places count
            if call["reduction"] == "mean":
                extra = extra + (8 if weight is None else bytes_of(logits.dtype))
        return Saved(("target", "weight"), extra=extra)
    smooth = call["label_smoothing"] > 0
    extra = logits.nbytes + (target.nbytes if smooth else 0)
    if weight is not None and "weight" in call.operands and is_floating(weight.dtype):
        extra = extra + TensorType(logits.shape, result_dtype([logits, target])).nbytes
    return Saved(("weight",) if smooth else ("target", "weight"), extra=extra)


class _CrossEntropy(_Classes, abstract=True):
    formula = (
        "l[n] = −w[y[n]] · log softmax(x[n])[y[n]]   (0 where y[n] = ignore_index)\n"
        "of probabilities: l[n] = −Σ_c w[c] · log softmax(x[n])[c] · y[n, c]\n"
        "label_smoothing ε: y becomes (1 − ε)·y + ε / C\n"
        "L = Σ l / Σ w[y[n]] (mean), Σ l (sum), or l itself, as `reduction` says"
    )
    ignore_index = Int("the class number that counts for nothing", -100)
    label_smoothing = Float("the share of the target that is spread over all classes", 0.0, min=0, max=1)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require_floats(call, "input")
        return of_logits(call, call.input("input"), ignoring=call["ignore_index"] >= 0)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept_of_logits(call, call.input("input"))


class CrossEntropyLoss(_CrossEntropy, Module):
    """How unlikely the network holds the right class to be: log-softmax and `NLLLoss` in one.

    The input holds logits, [N, C] or [N, C, d1, …]; do not end the network with a softmax. The target holds class
    numbers, int64 [N] or [N, d1, …], or probabilities of the input's shape.
    """

    order = ("weight", "ignore_index", "reduction", "label_smoothing")
    weight = Weights(PER_CLASS, None)
    example = ("[N, 10], [N] int64", "{op: CrossEntropyLoss, label_smoothing: 0.1, from: [logits, labels]}")


class cross_entropy(_CrossEntropy, Function):
    """How unlikely the network holds the right class to be: the function of `CrossEntropyLoss`."""

    order = ("ignore_index", "reduction", "label_smoothing")
    inputs = ("input", "target", "weight?")
    python = Named("F.cross_entropy", 2, ("weight",))
    example = ("[N, 10], [N] int64", "{op: cross_entropy, from: [logits, labels]}")


class _NLL(_Classes, abstract=True):
    formula = (
        "l[n] = −w[y[n]] · x[n, y[n]]   (0 where y[n] = ignore_index)\n"
        "L = Σ l / Σ w[y[n]] (mean), Σ l (sum), or l itself, as `reduction` says"
    )
    ignore_index = Int("the class number that counts for nothing", -100)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input", "target", "weight"), extra=bytes_of(call.input("input").dtype))  # the sum of the weights


class NLLLoss(_NLL, Module):
    """The negative log-probability of the right class.

    The input holds log-probabilities, as `LogSoftmax` gives them: [N, C] or [N, C, d1, …]. The target holds class
    numbers, int64 [N] or [N, d1, …].
    """

    order = ("weight", "ignore_index", "reduction")
    weight = Weights(PER_CLASS, None)
    example = ("[N, 10], [N] int64", "{op: NLLLoss, from: [log_probabilities, labels]}")


class nll_loss(_NLL, Function):
    """The negative log-probability of the right class: the function of `NLLLoss`."""

    order = ("ignore_index", "reduction")
    inputs = ("input", "target", "weight?")
    python = Named("F.nll_loss", 2, ("weight",))
    example = ("[N, 10], [N] int64", "{op: nll_loss, from: [log_probabilities, labels]}")


# Margins between classes ---------------------------------------------------------------------------------------------


class _Margins(Loss, abstract=True):
    """Input [C] or [N, C] of float32 or float64; torch has no kernel for others on the CPU."""

    @classmethod
    def scores(cls, call: Call) -> TensorType:
        require(call, "input", ("float32", "float64"), "float32 or float64")
        require(
            call, "target", ("int64",), "class numbers as int64", help="declare the target `{shape: […], dtype: int64}`"
        )
        scores = call.input("input")
        call.require_rank(0, 1, 2, layout="[C] or [N, C]")
        if scores.rank == 2 and call["reduction"] != "none":  # torch leaves the loss of no samples uninitialised
            call.require_at_least(scores.shape[0], 1, f"{who(call)} needs a filled input, but it is {scores}")
        if scores.rank:
            call.require_at_least(scores.shape[-1], 1, f"{who(call)} has an input of no classes")
        return scores

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.choice([0, 1, 2, 3, 4, 2, 3]) for _ in range(rng.choice([0, 1, 1, 2, 2, 2, 2])))
        target = near(rng, shape if "p" not in cls.args else shape[:-1])
        if rng.random() < 0.1:
            target = rng.choice([(), (1,), (1, 1)])
        dtype = rng.choice(["float32"] * 12 + ["float64", "float16", "int64"])
        args = sample_args(cls, rng, p=[1, 2, 1, 2, 1, 2, 3], margin=[1.0, 0.5, 2, 0, -1])
        pair = ((shape, dtype), (target, rng.choice(["int64"] * 10 + ["int32", "float32"])))
        if "p" not in cls.args:
            return Sample(args, pair, high=1)
        return sample_class_weights(cls, rng, args, pair, shape[-1:] or (1,))


class _MultiMargin(_Margins, abstract=True):
    keeps = Saved(("input", "target", "weight"))
    formula = "l[n] = Σ_{c ≠ y} max(0, w[y] · (margin − x[n, y] + x[n, c]))^p / C, with y = y[n]" + REDUCED
    p = Int("power of each difference, 1 or 2", 1, min=1, max=2)
    margin = Float("how far the right class should be ahead of every other", 1.0)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        scores, target = cls.scores(call), call.input("target")
        samples = scores.shape[:-1] if scores.rank > 1 else (Dim.of(1),)
        classes = scores.shape[-1] if scores.rank else Dim.of(1)
        said = f"{who(call)} needs a class number for each sample of its input {scores}, but its target is {target}"
        if target.rank > 1:
            call.reject("S303", said, help=f"give the target the shape {TensorType(scores.shape[:-1])}")
        call.require_equal(target.shape[0] if target.rank else Dim.of(1), samples[0], said)
        class_weights(call, classes, scores.dtype)
        return target.with_dtype(scores.dtype)


class MultiMarginLoss(_MultiMargin, Module):
    """By how much other classes come within a margin of the right one: the hinge loss of several classes.

    The input holds scores, [N, C] or [C]; the target class numbers, int64 [N] or [].
    """

    order = ("p", "margin", "weight", "reduction")
    weight = Weights(PER_CLASS, None)
    example = ("[N, 10], [N] int64", "{op: MultiMarginLoss, margin: 0.5, from: [scores, labels]}")


class multi_margin_loss(_MultiMargin, Function):
    """By how much other classes come within a margin of the right one: the function of `MultiMarginLoss`."""

    order = ("p", "margin", "reduction")
    inputs = ("input", "target", "weight?")
    python = Named("F.multi_margin_loss", 2, ("weight",))
    example = ("[N, 10], [N] int64", "{op: multi_margin_loss, from: [scores, labels]}")


class _MultiLabelMargin(_Margins, abstract=True):
    formula = (
        "l[n] = Σ_{j, c} max(0, 1 − (x[n, y[n, j]] − x[n, c])) / C, j over the labels before the first −1, "
        "c over the classes that are none of them" + REDUCED
    )

    @classmethod
    def element(cls, call: Call) -> TensorType:
        scores, target = cls.scores(call), call.input("target")
        if scores.rank < 2 and target.rank < 2:
            one = Dim.of(1)
            said = f"{who(call)} needs a target like its input {scores}, but its target is {target}"
            call.require_equal((*target.shape, one)[0], (*scores.shape, one)[0], said)
        else:
            same_shape(call, "input", "target")
        return TensorType(scores.shape[:-1], scores.dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input", "target"), extra=call.input("input").nbytes)  # which classes are right


class MultiLabelMarginLoss(_MultiLabelMargin, Module):
    """By how much wrong classes come within a margin of 1 of the right ones, of which a sample may have several.

    The input holds scores, [N, C] or [C]; the target, int64 of the same shape, the numbers of the right classes, then
    -1, then anything.
    """

    example = ("[N, 10], [N, 10] int64", "{op: MultiLabelMarginLoss, from: [scores, labels]}")


class multilabel_margin_loss(_MultiLabelMargin, Function):
    """By how much wrong classes come within a margin of 1 of the right ones: the function of `MultiLabelMarginLoss`."""

    python = Named("F.multilabel_margin_loss", 2, ())
    example = ("[N, 10], [N, 10] int64", "{op: multilabel_margin_loss, from: [scores, labels]}")
