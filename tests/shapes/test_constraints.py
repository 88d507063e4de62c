"""Verdicts are exact: compared with brute force, and in the words that a user reads."""

import operator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.shapes.constraints import (
    Comparison,
    Condition,
    Facts,
    Holds,
    Proved,
    Refuted,
    Verdict,
    at_least,
    compare,
    conjunction,
    decide,
    disjunction,
    equal,
)
from specc.shapes.dim import Dim
from specc.shapes.parse import parse_dim
from tests.shapes.expressions import Expression, expressions

OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def condition(text: str) -> Comparison:
    op = next(op for op in ("==", "!=", ">=", "<=", ">", "<") if f" {op} " in text)
    left, right = text.split(f" {op} ")
    return compare(parse_dim(left), op, parse_dim(right))


def facts(*texts: str) -> Facts:
    return Facts.of(map(condition, texts))


def words(verdict: Verdict) -> str:
    return str(verdict.when) if isinstance(verdict, Holds) else type(verdict).__name__


def check(asked: Condition, known: Facts, limit: int) -> None:
    names = sorted(asked.symbols | {s for c in known.conditions for s in c.symbols})
    verdict = decide(asked, known)
    for values in product(range(1, limit), repeat=len(names)):
        env = dict(zip(names, values, strict=True))
        if not all(c.evaluate(env) for c in known.conditions):
            continue
        claimed = verdict.when.evaluate(env) if isinstance(verdict, Holds) else isinstance(verdict, Proved)
        assert claimed is asked.evaluate(env), f"{asked} at {env}: {words(verdict)}"


comparisons = st.sampled_from(sorted(OPERATORS))
simple_facts = st.lists(
    st.one_of(
        st.builds(
            lambda n, m, r: compare(Dim.symbol(n) % m, "==", r % m),
            st.sampled_from("HW"),
            st.integers(2, 6),
            st.integers(0, 5),
        ),
        st.builds(
            lambda n, op, v: compare(Dim.symbol(n), op, v), st.sampled_from("HW"), comparisons, st.integers(1, 20)
        ),
        st.builds(lambda op, v: compare(Dim.symbol("H"), op, Dim.symbol("W") + v), comparisons, st.integers(-2, 2)),
    ),
    max_size=3,
)


@settings(max_examples=250, deadline=None)
@given(expressions("H", depth=3), comparisons, st.integers(-5, 20))
def test_one_symbol_agrees_with_brute_force(left: Expression, op: str, right: int) -> None:
    check(compare(left.dim, op, right), Facts.none(), 400)


@settings(max_examples=150, deadline=None)
@given(expressions("HW", depth=2), comparisons, expressions("HW", depth=2), simple_facts)
def test_two_symbols_under_facts_agree_with_brute_force(
    left: Expression, op: str, right: Expression, known: list[Condition]
) -> None:
    check(compare(left.dim, op, right.dim), Facts.of(known), 28)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(expressions("H", depth=2), comparisons, st.integers(-3, 9)), min_size=2, max_size=3))
def test_and_and_or_agree_with_brute_force(parts: list[tuple[Expression, str, int]]) -> None:
    made = [compare(e.dim, op, k) for e, op, k in parts]
    check(conjunction(*made), Facts.none(), 120)
    check(disjunction(*made), Facts.none(), 120)
    check(conjunction(*made).negated(), Facts.none(), 120)


@settings(max_examples=100, deadline=None)
@given(simple_facts)
def test_facts_called_contradictory_have_no_solution(known: list[Condition]) -> None:
    found = Facts.of(known)
    if found.contradictory:
        for h, w in product(range(1, 80), repeat=2):
            assert not all(c.evaluate({"H": h, "W": w}) for c in known)


