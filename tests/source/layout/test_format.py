"""The canonical layout: it keeps meaning and comments, and what is laid out once stays as it is."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from specc import to_python
from specc.compiler import compile_text
from specc.diagnostics import Sink
from specc.source.layout import formatted
from specc.source.nodes import Mapping, Node, plain
from specc.source.yaml import parse
from tests.source.layout.documents import documents

ROOT = Path(__file__).parents[3]
SPECS = sorted([*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "compiler/specc/cli/templates").glob("*.yaml")])
CASES = [
    pytest.param(block, id=f"{file.stem}-{number}")
    for file in sorted((ROOT / "tests" / "cases").glob("*.md"))
    for number, block in enumerate(re.findall(r"(?ms)^```yaml\n(.*?)^```$", file.read_text("utf-8")))
]  # fmt: skip


def laid_out(text: str) -> str | None:
    """The layout of a text; None where it is refused, with a reason."""
    sink = Sink()
    result = formatted(text, "spec.yaml", sink)
    assert (result is None) == (not sink.ok)
    return result


def tree(text: str) -> Node:
    node = parse(text, "spec.yaml", Sink())
    assert node is not None
    return node


def of(text: str) -> str:
    result = laid_out(text)
    assert result is not None
    assert laid_out(result) == result
    return result


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_specs_that_ship_are_in_the_canonical_layout(path: Path) -> None:
    text = path.read_text("utf-8")
    assert laid_out(text) == text, f"run `specc fmt {path.relative_to(ROOT)}`"


@pytest.mark.parametrize("text", CASES)
def test_a_spec_means_the_same(text: str) -> None:
    """To the parser, and to the compiler: the same source comes out, or the same problems."""
    result = laid_out(text)
    if result is None:
        return
    assert laid_out(result) == result
    assert plain(tree(result)) == plain(tree(text))
    before, after = compile_text(text, "spec.yaml"), compile_text(result, "spec.yaml")
    assert sorted((d.code, d.message) for d in after.diagnostics) == sorted(
        (d.code, d.message) for d in before.diagnostics
    )
    if before.graph is not None and before.ok:
        assert after.graph is not None
        assert _without_digest(to_python(after.graph)) == _without_digest(to_python(before.graph))


def _without_digest(source: str) -> str:
    return re.sub(r"[0-9a-f]{8,}", "", source)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(documents())
def test_any_document_keeps_its_meaning_and_its_comments(text: str) -> None:
    result = laid_out(text)
    assume(result is not None)
    assert result is not None
    assert laid_out(result) == result
    before, after = tree(text), tree(result)
    assert plain(before) == plain(after)
    assert isinstance(before, Mapping)
    assert isinstance(after, Mapping)
    layers, again = before.get("layers"), after.get("layers")
    if isinstance(layers, Mapping):
        assert isinstance(again, Mapping)
        assert again.keys() == layers.keys()
    marks = re.compile(r"(?:own|beside)\d+\.")
    assert sorted(marks.findall(result)) == sorted(marks.findall(text))
    assert not result.startswith("\n")
    assert result.endswith("\n")


def test_keys_of_the_top_come_in_the_languages_order_with_their_comments() -> None:
    text = """\
# What this is.

# how it learns
train: {seed: 0, loss: MSELoss}  # briefly
layers: [ReLU]
# The input,
# of any size.
inputs: {x: [N, 3]}
name: net
where: [N > 1]
"""
    assert of(text) == """\
# What this is.

name: net

# The input,
# of any size.
inputs: {x: [N, 3]}
where: [N > 1]

layers: [ReLU]

# how it learns
train: {loss: MSELoss, seed: 0}  # briefly
"""  # fmt: skip


def test_what_an_alias_repeats_stays_before_it() -> None:
    text = "inputs: {x: &shape [N, 3]}\nname: net\nblocks:\n  A:\n    inputs: {x: *shape}\n    layers: [ReLU]\n"
    assert list(plain(tree(of(text)))) == ["inputs", "name", "blocks"]  # type: ignore[arg-type]  # a mapping


def test_a_layer_of_the_name_op_stays_where_it_is() -> None:
    text = "layers:\n  a: {op: ReLU}\n  op: {op: Linear, out_features: 3}\n"
    assert of(text) == text


def test_layers_are_short_and_bodies_are_not() -> None:
    """A layer takes one line where that is long enough; a body of layers keeps lines of its own."""
    text = """\
layers:
    conv:
        out_channels: 8
        op: 'Conv2d'
        kernel_size:
        - 3
        - 3
    group:
        layers:
            - op: Linear
              out_features: 4
            - ReLU
    small: {layers: [ReLU, Tanh]}
"""
    assert of(text) == """\
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: [3, 3]}
  group:
    layers:
      - {op: Linear, out_features: 4}
      - ReLU
  small: {layers: [ReLU, Tanh]}
"""  # fmt: skip


def test_a_comment_inside_keeps_the_lines() -> None:
    text = """\
layers:
  conv:
    op: Conv2d
    out_channels: 8  # as in the paper
    kernel_size: 3
  cat: {op: cat, from: [a,  # the wide one
                        b],
        dim: 1}
