"""What arithmetic, reductions, orders and creation say of layers that cannot work, and how calls are written."""

from __future__ import annotations

from typing import Any

import pytest

from specc.diagnostics import Sink
from specc.emit.python.text import operand
from specc.ops import OPS
from specc.ops.evaluate import evaluate
from specc.ops.write import Comparison, Placed
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

N = Dim.symbol("N")


@pytest.mark.parametrize(
    ("op", "args", "inputs", "code", "message", "help"),
    [
        ("add", {"alpha": 0.5}, ["[N] int64", "[N] int64"], "S310",
         "`alpha` of `layer` (add) is 0.5, but the result is int64", "give an integer, or read floats"),
        ("add", {"alpha": 2}, ["[N]", "[N]", "[N]"], "S310",
         "`alpha` of `layer` (add) scales the second of two operands, but there are 3", None),
        ("add", {}, ["[N] bfloat16", "[] complex64"], "S307",
         "`layer` (add) would be complex in half precision, in which little is computed",
         "read float32 beside complex numbers"),
        ("floor_divide", {"other": 0}, ["[N] int64"], "L204",
         "`layer` (floor_divide) divides integers by 0", "write `other: 0.0` where infinities are wanted"),
        ("pow", {"exponent": -1}, ["[N] int64"], "S307",
         "`layer` (pow) cannot raise integers to the negative power -1", "write `exponent: -1.0`, which gives floats"),
        ("hypot", {}, ["[N] int64", "[N] int64"], "S307", "`layer` (hypot) does not take integers", None),
        ("bitwise_and", {}, ["[N]", "[N]"], "S307", "`layer` (bitwise_and) does not take floats", None),
        ("lerp", {}, ["[N]", "[N]"], "L202", "`layer` (lerp) needs one `weight`: a third input or a number",
         "give it a number (`weight: 0.5`), or read three layers"),
        ("addcdiv", {}, ["[N]", "[N] int64", "[N] int64"], "S307", "`layer` (addcdiv) does not divide integers", None),
        ("clamp", {}, ["[N]"], "L202", "`layer` (clamp) needs `min` or `max`, or both", None),
        ("clamp_min", {}, ["[N]"], "L202", "`layer` (clamp_min) needs `min`", None),
        ("clamp", {"max": 1}, ["[N]", "[N]"], "L204",
         "`layer` (clamp) has bounds that are numbers and bounds that are tensors",
         "give numbers only, or read all bounds: `from: {input: x, min: low}`"),
        ("where", {"other": 0}, ["[N] bool"], "L202", "`layer` (where) needs one `input`: a tensor or a number",
         "read it (`from: {condition: mask, input: x}`), or give a number (`input: 0`)"),
        ("where", {"other": 0}, ["[N]", "[N]"], "S307",
         "`layer` (where) needs a boolean `condition`, but its input is float32",
         "compare to get one: `{op: ne, other: 0}`"),
        ("masked_fill", {}, ["[N]", "[N] bool"], "L202",
         "`layer` (masked_fill) needs one `value`: a number or a third input, which is 0-d", "write `value: 0`"),
        ("masked_fill", {"value": 300}, ["[N] uint8", "[N] bool"], "S310",
         "`value: 300` of `layer` (masked_fill) is no uint8, which it computes in", None),
        ("mean", {}, ["[N] int64"], "S307", "`layer` (mean) gives no int64", "write `dtype: float32`"),
        ("sum", {"keepdim": True}, ["[N]"], "L202", "`layer` (sum) needs `dim` beside `keepdim`", None),
        ("sum", {"dim": [0, -2]}, ["[N, T]"], "S309", "`dim` of `layer` (sum) names axis 0 twice", None),
        ("amax", {"dim": 1}, ["[N, 0]"], "S306", "`layer` (amax) reduces axis 1, which is empty", None),
        ("max", {"dim": 0}, ["[N]", "[N]"], "S310",
         "`layer` (max) compares two inputs, or the elements of one along `dim`, not both", None),
        ("norm", {"dtype": "float16"}, ["[N]"], "S307", "`layer` (norm) cannot convert float32 to float16", None),
        ("trace", {}, ["[N]"], "S302", "`layer` (trace) needs a 2-d input [N, M], but its input is 1-d", None),
        ("cumsum", {"dim": 0, "dtype": "bool"}, ["[N]"], "S307", "`layer` (cumsum) gives no booleans", "write `int64`"),
        ("diff", {"n": 2}, ["[N]"], "S305",
         "`layer` (diff) takes 2 differences of N: nothing is left unless N >= 2", "add `where: [N >= 2]`"),
        ("topk", {"k": 5}, ["[N, 3]"], "S306", "`k: 5` of `layer` (topk) asks for more than the 3 elements of axis 1",
         None),
        ("kthvalue", {"k": 0}, ["[N, 3]"], "L204", "`k: 0` of `layer` (kthvalue) must be at least 1", None),
        ("searchsorted", {}, ["[2, 4]", "[3]"], "S302",
         "`layer` (searchsorted) has a sequence of 2 axes and values of 1",
         "give them as many axes, or a sequence of one axis"),
        ("searchsorted", {"side": "left", "right": True}, ["[4]", "[3]"], "S310",
         "`side: left` and `right: true` of `layer` (searchsorted) contradict each other", None),
        ("arange", {"end": 4, "step": 0}, [], "L204", "`step` of `layer` (arange) must not be 0", None),
        ("arange", {"end": N, "step": 0.5}, [], "S304",
         "`layer` (arange) mixes a symbol and fractions: how many numbers that makes is open", None),
        ("zeros", {"size": [2, -1]}, [], "L204", "`size` of `layer` (zeros) holds the negative size -1", None),
        ("full", {"size": [2], "fill_value": 300, "dtype": "int8"}, [], "S310",
         "`fill_value: 300` of `layer` (full) is no int8, which it computes in", None),
        ("rand", {"size": [2], "dtype": "int64"}, [], "S307", "`layer` (rand) draws no int64",
         "write `dtype: float32`, or use `randint`"),
        ("randint", {"high": 0, "size": [2]}, [], "L204",
         "`high: 0` of `layer` (randint) must be greater than `low`, which is 0", None),
        ("multinomial", {"num_samples": 4}, ["[N, 3]"], "S306",
         "`num_samples: 4` of `layer` (multinomial) is more than the 3 categories that there are",
         "write `replacement: true` to draw one again"),
        ("tril_indices", {"row": N, "col": N, "offset": 1}, [], "S304",
         "no expression over N and N gives the number of places of `layer` (tril_indices)",
         "give numbers, or as many columns as rows and an `offset` of 0 or -1"),
        ("meshgrid", {}, ["[N]", "[N] int64"], "S307",
         "`layer` (meshgrid) needs inputs of one dtype, but has float32 and int64", None),
    ],
)  # fmt: skip
def test_message(op: str, args: dict[str, Any], inputs: list[str], code: str, message: str, help: str | None) -> None:
    types = []
    for text in inputs:
        shape, _, dtype = text.strip("[").partition("]")
        sizes = [int(size) if size.isdigit() else size for size in shape.split(", ") if size]
        types.append(TensorType.of(sizes, dtype.strip() or "float32"))
    sink = Sink()
    assert not evaluate(OPS[op], args, types, sink=sink).ok
    assert [(d.code, d.message, d.help) for d in sink.diagnostics] == [(code, message, help)]


