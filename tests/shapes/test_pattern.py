"""Patterns bind new symbols and assert the rest."""

import pytest

from specc.shapes.constraints import Facts, Holds, Refuted, compare
from specc.shapes.dim import Dim
from specc.shapes.pattern import ELLIPSIS, match, refuted
from specc.shapes.tensor import TensorType

H = Dim.symbol("H")


def test_new_symbols_bind_and_integers_assert() -> None:
    found = match(("N", Dim.of(3), "S"), TensorType.of(["B", 3, "H // 2"]), {})
    assert found.ok
    assert found.bindings == {"N": Dim.symbol("B"), "S": H // 2}


def test_a_wrong_integer_is_a_mismatch_with_its_axis() -> None:
    found = match(("N", Dim.of(3)), TensorType.of(["N", 4]), {})
    assert [(m.axis, m.expected, m.actual, m.verdict) for m in found.mismatches] == [(1, 3, 4, Refuted())]
    assert refuted(found)


def test_a_bound_symbol_asserts() -> None:
    assert match(("C",), TensorType.of([64]), {"C": Dim.of(64)}).ok
    assert not match(("C",), TensorType.of([64]), {"C": Dim.of(32)}).ok


def test_a_symbol_that_stands_twice_asserts_the_second_time() -> None:
    assert match(("S", "S"), TensorType.of([7, 7]), {}).ok
    found = match(("S", "S"), TensorType.of([7, 8]), {})
    assert found.bindings == {"S": Dim.of(7)}
    assert [m.axis for m in found.mismatches] == [1]


def test_expressions_see_symbols_bound_after_them() -> None:
    assert match((2 * Dim.symbol("C"), "C"), TensorType.of([8, 4]), {}).ok
    assert not match((2 * Dim.symbol("C"), "C"), TensorType.of([9, 4]), {}).ok


def test_an_open_equality_carries_its_condition_and_facts_close_it() -> None:
    pattern, actual = ("S", "S"), TensorType.of([H, 2 * (H // 2)])
    (mismatch,) = match(pattern, actual, {}).mismatches
    assert isinstance(mismatch.verdict, Holds)
    assert str(mismatch.verdict.when) == "H % 2 == 0"
    assert not refuted(match(pattern, actual, {}))
    assert match(pattern, actual, {}, Facts.none().assume(compare(H % 4, "==", 0))).ok


def test_dots_take_any_number_of_leading_dimensions() -> None:
    pattern = (ELLIPSIS, "D")
    assert match(pattern, TensorType.of([5]), {}).leading == ()
    found = match(pattern, TensorType.of(["N", "T", 16]), {})
    assert [str(d) for d in found.leading] == ["N", "T"]
    assert found.bindings == {"D": Dim.of(16)}


@pytest.mark.parametrize(("sizes", "rank"), [([1], (2, 1)), ([1, 2, 3], (2, 3))])
def test_a_wrong_rank_is_told(sizes: list[int], rank: tuple[int, int]) -> None:
    found = match(("N", "C"), TensorType.of(sizes), {})
    assert found.rank == rank
    assert not found.ok


def test_dots_elsewhere_are_refused() -> None:
    with pytest.raises(ValueError, match="only first"):
        match(("N", ELLIPSIS), TensorType.of([1]), {})
