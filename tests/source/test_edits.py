"""Edits of diagnostics: made, they mend what they say they mend."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from specc.compiler import compile_text
from specc.diagnostics import Diagnostic, Edit, Severity, Span
from specc.diagnostics.formats import to_json
from specc.source.edits import applied

CASES = Path(__file__).parent.parent / "cases"
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _mended() -> list[tuple[str, str, Diagnostic]]:
    """Every diagnostic of the cases with edits, and the spec it is about."""
    found = []
    for file in sorted(CASES.glob("*.md")):
        text = file.read_text(encoding="utf-8")
        heads = list(_SECTION.finditer(text))
        for head, end in zip(heads, [h.start() for h in heads[1:]] + [len(text)], strict=True):
            spec = _YAML.search(text, head.end(), end)
            assert spec is not None
            for one in compile_text(spec[1], "spec.yaml").diagnostics:
                if one.edits:
                    found.append((f"{file.stem}: {head[1]}", spec[1], one))
    return found


MENDED = _mended()


@pytest.mark.parametrize(
    ("spec", "one"), [pytest.param(s, d, id=f"{title} {d.code}:{d.span and d.span.line}") for title, s, d in MENDED]
)
def test_edits_mend(spec: str, one: Diagnostic) -> None:
    before = compile_text(spec, "spec.yaml").diagnostics
    after = compile_text(applied(one.edits, spec), "spec.yaml").diagnostics
    assert _count(after, lambda d: d.code[0] == "Y") == _count(before, lambda d: d.code[0] == "Y"), "no longer YAML"

    def same(other: Diagnostic) -> bool:
        return (other.code, other.message) == (one.code, one.message)

    assert _count(after, same) < _count(before, same), f"{one.code}: {one.message} is still there"


def _count(found: tuple[Diagnostic, ...], what: Callable[[Diagnostic], bool]) -> int:
    return sum(map(what, found))


def test_mistakes_of_the_forums_are_mended() -> None:
    """Those without a ```mended block by their edits, one after the other."""
    text = (CASES / "from_forums.md").read_text(encoding="utf-8")
    sections = text.split("\n## ")[1:]
    assert len(sections) >= 40
    for section in sections:
        assert re.search(r"^<https://\S+>: ", section, re.MULTILINE), "a case says where the mistake was made"
        spec = _YAML.search(section)
        assert spec is not None
        mended, found = spec[1], compile_text(spec[1], "spec.yaml").diagnostics
        assert found
        assert all(one.help for one in found)
        while "```mended" not in section and found:
            assert found[0].edits, f"{section.splitlines()[0]}: {found[0].message}"
            mended = applied(found[0].edits, mended)
            left = compile_text(mended, "spec.yaml").diagnostics
            codes = {one.code for one in found}
            left = tuple(one for one in left if one.severity is Severity.ERROR or one.code in codes)
            assert len(left) < len(found)
            found = left


def test_edits_are_those_of_many_codes() -> None:
    assert len({one.code for _, _, one in MENDED}) >= 14


def _only(spec: str, code: str) -> Diagnostic:
    (one,) = [d for d in compile_text(spec, "spec.yaml").diagnostics if d.code == code]
    return one


FLOW = "name: n\ninputs: {x: [N, 8]}\nlayers:\n  fc: {op: Linear, in_features: 9, out_features: 2}\n"
LAST = "name: n\ninputs: {x: [N, 8]}\nlayers:\n  fc: {op: Linear, out_features: 2, in_features: 9}\n"
BLOCK = (
    "name: n\ninputs: {x: [N, 8]}\nlayers:\n  fc:\n    op: Linear\n    in_features: 9  # wrong\n    out_features: 2\n"
)


@pytest.mark.parametrize("spec", [FLOW, LAST, BLOCK])
def test_an_entry_goes_with_what_parts_it_from_the_others(spec: str) -> None:
    one = _only(spec, "S301")
    after = applied(one.edits, spec)
    removed = re.sub(r"in_features: 9, |, in_features: 9|    in_features: 9  # wrong\n", "", spec)
    assert after == removed


OPEN = """name: n
inputs: {{x: [N, 3, H, W]}}
{where}layers:
  pool: {{op: MaxPool2d, kernel_size: 2}}
  up: {{op: Upsample, scale_factor: 2}}
  cat: {{op: cat, from: [x, up], dim: 1}}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "where: [H % 2 == 0, W % 2 == 0]\n"),
        ("where: [H >= 2]\n", "where: [H >= 2, H % 2 == 0, W % 2 == 0]\n"),
        ("where:\n  - H >= 2\n", "where:\n  - H >= 2\n  - H % 2 == 0\n  - W % 2 == 0\n"),
    ],
)
def test_facts_join_those_that_are_there(before: str, after: str) -> None:
    spec = OPEN.format(where=before)
    assert applied(_only(spec, "S305").edits, spec) == OPEN.format(where=after)


def test_a_fact_with_a_comma_is_quoted() -> None:
    spec = """name: n
inputs: {x: [N, 3, H, 8]}
layers:
  once: {op: AvgPool2d, kernel_size: 4}
  two: {op: AvgPool2d, kernel_size: 2, from: x}
  again: {op: AvgPool2d, kernel_size: 2, ceil_mode: true}
  cat: {op: cat, from: [once, again], dim: 1}
"""
    one = _only(spec, "S305")
    assert one.help == 'holds when H % 4 in (0, 1); add `where: ["H % 4 in (0, 1)"]`'
    assert compile_text(applied(one.edits, spec), "spec.yaml").ok


def test_what_the_command_line_says_is_not_the_files_to_change() -> None:
    result = compile_text(FLOW.replace("in_features: 9, ", ""), "spec.yaml", ["layers.fc.in_features=9"])
    (one,) = [d for d in result.diagnostics if d.code == "S301"]
    assert one.edits == ()


def test_a_layer_that_is_named_elsewhere_stays() -> None:
    spec = """name: n
inputs: {x: [N, 64]}
layers:
  fc: {op: Linear, out_features: 10}
  prob: {op: Softmax, dim: 1}
outputs: {y: prob}
train: {data: {dataset: Digits}, loss: CrossEntropyLoss, optimizer: {op: SGD, lr: 0.1}, epochs: 1}
"""
    assert _only(spec, "W501").edits == ()
    assert _only(spec.replace("outputs: {y: prob}\n", ""), "W501").edits != ()


def test_json_has_the_edits() -> None:
    shown = json.loads(to_json([_only(FLOW, "S301")], ok=False))["diagnostics"][0]
    place = {"file": "spec.yaml", "line": 4, "column": 20, "end_line": 4, "end_column": 36}
    assert shown["edits"] == [place | {"text": ""}]


def test_edits_are_made_all_at_once() -> None:
    edits = [Edit(Span("f", 1, 1, 1, 2), "xyz"), Edit(Span("f", 2, 1, 2, 1), "+"), Edit(Span("f", 1, 3, 2, 1), "")]
    assert applied(edits, "abc\nd") == "xyzb+d"