def test_comparisons_are_operators_but_for_truth() -> None:
    equal = OPS["eq"].python
    assert isinstance(equal, Comparison)
    assert equal.call(["a", "b"], []) == "a == b"
    assert equal.call(["a"], ["0.5"]) == "a == 0.5"
    assert equal.call(["a"], ["True"]) == "a.eq(True)"


def test_numbers_and_tensors_stand_in_their_places() -> None:
    where = OPS["where"].python
    assert isinstance(where, Placed)
    assert where.call(["mask", "a", "b"], []) == "torch.where(mask, a, b)"
    assert where.call(["mask", "a"], ["other=0"]) == "torch.where(mask, a, 0)"
    assert where.call(["mask", "other=b"], ["input=0"]) == "torch.where(mask, 0, b)"
    assert where.call(["mask"], ["input=1", "other=0"]) == "torch.where(mask, 1, 0)"


@pytest.mark.parametrize(
    ("code", "sign", "written"),
    [
        ("a + b", "<", "a + b"),
        ("a if c else b", "==", "(a if c else b)"),
        ("a < b", "==", "(a < b)"),
        ("a + b", "&", "a + b"),
        ("a < b", "&", "(a < b)"),
        ("a + b", "%", "(a + b)"),
    ],
)
def test_operands_are_in_parentheses_where_they_bind_less(code: str, sign: str, written: str) -> None:
    assert operand(code, sign) == written
