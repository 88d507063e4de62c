"""Borders: what a person reads, what open sizes need, and which numbers fill them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from specc.diagnostics import Sink
from specc.ops import OPS
from specc.ops.evaluate import Outcome, evaluate
from specc.ops.scalars import fits
from specc.shapes.tensor import DTYPES, TensorType

Shape = list[int | str]


def _judged(op: str, args: dict[str, Any], shape: Shape, dtype: str = "float32") -> tuple[Outcome, Sink]:
    sink = Sink()
    return evaluate(OPS[op], args, [TensorType.of(shape, dtype)], sink=sink), sink


@pytest.mark.parametrize(
    ("op", "args", "shape", "dtype", "code", "message"),
    [
        (
            "ReflectionPad2d", {"padding": 3}, ["N", 3, 3, 9], "float32", "S306",
            "`layer` (ReflectionPad2d) reflects 3 elements at the border of axis 2, which has only 3",
        ),
        (
            "CircularPad1d", {"padding": 4}, ["N", 3, 3], "float32", "S306",
            "`layer` (CircularPad1d) wraps 4 elements around axis 2, which has only 3",
        ),
        (
            "ZeroPad2d", {"padding": [-3, -3, 0, 0]}, ["N", 3, 8, 5], "float32", "S306",
            "`padding` of `layer` (ZeroPad2d) cuts axis 3, which has 5, to -1",
        ),
        (
            "ZeroPad1d", {"padding": [-3, 3]}, ["N", 3, 2], "float32", "S306",
            "`padding` of `layer` (ZeroPad1d) cuts axis 2, which has 2, to -1 before it adds a border",
        ),
        (
            "ReplicationPad2d", {"padding": [1, 1]}, ["N", 3, 8, 8], "float32", "S310",
            "`padding` of `layer` must be a number or a list of 4, not of 2",
        ),
        (
            "ReplicationPad3d", {"padding": 1}, ["N", 8, 8], "float32", "S302",
            "`layer` (ReplicationPad3d) needs a 4-d or 5-d input [N, C, …], but its input is 3-d",
        ),
        (
            "ConstantPad1d", {"padding": 1, "value": -1}, ["N", 3, 8], "uint8", "S310",
            "`value: -1` of `layer` (ConstantPad1d) is no uint8",
        ),
        (
            "pad", {"pad": [1, 1], "mode": "reflect", "value": 1.0}, ["N", 3, 8], "float32", "S310",
            "`value` of `layer` (pad) is for the mode `constant` only",
        ),
        (
            "pad", {"pad": [1] * 8, "mode": "replicate"}, ["N", 3, 8, 8, 8, 8], "float32", "S310",
            "`mode: replicate` of `layer` (pad) pads 1 to 3 axes, but `pad` has sizes for 4",
        ),
    ],
)  # fmt: skip
def test_message(op: str, args: dict[str, Any], shape: Shape, dtype: str, code: str, message: str) -> None:
    outcome, sink = _judged(op, args, shape, dtype)
    assert not outcome.ok
    assert [(d.code, d.message) for d in sink.diagnostics] == [(code, message)]


def test_help_names_the_sibling() -> None:
    _, sink = _judged("ReplicationPad3d", {"padding": 1}, ["N", 3, 8, 8])
    assert sink.diagnostics == []  # [C, D, H, W]
    _, sink = _judged("ReflectionPad1d", {"padding": 1}, ["N", 3, 8, 8])
    assert [d.help for d in sink.diagnostics] == ["use `ReflectionPad2d` for images [N, C, H, W]"]


@pytest.mark.parametrize(
    ("op", "padding", "gives", "needs"),
    [
        ("ReflectionPad1d", 3, "[N, 3, L + 6]", ["L >= 4"]),
        ("CircularPad1d", 3, "[N, 3, L + 6]", ["L >= 3"]),
        ("ReplicationPad1d", [-1, -2], "[N, 3, L - 3]", ["L >= 4"]),
        ("ZeroPad1d", [-1, -2], "[N, 3, L - 3]", ["L >= 3"]),
        ("ZeroPad1d", [-2, 5], "[N, 3, L + 3]", ["L >= 2"]),
    ],
)
def test_open_sizes(op: str, padding: int | list[int], gives: str, needs: list[str]) -> None:
    """What an open size must be is recorded, not refused."""
    outcome, _ = _judged(op, {"padding": padding}, ["N", 3, "L"])
    assert outcome.ok
    assert str(outcome.outputs[0]) == gives
    assert [str(condition) for condition in outcome.call.requirements] == needs


@pytest.mark.parametrize("dtype", DTYPES)
def test_which_numbers_fit(dtype: str) -> None:
    """The limits of every dtype are torch's, for integers (which wrap around in uint8) and for floats."""
    kind = getattr(torch, dtype)
    edges = [0, 1, -1, 127, 128, -128, -129, 255, 256, -255, -256, 32767, 32768, -32768, -32769, 65504, 65520]
    edges += [2**31 - 1, 2**31, -(2**31), -(2**31) - 1]
    values: list[float] = [*edges, *map(float, edges), -0.5, 127.5, -128.5, 255.5, 1e30, 1e39, -1e39, float("inf")]
    for value in values:
        try:
            torch.zeros(3, dtype=kind).fill_(value)
        except RuntimeError:
            accepted = False
        else:
            accepted = True
        assert fits(value, dtype) == accepted, value
