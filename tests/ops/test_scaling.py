"""Sizes multiplied by a factor: the closed form for symbols is what floating point gives, or it is refused."""

from __future__ import annotations

import random

import pytest

from specc.diagnostics import Sink
from specc.ops import OPS
from specc.ops.evaluate import evaluate
from specc.ops.scaling import first_wrong, fraction
from specc.shapes.constraints import Facts, compare
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

_DECIMALS = [k / 100 for k in range(1, 400)]
_RATIOS = [a / b for a in range(1, 16) for b in range(1, 16)]


def _tried(factor: float, numerator: int, denominator: int) -> list[int]:
    """Sizes near which a product is rounded across an integer: small ones, and those around powers of two."""
    rng = random.Random(str(factor))
    near = [(1 << k) // numerator * denominator + d * denominator for k in range(8, 31) for d in (-1, 0, 1)]
    multiples = [denominator * rng.randint(1, (1 << 31) // denominator) for _ in range(100)]
    return [n for n in (*range(1, 200), *near, *multiples) if n > 0]


@pytest.mark.parametrize("factors", [_DECIMALS, _RATIOS], ids=["decimals", "ratios"])
def test_the_closed_form_is_the_rounded_product(factors: list[float]) -> None:
    """(n·p)//q equals int(n·f) below the first size that is said to be wrong, which is wrong; everywhere if none is."""
    wrong_ones = 0
    for factor in factors:
        meant = fraction(factor)
        assert meant is not None
        p, q = meant.numerator, meant.denominator
        wrong = first_wrong(factor, meant)
        wrong_ones += wrong is not None
        differ = [n for n in _tried(factor, p, q) if int(float(n) * factor) != n * p // q]
        assert all(wrong is not None and n >= wrong for n in differ), factor
        assert wrong is None or int(float(wrong) * factor) != wrong * p // q, factor
    assert (wrong_ones > 0) == (factors is _DECIMALS) or factors is _RATIOS


def test_a_factor_without_a_short_fraction() -> None:
    assert fraction(0.1234567890123) is None
    assert fraction(1e-9) is None
    assert str(fraction(1 / 3)) == "1/3"


def _scaled(factor: float, *, below: int = 0) -> tuple[TensorType | None, str]:
    """The output for an image of H × 10, and what is reported."""
    sink = Sink()
    known = Facts.of([compare(Dim.symbol("H"), "<", below)] if below else [])
    image = TensorType.of(["N", 3, "H", 10])
    outcome = evaluate(OPS["interpolate"], {"scale_factor": factor}, [image], facts=known, sink=sink)
    (output,) = outcome.outputs
    said = "; ".join(f"{d.code} {d.message}" for d in sink.diagnostics)
    return (output if isinstance(output, TensorType) else None), said


@pytest.mark.parametrize("factor", [1.5, 1 / 3, 2, 0.1, 1.1])
def test_symbols(factor: float) -> None:
    output, said = _scaled(factor)
    assert output is not None
    assert not said
    for height in (1, 2, 3, 9, 10, 11, 30, 224, 1000, 4096):
        expected = [2, 3, int(height * factor), int(10 * factor)]
        assert [dim.value for dim in output.substitute({"N": 2, "H": height}).shape] == expected


def test_a_factor_that_is_rounded_down_somewhere() -> None:
    """It has a size for symbols that are known to stay below that place."""
    output, said = _scaled(0.7)
    assert output is None
    assert said.startswith("S304 ")
    assert said.endswith("90 × 0.7 is 62.99999999999999 in floating point, and is rounded down")
    output, said = _scaled(0.7, below=90)
    assert output is not None
    assert not said
    for height in range(1, 90):
        assert output.shape[2].substitute({"H": height}) == int(height * 0.7)
    assert _scaled(0.7, below=91)[0] is None
