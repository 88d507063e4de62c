"""The text format is the design's, to the character."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.diagnostics import Diagnostic, Note, Severity, Span
from specc.diagnostics.escape import width
from specc.diagnostics.render import render, render_all, summary

FILE = "specs/broken_mlp.yaml"
LINE = "  linear2: {op: Linear, in_features: 784, out_features: 100}"
SOURCES = {FILE: "\n" * 12 + "  bn1: BatchNorm1d\n" + LINE + "\n"}
PROBLEM = Diagnostic(
    "S301",
    "`linear2` expects 784 input features, but its input has 3090",
    Span(FILE, 14, 25, 14, 41),
    (Note("from: bn1 gives [N, 3090]", Span(FILE, 13, 3, 13, 6)),),
    "remove `in_features` (it is inferred), or write `in_features: 3090`",
)


def shown(line, begin, end, **more):
    """The printed source line and the line of carets, without the margin."""
    text = render(Diagnostic("X1", "m", Span("f", 1, begin, 1, end)), {"f": line}, **more)
    return [part[4:] for part in text.split("\n")[3:5]]


def test_the_example_of_the_design():
    assert render(PROBLEM, SOURCES) == (
        """\
error[S301]: `linear2` expects 784 input features, but its input has 3090
  --> specs/broken_mlp.yaml:14:25
   |
14 |   linear2: {op: Linear, in_features: 784, out_features: 100}
   |                         ^^^^^^^^^^^^^^^^
   = from: bn1 (line 13) gives [N, 3090]
   = help: remove `in_features` (it is inferred), or write `in_features: 3090`
"""
    )


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (Note("plain"), "= note: plain"),
        (Note("it is first written here", Span(FILE, 3, 1, 3, 2)), "= note: it is first written here (line 3)"),
        (Note("from: conv gives [N]", Span("other.yaml", 3, 1, 3, 2)), "= from: conv (other.yaml:3) gives [N]"),
        (Note("see conv (line 3), twice", Span(FILE, 3, 1, 3, 2)), "= note: see conv (line 3), twice"),
    ],
)
def test_notes_say_their_place(note, expected):
    assert expected in render(Diagnostic("X1", "m", PROBLEM.span, (note,)), SOURCES).splitlines()[-1]


def test_several_and_the_summary():
    warning = Diagnostic("W501", "w", None, severity=Severity.WARNING)
    text = render_all([PROBLEM, warning, warning], SOURCES)
    assert text.endswith("\n\nwarning[W501]: w\n\n1 error, 2 warnings\n")
    assert render_all([], SOURCES) == ""
    assert summary([]) == "no problems"
    assert summary([PROBLEM, PROBLEM]) == "2 errors"


def test_a_file_without_its_text_is_named_without_its_line():
    assert render(Diagnostic("X1", "m", Span("gone.yaml", 3, 1, 3, 2)), {}) == "error[X1]: m\n --> gone.yaml:3:1\n"


def test_an_override_is_its_own_line():
    text = render(Diagnostic("X1", "m", Span("--set params.width=16", 1, 14, 1, 16)), {})
    assert text.splitlines()[1:] == [
        " --> --set params.width=16:1:14", "  |", "1 | params.width=16", "  |              ^^"
    ]  # fmt: skip


def test_several_lines_show_the_first():
    text = render(Diagnostic("X1", "m", Span("f", 1, 4, 3, 2)), {"f": "a: {b: 1,  \n  c: 2\n}"})
    assert text.splitlines()[2:] == ["  |", "1 | a: {b: 1,", "  |    ^^^^^^", "  | ..."]


def test_a_span_without_width_has_a_caret():
    assert shown("a: ", 4, 4) == ["a:", "   ^"]
    assert shown("", 1, 1)[1] == "^"


def test_carets_stand_under_wide_characters_and_after_tabs():
    assert shown("全连接: {bad}", 7, 10) == ["全连接: {bad}", " " * 9 + "^^^"]
    assert shown("a全b", 2, 3) == ["a全b", " ^^"]
    assert shown("a\tbad", 3, 6) == ["a   bad", "    ^^^"]
    assert shown("e\u0301: bad", 5, 8) == ["e\u0301: bad", "   ^^^"]


def test_active_characters_are_spelt_out_in_every_part():
    evil = "\x1b]0;x\x07\u202e"
    problem = Diagnostic("X1", evil, Span(evil, 1, 9, 1, 12), (Note(evil, Span(evil + "2", 1, 1, 1, 2)),), evil)
    text = render(problem, {evil: f"{evil[:7]} bad"})
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    line, carets = text.splitlines()[3:5]
    assert line[4:][len(carets[4:]) - 3 :].startswith("bad")


def test_colour_only_where_asked_for_and_it_changes_nothing_else():
    assert "\x1b" not in render(PROBLEM, SOURCES)
    painted = render(PROBLEM, SOURCES, colour=True)
    assert "\x1b[1;31merror[S301]\x1b[0m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == render(PROBLEM, SOURCES)


@given(st.text("ab全\u0301\t {}", max_size=300), st.integers(1, 320), st.integers(0, 40), st.integers(30, 120))
def test_a_long_line_is_windowed_around_the_span(line, begin, length, columns):
    """However long the line, it fits, and the caret stands where the first character of the span is printed."""
    begin = min(begin, len(line) + 1)
    marked = f"{line[: begin - 1]}#{'x' * length}{line[begin - 1 :]}"
    text, carets = shown(marked, begin, begin + 1 + length, columns=columns)
    assert width(text) <= max(columns - 4, 20)
    blanks = len(carets) - len(carets.lstrip())
    before, hash_, after = text.partition("#")
    assert hash_
    assert width(before) == blanks
    assert len(carets.strip()) <= 1 + length
    assert after.startswith("x" * (len(carets.strip()) - 1))
