"""Losses of sequences and of large vocabularies; the latter own the last layer's weights."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from specc.ops.arguments import INFERRED, Bool, Float, Int, Ints, Weights, shown
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Owned, Sample, Saved
from specc.ops.loss import Loss, near, require, sample_args, sample_weights, who
from specc.ops.loss_classes import kept_of_logits, of_logits, sample_class_weights
from specc.ops.write import Named
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING, bytes_of, is_integral
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

_INTEGERS = tuple(dtype for dtype in DTYPES if is_integral(dtype))


class _CTC(Loss, abstract=True):
    formula = (
        "l[n] = −log Σ_a Π_t p[t, n, a[t]], over every alignment a of input_lengths[n] steps that gives target n when "
        "repeats and then blanks are left out\n"
        "L = mean(l[n] / max(target_lengths[n], 1)), sum(l), or l itself, as `reduction` says"
    )
    inputs = ("log_probs", "targets", "input_lengths", "target_lengths")
    blank = Int("the class number of the blank", 0, min=0)
    zero_infinity = Bool("whether a loss that is infinite, the input being too short, counts as 0", False)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require(call, "log_probs", ("float32", "float64"), "float32 or float64")
        require(call, "targets", _INTEGERS, "class numbers")
        for port in cls.inputs[2:]:
            require(call, port, _INTEGERS, "lengths as integers")
        steps, targets = call.input("log_probs"), call.input("targets")
        call.require_rank(2, 3, layout="[T, N, C] or [T, C]")
        batch = steps.shape[1] if steps.rank == 3 else Dim.of(1)
        for size in steps.shape:
            call.require_at_least(size, 1, f"{who(call)} has an empty input {steps}")
        if call["blank"] > 0:
            call.require_at_least(
                steps.shape[-1],
                call["blank"] + 1,
                f"`blank: {call['blank']}` of `{call.label}` is none of its {steps.shape[-1]} classes",
                code="L204",
                arg="blank",
            )
        if targets.rank not in (1, 2):
            call.reject(
                "S302",
                f"{who(call)} needs targets [N, S], or all in one [S], but they are {targets}",
            )
        if targets.rank == 2:
            said = f"{who(call)} has {batch} sequences, but its targets are {targets}"
            call.require_equal(targets.shape[0], batch, said)
        for port in cls.inputs[2:]:
            lengths = call.input(port)
            said = f"{who(call)} has {batch} sequences, but `{port}` has the shape {lengths}"
            if lengths.rank > 1:
                call.reject("S303", said, help=f"give it the shape [{batch}]")
            call.require_equal(lengths.shape[0] if lengths.rank else Dim.of(1), batch, said)
        return TensorType(steps.shape[1:-1], steps.dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The sums over alignments, as if the longest target filled its row: only the data know how long it is."""
        steps, targets = call.input("log_probs"), call.input("targets")
        batch = steps.shape[1] if steps.rank == 3 else Dim.of(1)
        losses = batch * bytes_of(steps.dtype)
        extra = losses * steps.shape[0] * (2 * targets.shape[-1] + 1)
        plain = call["reduction"] == "none" and not call["zero_infinity"]
        if not plain:
            extra = extra + losses
        if call["zero_infinity"]:
            extra = extra + batch  # which are infinite
        if call["reduction"] == "mean":
            extra = extra + losses  # the lengths by which they are divided
        kept: tuple[str, ...] = ("log_probs", "targets")
        if targets.dtype != "int64":
            kept, extra = ("log_probs",), extra + 8 * targets.numel
        return Saved(kept, (0,) if plain else (), extra)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        batch = (rng.randint(1, 3),) if rng.random() < 0.7 else ()
        count, classes = batch or (1,), rng.randint(1, 4)
        steps = (rng.randint(0 if rng.random() < 0.1 else 1, 4), *batch, classes)
        # all lengths are 0, as all integers are: targets in one tensor are then empty
        targets = (0,) if rng.random() < 0.1 else (*count, rng.randint(0, 4))
        lengths = [batch if rng.random() < 0.7 else count for _ in range(2)]
        blanks = [0, 0, 0, classes - 1, classes - 1, classes, -1]
        args = sample_args(cls, rng, blank=blanks, zero_infinity=[True, False])
        dtypes = [
            rng.choice(["float32"] * 6 + ["float64", "float16"]),
            rng.choice(["int64"] * 20 + list(DTYPES)),
            *(rng.choice(["int64"] * 20 + ["int32", "bool", "float32"]) for _ in range(2)),
        ]
        shapes = [steps, targets, *lengths]
        if rng.random() < 0.1:
            place = rng.randrange(1, 4)
            shapes[place] = tuple(size + 1 for size in shapes[place])
        return Sample(args, tuple(zip(shapes, dtypes, strict=True)), high=1)


