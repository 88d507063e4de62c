"""What does not parse is explained in words, at its place, with the likely mend; libyaml or not."""

import pytest
import yaml

from .reading import only, place

CASES = [
    ("a:\n\tb: 1", (2, 1), "a tab is used for indentation", "spaces"),
    ("lr:0.1\nepochs: 2", (2, 7), "may not stand here", "`lr: 0.1`"),
    ("a: 1\nb: {name: [a, b}", (2, 16), "`,` or `]` is missing", "close the `[` of line 2 with `]` before this `}`"),
    ("a: [1, 2\nb: 3\n", None, "is missing", "close the `[` of line 1"),
    ("a: {b: 1,\n    c: 2", None, "is missing", "close the `{` of line 1"),
    ("a: b: c", (1, 5), "may not stand here", "quotes"),
    ("a: 1\n  b: 2", (2, 4), "may not stand here", "one column"),
    ("a: @x", (1, 4), "a value may not begin with `@`", "quotes"),
    ("a: `x`", (1, 4), "a value may not begin with ```", "quotes"),
    ('a: "x', (1, 6), "ends inside a quoted string", "close the quote"),
    ('a: "\\q"', None, "unknown escape", "backslash"),
    ("a:\n  b: 1\n c: 2", (3, 2), "the indentation differs", None),
    ("- a\nb: 1", (2, 1), "the indentation differs", None),
    ("a: *", None, "a name is missing", None),
]  # fmt: skip


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize(("text", "where", "message", "help"), CASES)
def test_explains(text, where, message, help, loader, monkeypatch):
    if loader == "SafeLoader":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    problem = only(text)
    assert problem.code == "Y101"
    assert message in problem.message
    if where:
        assert place(problem.span)[:2] == where
    if help:
        assert help in problem.help


def test_a_colon_without_its_space_in_braces():
    """YAML reads `{op:Conv2d}` as one long key without a value; nobody means that."""
    problem = only("conv: {op:Conv2d, stride: 2}")
    assert problem.code == "Y101"
    assert place(problem.span) == (1, 8, 1, 17)
    assert problem.help == "write `op: Conv2d`"


def test_a_quoted_key_with_a_colon_is_meant():
    from .reading import value

    assert value("{'op:Conv2d': }") == {"op:Conv2d": None}


def test_the_end_of_the_file_is_after_its_last_word():
    problem = only("a: [1, 2\n\n\n")
    assert place(problem.span) == (1, 9, 1, 9)


def test_a_huge_escape_does_not_raise(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert only('a: "\\UFFFFFFFF"').code == "Y101"
