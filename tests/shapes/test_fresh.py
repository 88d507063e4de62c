"""Symbols that may be 0: nothing that holds for sizes of at least 1 only is taken to hold for them."""

from __future__ import annotations

import pytest

from specc.shapes.bounds import bounds
from specc.shapes.conditions import Condition, In, compare
from specc.shapes.constraints import Facts, Holds, Proved, Refuted, decide
from specc.shapes.dim import Dim, Fresh

K, L, N = Dim.symbol(Fresh("K")), Dim.symbol(Fresh("L", 1)), Dim.symbol("N")


def test_bounds_start_at_the_least() -> None:
    assert bounds(K) == (0, None)
    assert bounds(L) == bounds(N) == (1, None)
    assert bounds(K * N + 1) == (1, None)


def test_a_maximum_stays_where_the_size_may_be_0() -> None:
    assert str(Dim.maximum(K - 1, 0)) == "max(K - 1, 0)"
    assert Dim.maximum(L - 1, 0) == L - 1


def test_freshness_survives_arithmetic() -> None:
    """A name that lost its least size would be proved to be at least 1."""
    for dim in (K + 1, 2 * K // 3, Dim.maximum(K - 1, 0), (K * N).substitute({"N": 2}), K % 2):
        assert dim.fresh == {"K"}
        assert all(isinstance(name, Fresh) and name.least == 0 for name in dim.fresh)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (compare(K, ">=", 0), Proved()),
        (compare(L, ">=", 1), Proved()),
        (compare(K, ">=", 1), "K >= 1"),
        (compare(K, ">=", 7), "K >= 7"),
        (compare(K, "==", 0), "K == 0"),
        (compare(L, "==", 0), Refuted()),
        (compare(K * N, "==", 2 * K), "K * N == 2 * K"),  # not `N == 2`: with K at 0 both are 0
        (compare(K % 2, "==", 0), "K % 2 == 0"),
        (compare(2 * K, "==", 6), "K == 3"),
        (In(K, (0, 3)), "K in (0, 3)"),
        (compare(K + N, ">=", 1), Proved()),
    ],
)
def test_verdicts(condition: Condition, expected: object) -> None:
    verdict = decide(condition, Facts.none())
    assert (str(verdict.when) if isinstance(verdict, Holds) else verdict) == expected


def test_facts_bound_them() -> None:
    """`nms` keeps at most the boxes that there are."""
    facts = Facts.of([compare(K, "<=", N)])
    assert decide(compare(N, ">=", K), facts) == Proved()
    assert decide(compare(K, "==", N + 1), facts) == Refuted()
    assert isinstance(decide(compare(K, "==", N), facts), Holds)
    facts = Facts.of([compare(K, "<=", 3)])
    assert decide(compare(K, ">=", 4), facts) == Refuted()
    assert decide(In(K, (0, 1, 2, 3)), facts) == Proved()


def test_verdicts_are_right_at_every_size() -> None:
    """A condition, its verdict and brute force agree."""
    a, b = Dim.symbol(Fresh("a")), Dim.symbol("b")
    dims = [a, 2 * a, a * b, a // 2, (a + b) // 2, a % 3, b - a, a * a]
    for left in dims:
        for right in (*dims, Dim.of(0), Dim.of(2)):
            for op in ("==", ">=", "<", "!="):
                condition = compare(left, op, right)
                verdict = decide(condition, Facts.none())
                for x in range(9):
                    for y in range(1, 9):
                        env = {"a": x, "b": y}
                        said = verdict.when.evaluate(env) if isinstance(verdict, Holds) else verdict == Proved()
                        assert said == condition.evaluate(env), (str(condition), str(verdict), env)
