"""Expressions as text, shorter forms of them, and lines as ruff writes them."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.emit.python.forward import document
from specc.emit.python.layout import Call, Each, chosen, commented, flat, lines, listed
from specc.emit.python.text import text, tidy


def _tree(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


@pytest.mark.parametrize(
    "source",
    [
        "a + b * c", "(a + b) * c", "a - (b - c)", "a - b - c", "a // (b // c)", "-a", "-(a + b)", "a**2", "(-a) ** 2",
        "-(a**2)", "a ** (b + 1)", "2 ** -1 if a else b", "not (a and b)", "a or b and c", "(a or b) and c",
        "a < b <= c", "(a < b) == c", "a if b else c if d else e", "(a if b else c) + 1", 'a == "x"', "a in (1, 2)",
        "a not in [1, 2]", "max(a, min(b, 3))", "a[0]", "x.shape[1]", "(1,)", "()", "None", "True", "1e-05", "a % 4",
    ],
)  # fmt: skip
def test_text_means_the_tree(source: str) -> None:
    assert ast.dump(_tree(text(_tree(source)))) == ast.dump(_tree(source))


_NAMES = st.sampled_from(["a", "b", "c"]).map(lambda name: ast.Name(name, ast.Load()))
_NUMBERS = st.integers(1, 9).map(ast.Constant)
_OPERATORS = st.sampled_from([ast.Add(), ast.Sub(), ast.Mult(), ast.FloorDiv()])
_TREES = st.recursive(
    _NAMES | _NUMBERS,
    lambda inner: st.builds(ast.BinOp, inner, _OPERATORS, inner),
    max_leaves=8,
)


@given(_TREES, st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_text_and_its_shorter_form_have_the_value_of_the_tree(tree: ast.expr, a: int, b: int, c: int) -> None:
    env = {"a": a, "b": b, "c": c}
    try:
        expected = eval(ast.unparse(tree), env)
    except ZeroDivisionError:
        return
    assert eval(text(tree), dict(env)) == expected
    short = tidy(tree)
    assert len(text(short)) <= len(text(tree))
    assert eval(text(short), dict(env)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("width + width", "2 * width"),
        ("2 * w * 4", "8 * w"),
        ("w * 4", "w * 4"),
        ("4 * w // 4", "w"),
        ("a + b", "a + b"),
    ],
)
def test_shorter_forms(source: str, expected: str) -> None:
    assert text(tidy(_tree(source))) == expected


def test_a_call_that_fits_stays_on_its_line() -> None:
    assert lines("x = ", Call("f", ("a", "b")), 1) == ["    x = f(a, b)"]


def test_a_long_call_is_broken_at_its_arguments() -> None:
    args = tuple(f"argument_{k}={k}" for k in range(7))
    assert lines("variable_x = ", Call("a_function", args), 1) == [
        "    variable_x = a_function(",
        "        argument_0=0, argument_1=1, argument_2=2, argument_3=3, argument_4=4, argument_5=5, argument_6=6",
        "    )",
    ]
    more = tuple(f"argument_{k}={k}" for k in range(9))
    assert lines("x = ", Call("function", more), 1) == [
        "    x = function(",
        *(f"        argument_{k}={k}," for k in range(9)),
        "    )",
    ]


def test_a_comprehension_is_starred_among_others() -> None:
    item = Each(Call("nn.Linear", ("4", "4")), "for _ in range(3)", starred=True)
    assert flat(Call("nn.Sequential", (item,))) == "nn.Sequential(*(nn.Linear(4, 4) for _ in range(3)))"


def test_wide_characters_count_twice() -> None:
    short = lines("", Call("f", ("层" * 55,)), 0)
    assert len(short) == 1
    assert len(lines("", Call("f", ("层" * 59,)), 0)) == 3


def test_a_comment_goes_above_a_line_it_would_make_too_long() -> None:
    assert commented(["x = 1"], "[N]", 0) == ["x = 1  # [N]"]
    long = "x = " + "y" * 112
    assert commented([long], "[N, 3]", 0) == ["# [N, 3]", long]


def test_long_tuples_and_choices_are_put_in_parentheses() -> None:
    names = [f"a_name_of_some_length_{k}" for k in range(6)]
    assert listed("return ", names, 0) == ["return (", *(f"    {name}," for name in names), ")"]
    assert chosen("x = ", "a", "b", "c", 0) == ["x = a if b else c"]
    assert chosen("x = ", "a" * 60, "b" * 30, "c" * 40, 0) == [
        "x = (", f"    {'a' * 60}", f"    if {'b' * 30}", f"    else {'c' * 40}", ")",
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["f(a, g(b, c), [d, e])", "a + b", "f(a)[0]", "f(', (', x)", "f()", "(a, b)"])
def test_a_document_is_its_text(code: str) -> None:
    assert flat(document(code)) == code
