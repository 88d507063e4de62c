"""Notations inside arguments (patterns, equations, subscripts): what they mean in a spec, and how mistakes read."""

from __future__ import annotations

from typing import Any

import pytest

from specc.compiler import compile_text
from specc.diagnostics import Diagnostic, Sink
from specc.emit.python import to_python
from specc.ops import OPS
from specc.ops.evaluate import evaluate
from specc.ops.subscripts import parts
from specc.shapes.tensor import TensorType


def _only(op: str, args: dict[str, Any], *shapes: list[int | str]) -> Diagnostic:
    sink = Sink()
    assert not evaluate(OPS[op], args, [TensorType.of(shape) for shape in shapes], sink=sink).ok
    (found,) = sink.diagnostics
    return found


@pytest.mark.parametrize(
    ("pattern", "lengths", "code", "message", "help"),
    [
        (
            "b c (h d) -> b c h d", {}, "S310",
            "`layer` (rearrange) cannot tell how `(h d)` splits 64: the lengths of `h` and `d` are open",
            "give all but one of them: `h: 2`",
        ),
        (
            "b c (h d) -> b c h d", {"h": 5}, "S308",
            "`layer` (rearrange) cannot split 64 into `(h d)`: it is not divisible by 5", None,
        ),
        (
            "b c n -> b n c", {"heads": 4}, "L201",
            "unknown argument `heads` of `layer` (rearrange): its pattern has no such axis",
            "its axes are `b`, `c`, `n`",
        ),
        (
            "b c (h d -> b c h d", {"h": 4}, "L204",
            "`pattern` of `layer` must close the parenthesis that `b c (h d` opens", None,
        ),
        (
            "b c h d) -> b c h d", {"h": 4}, "L204",
            "`pattern` of `layer` must open the parenthesis that `b c h d)` closes", None,
        ),
        (
            "b, c, n -> b n c", {}, "L204", "`pattern` of `layer` must be made of names, but `b,` is none",
            "axes stand with blanks between them, not commas",
        ),
        (
            "b c n -> b n", {}, "S310", "`layer` (rearrange) loses the axis `c`: its output does not name it",
            "`reduce` takes a maximum, sum or mean over the axes that the output lacks",
        ),
        (
            "b c n -> b n m c", {}, "S310",
            "`layer` (rearrange) does not know the axis `m`: its input does not name it",
            "`repeat` adds axes; their lengths are given: `m: 2`",
        ),
        (
            "b n -> n b", {}, "S302", "`pattern` of `layer` names 2 axes, but its input is 3-d",
            "`...` stands for axes that are not named",
        ),
        (
            "b b n -> b n", {}, "L204",
            "`pattern` of `layer` must name each axis of the input once, but it names `b` twice",
            "give the axes two names",
        ),
        (
            "b c n", {}, "L204", "`pattern` of `layer` must have one `->`, not 0",
            "name the axes of the input, then `->`, then those of the output: `b c h w -> b (h w) c`",
        ),
    ],
)  # fmt: skip
def test_a_pattern_says_what_is_wrong(
    pattern: str, lengths: dict[str, int], code: str, message: str, help: str | None
) -> None:
    found = _only("rearrange", {"pattern": pattern, **lengths}, ["N", 3, 64])
    assert (found.code, found.message, found.help) == (code, message, help)


def test_repeat_says_that_a_new_axis_needs_a_length() -> None:
    found = _only("repeat", {"pattern": "b c -> b r c"}, ["N", 3])
    assert found.message == "`layer` (repeat) cannot know the length of the new axis `r`"
    assert found.help == "give it: `r: 2`"


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("nab->na", "`equation` of `layer` names 1 operands, but `layer` reads 2"),
        ("nab,nb->nz", "`equation` of `layer` has `z` in its output, but in no operand"),
        ("nab,nbc->n", "`equation` of `layer` names 3 axes of operand 1, but it is 2-d"),
        ("nab,nb->nn", "`equation` of `layer` must name `n` once in its output, not twice"),
        ("n1b,nb->n", "`equation` of `layer` must be made of letters, but `1` is none"),
        ("nab,na->n", "`layer` (einsum) has sizes 3 and 64 for `a`"),
    ],
)
def test_an_equation_says_what_is_wrong(equation: str, message: str) -> None:
    assert _only("einsum", {"equation": equation}, [8, 3, 64], [8, 64]).message == message


