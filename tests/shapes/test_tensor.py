"""Tensor types, and dtype promotion held to torch."""

from itertools import product

import pytest
import torch

from specc.shapes.dim import Dim
from specc.shapes.dtype import is_complex
from specc.shapes.tensor import DTYPES, UNKNOWN, TensorType, is_floating, promote, promote_scalar


def name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


@pytest.mark.parametrize(("a", "b"), list(product(DTYPES, DTYPES)))
def test_promotion_is_torchs(a: str, b: str) -> None:
    assert promote(a, b) == name(torch.promote_types(getattr(torch, a), getattr(torch, b)))


@pytest.mark.parametrize(("dtype", "value"), list(product(DTYPES, (True, 2, 0.5))))
def test_promotion_by_a_scalar_is_torchs(dtype: str, value: bool | int | float) -> None:
    assert promote_scalar(dtype, value) == name(torch.result_type(torch.zeros(1, dtype=getattr(torch, dtype)), value))


@pytest.mark.parametrize("dtype", DTYPES)
def test_kinds_are_torchs(dtype: str) -> None:
    assert is_floating(dtype) == getattr(torch, dtype).is_floating_point
    assert is_complex(dtype) == getattr(torch, dtype).is_complex


IMAGE = TensorType.of(["N", 64, "(H - 1) // 2 + 1"])


def test_text_and_json() -> None:
    assert str(IMAGE) == "[N, 64, (H - 1) // 2 + 1]"
    assert str(TensorType.of([])) == "[]"
    assert IMAGE.to_json() == {"shape": ["N", 64, "(H - 1) // 2 + 1"], "dtype": "float32"}
    assert str(UNKNOWN) == "?"


def test_parts() -> None:
    assert IMAGE.rank == 3
    assert IMAGE.numel == Dim.symbol("N") * 64 * IMAGE.shape[2]
    assert TensorType.of([]).numel == 1
    assert TensorType.of([3, 5], "complex64").nbytes == 120
    assert TensorType.of([3, 5], "bool").nbytes == 15
    assert IMAGE.evaluate({"N": 2, "H": 7}) == (2, 64, 4)


def test_changes_leave_the_original_alone() -> None:
    assert str(IMAGE.with_dim(-1, 5)) == "[N, 64, 5]"
    assert IMAGE.with_dtype("int64").dtype == "int64"
    assert str(IMAGE.with_shape([1, Dim.symbol("T")])) == "[1, T]"
    assert str(IMAGE.substitute({"H": 32})) == "[N, 64, 16]"
    assert str(IMAGE) == "[N, 64, (H - 1) // 2 + 1]"
    with pytest.raises(IndexError):
        IMAGE.with_dim(3, 1)


def test_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(ValueError, match="`float31` is not a dtype"):
        TensorType.of([1], "float31")