@pytest.mark.parametrize(
    ("asked", "known", "answer"),
    [
        ("H >= 7", (), "H >= 7"),
        ("(H - 1) // 2 + 1 >= 4", (), "H >= 7"),
        ("(H - 1) // 2 + 1 >= 4", ("H >= 7",), "Proved"),
        ("(H - 1) // 2 + 1 >= 4", ("H < 7",), "Refuted"),
        ("2 * ((H - 1) // 2 + 1) == H", (), "H % 2 == 0"),
        ("4 * ((H + 1) // 4) == H + 1", (), "H % 4 == 3"),
        ("H // 2 % 2 == 0", (), "H % 4 in (0, 1)"),
        ("H % 7 != 0", (), "H % 7 != 0"),
        ("H - H // 2 == (H + 1) // 2", (), "Proved"),
        ("H // 2 + (H + 1) // 2 == H + 1", (), "Refuted"),
        ("H + 3 == 35", (), "H == 32"),
        ("H * H == 49", (), "H == 7"),
        ("H * H >= 50", (), "H >= 8"),
        ("H // 32 == 7", (), "H >= 224 and H <= 255"),
        ("H == W", (), "H == W"),
        ("N * C == N * D", (), "C == D"),
        ("C + 64 == D + 64", (), "C == D"),
        ("H // 2 == W // 2", ("H == W",), "Proved"),
        ("H == W", ("H == W + 1",), "Refuted"),
        ("H + 1 > W", ("H >= W",), "Proved"),
        ("H < W", ("H >= W",), "Refuted"),
        ("2 * (H // 2) * W == H * W", (), "H % 2 == 0"),
        ("(H + W) % 2 == 0", ("H % 2 == 0", "W % 2 == 1"), "Refuted"),
        ("C % 8 == 0", ("C % 4 == 0",), "C % 8 == 0"),
        ("C % 4 == 0", ("C % 8 == 0",), "Proved"),
        ("H // W * W == H", (), "W * (H // W) == H"),
    ],
)
def test_words(asked: str, known: tuple[str, ...], answer: str) -> None:
    assert words(decide(condition(asked), facts(*known))) == answer


def test_a_u_net_of_four_levels_needs_sizes_divisible_by_16() -> None:
    h = Dim.symbol("H")
    down = h
    for _ in range(4):
        down = down // 2
    assert words(equal(16 * down, h, Facts.none())) == "H % 16 == 0"
    assert equal(16 * down, h, facts("H % 16 == 0")) == Proved()
    assert equal(16 * down, h, facts("H % 32 == 0")) == Proved()
    assert equal(16 * down, h, facts("H % 2 == 1")) == Refuted()


def test_constants_need_no_facts() -> None:
    assert equal(784, 784, Facts.none()) == Proved()
    assert equal(784, 3090, Facts.none()) == Refuted()
    assert at_least(3, 2, Facts.none()) == Proved()
    assert at_least(Dim.symbol("N"), 1, Facts.none()) == Proved()
    assert at_least(Dim.symbol("N"), 0, Facts.none()) == Proved()


@pytest.mark.parametrize(
    ("known", "contradictory"),
    [
        (("H >= 32", "H < 10"), True),
        (("H >= 32", "H < 33"), False),
        (("H % 4 == 1", "H % 2 == 0"), True),
        (("H > W", "W > H"), True),
        (("H == W", "H > W"), True),
        (("H == W", "W == 4", "H >= 5"), True),
        (("H == W - 3", "W <= 3"), True),
        (("H < 1",), True),
        (("H > W", "W > N"), False),
    ],
)
def test_contradictions(known: tuple[str, ...], contradictory: bool) -> None:
    assert facts(*known).contradictory is contradictory


def test_facts_are_listed_once_in_order() -> None:
    found = facts("H >= 32", "W >= 32", "H >= 32")
    assert [str(c) for c in found.conditions] == ["H >= 32", "W >= 32"]


def test_too_many_classes_leave_the_condition_as_it_is() -> None:
    asked = condition("H % 8191 == 0")
    assert words(decide(asked, Facts.none())) == "H % 8191 == 0"
