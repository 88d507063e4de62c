"""Losses where the oracle cannot tell: what data decide, the costs torch does not count, and weights as lists."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from specc.diagnostics import Sink
from specc.ops import OPS
from specc.ops.arguments import Weights
from specc.ops.declare import Owned
from specc.ops.evaluate import Outcome, evaluate
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

N = Dim.symbol("N")
LABELS = TensorType.of(["N"], "int64")


def _run(op: str, args: dict[str, Any], *types: TensorType) -> tuple[Outcome, list[tuple[str, str, str | None]]]:
    sink = Sink()
    outcome = evaluate(OPS[op], args, types, sink=sink)
    return outcome, [(d.code, d.message, d.help) for d in sink.diagnostics]


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_ctc_takes_the_targets_of_a_batch_in_one_row(reduction: str) -> None:
    """The oracle draws lengths at random, and cannot give such targets as many labels as their lengths say."""
    types = [TensorType.of([6, 2, 4]), TensorType.of([5], "int64"), *[TensorType.of([2], "int64")] * 2]
    outcome, found = _run("CTCLoss", {"reduction": reduction}, *types)
    assert not found
    lengths = torch.tensor([6, 5]), torch.tensor([2, 3])
    loss = nn.CTCLoss(reduction=reduction)(torch.rand(6, 2, 4).log_softmax(2), torch.tensor([1, 2, 1, 3, 1]), *lengths)
    assert outcome.outputs == (TensorType.of(loss.shape),)


@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_what_ctc_keeps_of_targets_that_fill_their_rows(reduction: str, zero_infinity: bool) -> None:
    args = {"reduction": reduction, "zero_infinity": zero_infinity}
    lengths = [TensorType.of([2], "int64")] * 2
    outcome, found = _run("CTCLoss", args, TensorType.of([6, 2, 4]), TensorType.of([2, 3], "int64"), *lengths)
    assert not found
    assert outcome.saved is not None
    scores, targets = torch.rand(6, 2, 4, requires_grad=True), torch.tensor([[1, 2, 1], [3, 2, 0]])
    kept: dict[int, int] = {}
    with torch.autograd.graph.saved_tensors_hooks(
        lambda x: kept.update({x.untyped_storage().data_ptr(): x.untyped_storage().nbytes()}) or x, lambda x: x
    ):
        loss = nn.CTCLoss(reduction=reduction, zero_infinity=zero_infinity)(
            scores, targets, torch.tensor([6, 5]), torch.tensor([3, 2])
        )
    given = [scores, targets, *([loss] if outcome.saved.outputs else [])]
    others = sum(kept.values()) - sum(kept[x.untyped_storage().data_ptr()] for x in given)
    assert outcome.saved.inputs == ("log_probs", "targets")
    assert outcome.saved.extra == Dim.of(others)


def test_the_costs_of_an_adaptive_softmax() -> None:
    """Head and the costliest cluster: 512 · (2000 + 2), and 512 · 128 + 128 · 8000 of the first cluster."""
    args = {"n_classes": 20000, "cutoffs": [2000, 10000]}
    outcome, found = _run("AdaptiveLogSoftmaxWithLoss", args, TensorType.of(["N", 512]), LABELS)
    assert not found
    assert outcome.macs == N * (512 * 2002 + max(512 * 128 + 128 * 8000, 512 * 32 + 32 * 10000))
    assert outcome.parameters["tail.1.0.weight"] == Owned((32, 512))


def test_weights_are_a_float_tensor_and_a_buffer() -> None:
    """Integers too: `torch.tensor([1, 2])` would be int64, which no loss takes."""
    outcome, found = _run("CrossEntropyLoss", {"weight": [1, 2]}, TensorType.of(["N", 2]), LABELS)
    assert not found
    assert outcome.buffers == {"weight": Owned((2,))}
    assert OPS["CrossEntropyLoss"].args["weight"].python((1, 2)) == "torch.tensor([1.0, 2.0])"
    assert OPS["BCEWithLogitsLoss"].args["pos_weight"].python(((1,), (0.5,))) == "torch.tensor([[1.0], [0.5]])"
    assert Weights.shape(((1, 2, 3), (4, 5, 6))) == (2, 3)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (((1, 2), (3,)), "must be a list of numbers, or of lists of one length"),
        ((1, (2,)), "must be a list of numbers, or of lists of one length"),
        ((True,), "must be a list of numbers, not true"),
        ("heavy", "must be a list of numbers, not `heavy`"),
    ],
)
def test_weights_that_are_no_tensor(value: Any, why: str) -> None:
    assert OPS["BCELoss"].args["weight"].refuse(value, OPS["BCELoss"]) == why


@pytest.mark.parametrize(
    ("op", "args", "types", "expected"),
    [
        (
            "CrossEntropyLoss", {}, [["N", 10], ["N", 1]],
            ("S303", "`layer` (CrossEntropyLoss) needs a target [N] for scores [N, 10], but its target is [N, 1]",
             "drop axis 1 of the target, whose size is 1"),
        ),
        (
            "CrossEntropyLoss", {"weight": [1, 2]}, [["N", 10], ["N"]],
            ("S303", "`layer` (CrossEntropyLoss) has 2 weights for 10 classes", "write 10 weights, one for each class"),
        ),
        (
            "NLLLoss", {}, [["N", 10, "H", "W"], ["N"]],
            ("S303", "`layer` (NLLLoss) needs a target [N, H, W] for scores [N, 10, H, W], but its target is [N]",
             "axis 1 of the scores holds the 10 classes, every other a place"),
        ),
        ("MultiMarginLoss", {"p": 3}, [["N", 10], ["N"]], ("L204", "`p` of `layer` must be at most 2, not 3", None)),
        ("HuberLoss", {"delta": 0}, [["N"], ["N"]], ("L204", "`delta` of `layer` must be greater than 0, not 0", None)),
        (
            "TripletMarginLoss", {"margin": -1.0}, [["N", 8]] * 3,
            ("L204", "`margin` of `layer` must be greater than 0, not -1.0", None),
        ),
        (
            "EmbeddingBag", {"num_embeddings": 9, "embedding_dim": 4}, [["L"]],
            ("N404", "`layer` (EmbeddingBag) needs `offsets` beside an input [L]: where each bag begins",
             "give it an input [N, L] of bags of one length, or `offsets`"),
        ),
        (
            "AdaptiveLogSoftmaxWithLoss", {"n_classes": 9, "cutoffs": [4, 2]}, [["N", 8], ["N"]],
            ("L204", "`cutoffs` of `layer` must rise between 1 and 8, not [4, 2]", None),
        ),
        (
            "cdist", {}, [["P", 3], ["R", 4]], ("S303", "`layer` (cdist) compares vectors of size 3 and 4", None),
        ),
    ],
)  # fmt: skip
def test_messages(
    op: str, args: dict[str, Any], types: list[list[int | str]], expected: tuple[str, str, str | None]
) -> None:
    """Targets and indices are int64, every other input floats."""
    whole = {"CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "AdaptiveLogSoftmaxWithLoss"}
    dtypes = ["int64" if op == "EmbeddingBag" or (k == 1 and op in whole) else "float32" for k in range(len(types))]
    _, found = _run(op, args, *(TensorType.of(shape, dtype) for shape, dtype in zip(types, dtypes, strict=True)))
    assert found == [expected]


def test_float_class_numbers_are_told_from_probabilities() -> None:
    """A float target without the axis of the classes can only be class numbers of the wrong dtype."""
    _, found = _run("CrossEntropyLoss", {}, TensorType.of(["N", 10]), TensorType.of(["N"]))
    assert [(code, message) for code, message, _ in found] == [
        ("S307", "`layer` (CrossEntropyLoss) takes class numbers as int64, but its `target` is float32")
    ]
    outcome, found = _run("CrossEntropyLoss", {}, TensorType.of(["N", 10]), TensorType.of(["N", 10]))
    assert outcome.ok
    assert not found


def test_a_broadcast_target_is_a_warning() -> None:
    """As in torch, which computes it and warns: the loss of N × N pairs."""
    outcome, found = _run("MSELoss", {}, TensorType.of(["N", 1]), TensorType.of(["N"]))
    assert outcome.ok
    assert [code for code, _, _ in found] == ["W505"]