class CTCLoss(_CTC, Module):
    """How unlikely a sequence of labels is, wherever in the longer input each stands (Graves et al. 2006).

    Log-probabilities of T steps come as [T, N, C] or [T, C]; the targets as [N, S], or all of the batch in one row, and
    beside each the length of every input and target. Memory is that of a longest target which fills its row.
    """

    order = ("blank", "reduction", "zero_infinity")
    example = (
        "[T, N, 20], [N, S] int64, [N] int64, [N] int64",
        "{op: CTCLoss, from: [log_probs, targets, input_lengths, target_lengths]}",
    )


class ctc_loss(_CTC, Function):
    """How unlikely a sequence of labels is, wherever in the longer input each stands: the function of `CTCLoss`."""

    order = ("blank", "reduction", "zero_infinity")
    python = Named("F.ctc_loss", 4, ())
    example = (
        "[T, N, 20], [N, S] int64, [N] int64, [N] int64",
        "{op: ctc_loss, from: [log_probs, targets, input_lengths, target_lengths]}",
    )


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log-probability of the right class out of very many, and the mean loss (Grave et al. 2017).

    Frequent classes come first. The head knows those below the first cutoff and one for each further cluster, whose
    classes share a narrower layer; only the targets' clusters are computed. The output is the log-probability of each
    target. Multiply-adds are counted as if every target lay in the costliest cluster, memory as if it lay in the head.
    """

    family = Family.LOSS
    formula = (
        "output[n] = log p(y[n]), p(c) = softmax(head x)[c] for c below the first cutoff,\n"
        "else softmax(head x)[its cluster k] · softmax(B_k A_k x)[c], A_k of ⌊in_features / div_value^k⌋ rows\n"
        "loss = −mean(output)"
    )
    inputs = ("input_", "target_")
    outputs = ("output", "loss")
    positional = 2
    in_features = Int("size of the last axis of the input", INFERRED, min=0)
    n_classes = Int("how many classes", min=1)
    cutoffs = Ints("where each cluster of classes begins: rising, between 1 and n_classes - 1")
    div_value = Float("by how much each cluster's layer is narrower than the one before", 4.0, min=1)
    head_bias = Bool("whether the head has a bias", False)
    example = (
        "[N, 512], [N] int64",
        "{op: AdaptiveLogSoftmaxWithLoss, n_classes: 20000, cutoffs: [2000, 10000], from: [features, labels]}",
    )

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        cls._require_clusters(call)
        features, target = call.input("input_"), call.input("target_")
        require(call, "input_", ("float32",), "float32, as its weights are")
        require(call, "target_", ("int64", "int32"), "class numbers as int64")
        if target.rank > 1 or features.rank != target.rank + 1:
            call.reject(
                "S302",
                f"{who(call)} needs an input [N, C] and a target [N], or [C] and [], but they are "
                f"{features} and {target}",
            )
        call.inferred("in_features", features.shape[-1], axis="features")
        if target.rank:
            call.require_equal(
                features.shape[0],
                target.shape[0],
                f"{who(call)} has {features.shape[0]} inputs and {target.shape[0]} targets",
            )
        return TensorType(target.shape), TensorType(())

    @classmethod
    def _require_clusters(cls, call: Call) -> None:
        cutoffs, classes = call["cutoffs"], call["n_classes"]
        if not cutoffs or sorted(set(cutoffs)) != list(cutoffs) or cutoffs[0] <= 0 or cutoffs[-1] >= classes:
            call.reject(
                "L204",
                f"`cutoffs` of `{call.label}` must rise between 1 and {classes - 1}, not {shown(cutoffs)}",
                arg="cutoffs",
                notes=(),
            )

    @classmethod
    def _clusters(cls, call: Call) -> list[tuple[int, int]]:
        """(width of its layer, classes) of each cluster of the tail."""
        bounds = (*call["cutoffs"], call["n_classes"])
        width = [int(call["in_features"] // (call["div_value"] ** (k + 1))) for k in range(len(bounds) - 1)]
        return [(width[k], bounds[k + 1] - bounds[k]) for k in range(len(width))]

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        size, head = call["in_features"], call["cutoffs"][0] + len(call["cutoffs"])
        owned = {"head.weight": Owned((head, size))}
        if call["head_bias"]:
            owned["head.bias"] = Owned((head,))
        for k, (width, classes) in enumerate(cls._clusters(call)):
            owned[f"tail.{k}.0.weight"] = Owned((width, size))
            owned[f"tail.{k}.1.weight"] = Owned((classes, width))
        return owned

    @classmethod
    def saved(cls, call: Call) -> Saved:
        head, target = call["cutoffs"][0] + len(call["cutoffs"]), call.input("target_")
        return Saved(("input_",), extra=target.numel * (4 * head) + target.nbytes)

    @classmethod
    def macs(cls, call: Call) -> Dim | int:
        size: int = call["in_features"]
        head: int = call["cutoffs"][0] + len(call["cutoffs"])
        dearest: int = max(width * (size + classes) for width, classes in cls._clusters(call))
        return call.input("target_").numel * (size * head + dearest)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        classes = rng.randint(2, 8)
        count = rng.randint(1, min(3, classes - 1))
        cutoffs = sorted(rng.sample(range(1, classes), count)) if rng.random() < 0.9 else [rng.randint(0, 9)] * count
        size = rng.randint(1, 9)
        args: dict[str, Any] = {"n_classes": classes, "cutoffs": cutoffs}
        optional = {"in_features": size, "div_value": rng.choice([2, 1.5, 4.0]), "head_bias": rng.random() < 0.5}
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        batch = (rng.randint(0, 3),) if rng.random() < 0.8 else ()
        target = batch if rng.random() < 0.9 else near(rng, batch)
        dtypes = rng.choice(["float32"] * 9 + ["float64"]), rng.choice(["int64"] * 8 + ["int32", "int16", "float32"])
        return Sample(args, (((*batch, size), dtypes[0]), (target, dtypes[1])), high=1)


class _LinearCrossEntropy(Loss, abstract=True):
    """A linear map whose outputs are logits, and their cross entropy."""

    formula = "logits = x Wᵀ + b, then the cross entropy of the logits, as `CrossEntropyLoss` has it"
    ignore_index = Int(
        "the class number that counts for nothing; only for class numbers, and -100 where left out", None
    )
    label_smoothing = Float("the share of the target that is spread over all classes", 0.0, min=0, max=1)

    @classmethod
    def logits(cls, call: Call) -> TensorType:
        """The type of the logits, [N, C, …] or [C]."""
        raise NotImplementedError

    @classmethod
    def element(cls, call: Call) -> TensorType:
        return of_logits(call, cls.logits(call), ignoring=call["ignore_index"] is not None)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        inside = kept_of_logits(call, cls.logits(call))
        return Saved(("input", "linear_weight", *inside.inputs), extra=inside.extra)

    @classmethod
    def sample_target(
        cls, rng: random.Random, args: dict[str, Any], batch: tuple[int, ...], classes: tuple[int, ...]
    ) -> tuple[tuple[int, ...], str]:
        """A target of class numbers or probabilities for logits [*batch, *classes]."""
        if rng.random() < 0.3:
            args.pop("ignore_index", None) if rng.random() < 0.8 else None
            return (near(rng, (*batch, *classes)), "float32")
        return (near(rng, (*batch, *classes[1:])), rng.choice(["int64"] * 12 + ["int32"]))


class LinearCrossEntropyLoss(_LinearCrossEntropy, Module):
    """A Linear layer and the cross entropy of its outputs in one, with the layer's weights its own.

    The input holds features, [N, F] or [F]. `out_features` gives each sample several answers: logits are then
    [N, C, …] and the target [N, …].
    """

    positional = 2
    order = (
        "in_features", "num_classes", "out_features", "bias", "reduction", "weight", "ignore_index", "label_smoothing",
    )  # fmt: skip
    in_features = Int("size of the last axis of the input", INFERRED, min=0)
    num_classes = Int("how many classes", min=0)
    out_features = Ints("further axes of the logits, after the classes", (), min=0)
    bias = Bool("whether b is learned", False)
    weight = Weights("a weight for each class", None)
    example = ("[N, 512], [N] int64", "{op: LinearCrossEntropyLoss, num_classes: 10, from: [features, labels]}")

    @classmethod
    def logits(cls, call: Call) -> TensorType:
        call.require_rank(1, 2, layout="[N, F] or [F]")
        require(call, "input", ("float32",), "float32, as its weights are")
        batch = call.input("input").shape[:-1]
        call.inferred("in_features", call.input("input").shape[-1], axis="features")
        if call["out_features"] and not batch:
            call.reject(
                "S302",
                f"{who(call)} has `out_features`, which need an input [N, F], but its input is 1-d",
                arg="out_features",
            )
        sizes = tuple(call.dim("out_features", k) for k in range(len(call["out_features"])))
        logits = TensorType((*batch, call.dim("num_classes"), *sizes))
        if call["weight"] is not None and Weights.shape(call["weight"]) != (call["num_classes"],):
            call.reject(
                "S303",
                f"{who(call)} has weights of shape {list(Weights.shape(call['weight']))} for "
                f"{call['num_classes']} classes",
                arg="weight",
            )
        return logits

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        rows = call["num_classes"] * prod(call["out_features"])
        bias = {"linear.bias": Owned((rows,))} if call["bias"] else {}
        return {"linear.weight": Owned((rows, call["in_features"])), **bias}

    @classmethod
    def macs(cls, call: Call) -> Dim | int:
        columns: int = call["num_classes"] * prod(call["out_features"])
        return call.input("input").numel * columns

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        batch = (rng.randint(0, 3),) if rng.random() < 0.8 else ()
        size, classes = rng.randint(0, 4), rng.randint(1, 4)
        args = sample_args(cls, rng, ignore_index=[-100, 1], label_smoothing=[0.0, 0.1, 1, 1.5], bias=[True, False])
        args["num_classes"] = classes
        out = [rng.randint(0, 3) for _ in range(rng.randint(0, 2))] if rng.random() < 0.3 else []
        if out:
            args["out_features"] = out
        if rng.random() < 0.3:
            args["in_features"] = size + (rng.random() < 0.1)
        if rng.random() < 0.3:
            args["weight"] = sample_weights(rng, (classes + (rng.random() < 0.1),))
        target = cls.sample_target(rng, args, batch, (classes, *out))
        return Sample(args, (((*batch, size), rng.choice(["float32"] * 9 + ["float64"])), target), high=1)


class linear_cross_entropy(_LinearCrossEntropy, Function):
    """A linear map and the cross entropy of its outputs in one: the function of `LinearCrossEntropyLoss`."""

    order = ("reduction", "ignore_index", "label_smoothing")
    inputs = ("input", "linear_weight", "target", "linear_bias?", "weight?")
    python = Named("F.linear_cross_entropy", 3, ("linear_bias", "weight"))
    example = ("[N, 512], [10, 512], [N] int64", "{op: linear_cross_entropy, from: [features, weight, labels]}")

    @classmethod
    def logits(cls, call: Call) -> TensorType:
        call.require_rank(1, 2, layout="[N, F] or [F]")
        features, matrix = call.input("input"), call.input("linear_weight")
        require(call, "input", FLOATING, "floats")
        for port in ("linear_weight", "linear_bias"):
            require(call, port, (features.dtype,), f"tensors of one dtype, {features.dtype} like its `input`")
        if matrix.rank < 2 or (matrix.rank > 2 and features.rank == 1):
            call.reject(
                "S302",
                f"{who(call)} needs weights [C, F], or [C, …, F] beside an input [N, F], but they are "
                f"{matrix} beside {features}",
            )
        call.require_equal(
            features.shape[-1],
            matrix.shape[-1],
            f"{who(call)} has weights for {matrix.shape[-1]} features, but its input has {features.shape[-1]}",
        )
        if call.has("linear_bias"):
            bias = call.input("linear_bias")
            said = f"{who(call)} needs a bias {TensorType(matrix.shape[:-1])}, but it is {bias}"
            if bias.rank != matrix.rank - 1:
                call.reject("S303", said)
            for size, wanted in zip(bias.shape, matrix.shape, strict=False):
                call.require_equal(size, wanted, said)
        return TensorType((*features.shape[:-1], *matrix.shape[:-1]), features.dtype)

    @classmethod
    def macs(cls, call: Call) -> Dim | int:
        return call.input("input").numel * TensorType(call.input("linear_weight").shape[:-1]).numel

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        batch = (rng.randint(0, 3),) if rng.random() < 0.8 else ()
        size, classes = rng.randint(0, 4), rng.randint(1, 4)
        out = tuple(rng.randint(0, 3) for _ in range(rng.randint(1, 2))) if rng.random() < 0.3 else ()
        args = sample_args(cls, rng, ignore_index=[-100, 1], label_smoothing=[0.0, 0.1, 1, 1.5])
        dtype = rng.choice(["float32"] * 8 + list(FLOATING))
        target = cls.sample_target(rng, args, batch, (classes, *out))
        matrix = (classes, *out, size + (rng.random() < 0.05))
        bias = (near(rng, (classes, *out)), dtype) if rng.random() < 0.4 else None
        inputs = (((*batch, size), dtype), (matrix, dtype), target, bias)
        return sample_class_weights(cls, rng, args, inputs, (classes,))
