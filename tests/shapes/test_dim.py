"""The normal form of dimensions: exact, readable, and read back from its own text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.shapes.constraints import Facts, Proved, equal
from specc.shapes.dim import Dim
from specc.shapes.parse import parse_dim
from tests.shapes.expressions import Expression, expressions

H, W, N = map(Dim.symbol, "HWN")
sizes = st.fixed_dictionaries({name: st.integers(1, 60) for name in "HWN"})
any_expression = expressions(operators=("+", "-", "*", "max", "min"))


def conv(size: Dim, kernel: int, stride: int, padding: int) -> Dim:
    return (size + 2 * padding - kernel) // stride + 1


@settings(max_examples=300, deadline=None)
@given(any_expression, sizes)
def test_the_normal_form_keeps_the_value(expression: Expression, env: dict[str, int]) -> None:
    assert expression.dim.evaluate(env) == expression.compute(env)


@settings(max_examples=200, deadline=None)
@given(any_expression, sizes)
def test_the_text_is_python_of_the_same_value(expression: Expression, env: dict[str, int]) -> None:
    assert eval(str(expression.dim), {"max": max, "min": min}, env) == expression.compute(env)


@settings(max_examples=200, deadline=None)
@given(expressions())
def test_the_text_reads_back_as_the_equal_dimension(expression: Expression) -> None:
    again = parse_dim(str(expression.dim))
    assert again == expression.dim
    assert hash(again) == hash(expression.dim)


@settings(max_examples=100, deadline=None)
@given(any_expression, sizes, st.sampled_from("HWN"), expressions(depth=1))
def test_substitution_is_evaluation_in_two_steps(
    expression: Expression, env: dict[str, int], name: str, value: Expression
) -> None:
    replaced = expression.dim.substitute({name: value.dim})
    inner = value.compute(env)
    if inner >= 1:  # symbols are at least 1, and the forms of `max` may rely on it
        assert replaced.evaluate(env) == expression.compute({**env, name: inner})


@settings(max_examples=150, deadline=None)
@given(expressions("H", depth=2), expressions(depth=2), st.integers(1, 9), st.integers(1, 9))
def test_rules_of_floor_division_give_one_form(x: Expression, y: Expression, q: int, m: int) -> None:
    a, b = x.dim, y.dim
    assert (a + q * b) // q == a // q + b
    assert (a * m) // (q * m) == a // q
    assert equal((a // m) // q, a // (m * q), Facts.none()) == Proved()
    assert a // -q == (-a) // q
    assert a % q == a - q * (a // q)


layers = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(layers, st.integers(1, 300))
def test_chains_of_convolutions_and_pools(chain: list[tuple[int, int, int]], size: int) -> None:
    symbolic, number = H, size
    for kernel, stride, padding in chain:
        symbolic = conv(symbolic, kernel, stride, padding)
        number = (number + 2 * padding - kernel) // stride + 1
    assert symbolic.evaluate({"H": size}) == number
    assert len(symbolic.terms) <= 2  # one floor division, however long the chain


@pytest.mark.parametrize(
    ("dim", "text"),
    [
        (conv(H, 7, 2, 3), "(H - 1) // 2 + 1"),
        (conv(conv(H, 7, 2, 3), 3, 2, 1), "(H - 1) // 4 + 1"),
        (conv(H, 3, 1, 1), "H"),
        (H // 2, "H // 2"),
        (2 * H, "2 * H"),
        (H * W, "H * W"),
        (H - W, "H - W"),
        (1 - H, "1 - H"),
        (-(H // 2), "-(H // 2)"),
        (64 * ((H - 1) // 4 + 1), "64 * ((H - 1) // 4 + 1)"),
        (512 * ((H - 1) // 32 + 1) * ((W - 1) // 32 + 1), "512 * ((H - 1) // 32 + 1) * ((W - 1) // 32 + 1)"),
        (N * W + N, "N * W + N"),
        (2 * H + 2, "2 * H + 2"),
        (H % 16, "H % 16"),
        ((H + 1) % 2, "(H + 1) % 2"),
        ((H // 2) % 2, "(H // 2) % 2"),
        (3 * (H % 4) + W - 1, "3 * (H % 4) + W - 1"),
        (2 * (H // 16), "2 * (H // 16)"),
        (H * W // 4, "H * W // 4"),
        (Dim.maximum(H // 2, W), "max(W, H // 2)"),
        (Dim.minimum(H, W), "min(W, H)"),
        (H // W, "H // W"),
        (Dim.of(-3), "-3"),
    ],
)
def test_text(dim: Dim, text: str) -> None:
    assert str(dim) == text


@pytest.mark.parametrize(
    ("dim", "simple"),
    [
        ((2 * H + 3) // 2, H + 1),
        ((2 * H) // 6, H // 3),
        ((2 * H + 1) // 4, H // 2),
        ((H * W * 64) // (H * W), Dim.of(64)),
        ((H * W + H) // (W + 1), H),
        ((N * 6) // (N * 4), Dim.of(1)),
        ((H // 4 + W) // 3, (H + 4 * W) // 12),
        (2 * ((H - 1) // 2 + 1) // 2, (H - 1) // 2 + 1),
        (Dim.maximum(H, 1), H),
        (Dim.maximum(H, 0), H),
        (Dim.minimum(H, H + 3), H),
        (H % 1, Dim.of(0)),
    ],
)
def test_simplification(dim: Dim, simple: Dim) -> None:
    assert dim == simple


def test_constants_equal_and_hash_like_integers() -> None:
    assert Dim.of(3) == 3
    assert Dim.of(3) != 4
    assert hash(Dim.of(3)) == hash(3)
    assert H - H == 0
    assert H != 3


def test_a_constant_has_a_value_and_a_symbol_none() -> None:
    assert (H - H + 7).value == 7
    with pytest.raises(ValueError, match="`H` is not a constant"):
        _ = H.value


@pytest.mark.parametrize("numerator", [H, Dim.of(3)])
def test_division_by_zero_is_an_error(numerator: Dim) -> None:
    with pytest.raises(ZeroDivisionError):
        _ = numerator // 0
    with pytest.raises(ZeroDivisionError):
        _ = numerator % 0


def test_symbols_are_found_inside_divisions() -> None:
    assert ((H - 1) // 2 + N * (W // H)).symbols == {"H", "N", "W"}


@pytest.mark.parametrize("text", ["", "H +", "H ** 2", "f(H)", "'a'", "1.5", "True", "H // 0", "H.x", "(" * 500])
def test_what_is_no_dimension_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_dim(text)