"""
    assert of(text) == text


def test_what_is_too_long_for_a_line_is_filled_and_breaks_of_the_author_are_kept() -> None:
    arguments = [f"argument_{n}: {n}" for n in range(12)]
    filled = of(f"layers:\n  a: {{op: X, {', '.join(arguments)}}}\n")
    assert [len(line) for line in filled.splitlines()] == [7, 117, 84]
    assert filled.splitlines()[2].startswith("      argument_7: 7")
    chosen = (
        f"layers:\n  a: {{op: X, {', '.join(arguments[:3])},\n      {', '.join(arguments[3:9])},\n      argument: 1}}\n"
    )
    assert of(chosen) == chosen


def test_a_body_in_one_line_that_is_too_long_takes_several() -> None:
    layers = ["{op: Linear, out_features: 100}"] * 4
    assert of(f"layers: {{a: {{layers: [{', '.join(layers)}]}}}}\n") == (
        "layers:\n  a:\n    layers:\n" + "".join(f"      - {layer}\n" for layer in layers)
    )


def test_quotes_stand_only_where_they_are_needed() -> None:
    text = """\
description: 'plain text, with a comma'
doc: "a: b"
extern: {A: {target: "pkg.mod:A", signature: "N T, N S -> N T", doc: 'plain'}}
params: {a: "1", b: '', c: "null", d: 'it''s', e: "\\x07", f: "say \\"so\\"", g: ~, h: True, i: "[N]", j: "- x"}
"""
    assert of(text) == """\
description: plain text, with a comma

doc: "a: b"

params: {a: "1", b: "", c: "null", d: it's, e: "\\x07", f: say "so", g: null, h: true, i: "[N]", j: "- x"}

extern: {A: {target: "pkg.mod:A", signature: "N T, N S -> N T", doc: plain}}
"""  # fmt: skip


def test_text_in_blocks_is_kept_as_it_is() -> None:
    text = """\
description: |  # long
  one
    two # no comment

  three
layers:
  a:
    op: ReLU
    doc: >-
      folded
      text
"""
    assert of(text) == text.replace("\nlayers:", "\n\nlayers:")


def test_folded_text_with_an_indentation_of_its_own_keeps_its_value() -> None:
    text = "description: >1\n  x\n  y\n"
    assert plain(tree(of(text))) == plain(tree(text)) == {"description": " x\n y\n"}


def test_plain_text_over_several_lines() -> None:
    """One line where it fits, else full ones; an empty line in it is a line break, which needs quotes."""
    assert of("description: some\n  plain\n  words  # all\n") == "description: some plain words  # all\n"
    assert of("description: some\n\n  plain\n") == 'description: "some\\nplain"\n'
    assert of("description: {a: some\n\n  plain}\n") == 'description: {a: "some\\nplain"}\n'
    words = of("description: " + "\n  ".join(["word"] * 40) + "\n")
    assert [len(line) for line in words.splitlines()] == [117, 96]


def test_a_comment_finds_its_place() -> None:
    """Beside brackets and dashes, at a key in two lines, behind the start of the document."""
    text = """\
%YAML 1.2
--- # start
a: [ # first
  1, # one
  # own
  2 # two
  # foot
  ] # after
b:
- # dash
  # above
  k: v
? c
: # value
  - &x # anchor
    d: 1
"""
    assert of(text) == """\
# start
a: [    # first
    1,  # one
    # own
    2  # two
    # foot
   ]  # after

b:
  -  # dash
    # above
    k: v

c:  # value
  - &x  # anchor
    d: 1
"""  # fmt: skip


def test_comments_in_one_column_stay_in_one() -> None:
    assert of("a: { b: 1 }          # one\nc: 2                 # two\nd: 345 # three\n").splitlines()[::2] == [
        "a: {b: 1}            # one",
        "c: 2                 # two",
        "d: 345  # three",
    ]
    assert of("layers:\n  - {op: ReLU}      # one\n  - {'op': 'Tanh' } # two\n").splitlines()[1:] == [
        "  - {op: ReLU}  # one",
        "  - {op: Tanh}  # two",
    ]


def test_comments_at_the_end_stay_in_their_block() -> None:
    text = "layers:\n  a:\n    layers:\n      - ReLU\n      # of the list\n    # of a\n  # of all\n\n# of the spec\n"
    assert of(text) == text


def test_empty_lines_separate_once() -> None:
    text = "name: net\n\n\nblocks:\n\n  A:\n    layers:\n      - ReLU\n\n\n      - Tanh\n  B: {layers: [ReLU]}\n\n\n"
    assert of(text) == (
        "name: net\n\nblocks:\n  A:\n    layers:\n      - ReLU\n\n      - Tanh\n\n  B: {layers: [ReLU]}\n"
    )


def test_a_document_without_a_mapping_is_refused() -> None:
    sink = Sink()
    assert formatted("- ReLU\n", "spec.yaml", sink) is None
    assert [d.code for d in sink.diagnostics] == ["L203"]


def test_a_result_that_means_something_else_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of defence: what is written has been read back."""
    monkeypatch.setattr("specc.source.layout.scalars.quoted", lambda value: "other")
    with pytest.raises(RuntimeError, match="mean the same"):
        formatted('a: "1"\n', "spec.yaml", Sink())