@pytest.mark.parametrize(
    ("index", "code", "message"),
    [
        (":, 3", "S306", "`layer` (getitem) takes place 3 of axis 1, which has size 3"),
        (":, :, :, 0", "S302", "`index` of `layer` names 4 axes, but its input is 3-d"),
        ("::-1", "L204", "the step of a slice in `index` of `layer` must be at least 1, not -1"),
        ("indices", "N404", "`index` of `layer` (getitem) names `indices`, but it reads one layer"),
    ],
)
def test_a_subscript_says_what_is_wrong(index: str, code: str, message: str) -> None:
    found = _only("getitem", {"index": index}, ["N", 3, 64])
    assert (found.code, found.message) == (code, message)


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        (":, 1:", "[N, T - 1, 16]"),
        (":, :-1", "[N, T - 1, 16]"),
        ("..., ::3", "[N, T, 6]"),
        ("-1", "[T, 16]"),
        ("None, :, 0", "[1, N, 16]"),
    ],
)
def test_slices_of_symbols(index: str, shape: str) -> None:
    outcome = evaluate(OPS["getitem"], {"index": index}, [TensorType.of(["N", "T", 16])])
    assert str(outcome.outputs[0]) == shape


def test_parts() -> None:
    """Signs inside brackets divide nothing."""
    assert parts("a[1, 2], max(b, c): 3, :", ",") == ["a[1, 2]", "max(b, c): 3", ":"]


SPEC = """
name: tried
params: {start: 2, heads: 4}
inputs: {x: [N, T, 64], table: [49, 64], index: {shape: [7, 7], dtype: int64}}
where: [T >= 8]
layers:
  cut: {op: getitem, index: ":, start:, 0", from: x}
  tail: {op: getitem, index: "..., T - 1:, None, :", from: x}
  thin: {op: getitem, index: ":, :start + 1, ::2", from: x}
  bias: {op: getitem, from: [table, index]}
  pick: {op: getitem, index: ":, indices", from: [table, index]}
  split: {op: rearrange, pattern: "n t (h d) -> n h t d", h: heads, from: x}
  copies: {op: repeat, pattern: "n h t d -> n h t d r", r: N}
  most: {op: reduce, pattern: "n h t d r -> n d", reduction: max}
  twice: {op: repeat, repeats: [2, 1], from: most}
  scores: {op: einsum, equation: "ntd,nsd->nts", from: [x, x]}
outputs: {a: cut, b: tail, c: thin, d: bias, e: pick, f: twice, g: scores}
"""
LINES = """
        cut = x[:, self.start :, 0]  # [N, T - 2]
        tail = x[..., t - 1 :, None, :]  # [N, 1, 1, 64]
        thin = x[:, : self.start + 1, ::2]  # [N, 3, 32]
        bias = table[index]  # [7, 7, 64]
        pick = table[:, index]  # [49, 7, 7]
        y = einops.rearrange(x, "n t (h d) -> n h t d", h=self.heads)  # [N, 4, T, 16]
        y = einops.repeat(y, "n h t d -> n h t d r", r=n)  # [N, 4, T, 16, N]
        y = einops.reduce(y, "n h t d r -> n d", "max")  # [N, 16]
        twice = y.repeat(2, 1)  # [2 * N, 16]
        x = torch.einsum("ntd,nsd->nts", x, x)  # [N, T, T]
"""


def test_the_python_is_what_a_person_would_write() -> None:
    """Params, symbols and a second input stand inside brackets; a param that only a subscript names counts as used."""
    result = compile_text(SPEC, "tried.yaml")
    assert result.graph is not None
    assert not result.diagnostics, [d.message for d in result.diagnostics]
    text = to_python(result.graph)
    assert LINES.strip("\n") in text
    assert "import einops\nimport torch\n" in text


def test_a_diagram_shows_a_subscript_as_it_is_written() -> None:
    index = OPS["getitem"].args["index"]
    assert [index.label(text) for text in (":, 1:, 0", "..., ::2", "null, indices")] == [
        "[:, 1:, 0]", "[..., ::2]", "[None, indices]",
    ]  # fmt: skip
