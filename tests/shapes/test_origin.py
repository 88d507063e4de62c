"""Provenance follows arithmetic and never takes part in equality."""

import ast

import pytest

from specc.diagnostics import Span
from specc.shapes.dim import Dim
from specc.shapes.origin import MAX_SOURCES, Origin, Source

SPAN = Span("a.yaml", 1, 2, 1, 7)
WIDTH = Dim.of(64).with_origin(Origin(ast.Name("width", ast.Load()), (Source("`width`", SPAN),)))
HEADS = Dim.of(8).with_origin(Origin(ast.Name("heads", ast.Load()), (Source("`heads`", None),)))


@pytest.mark.parametrize(
    ("dim", "text"),
    [
        (WIDTH * 2, "width * 2"),
        (2 * WIDTH, "2 * width"),
        (WIDTH * 2 * 2, "width * 4"),
        (WIDTH * 4 // 2, "width * 2"),
        (WIDTH * 2 // 2, "width"),
        (WIDTH // HEADS, "width // heads"),
        (WIDTH + HEADS, "width + heads"),
        (WIDTH + 2 - 3, "width - 1"),
        (WIDTH + 2 - 2, "width"),
        ((WIDTH + 1) * 2, "(width + 1) * 2"),
        (WIDTH * 1 + 0, "width"),
        (-WIDTH, "-width"),
        (WIDTH.__neg__().__neg__(), "width"),
        (WIDTH % HEADS, "width % heads"),
        (100 - WIDTH, "100 - width"),
    ],
)
def test_the_expression_of_a_result_is_readable_and_gives_its_value(dim: Dim, text: str) -> None:
    assert dim.origin is not None
    assert dim.origin.expr is not None
    assert ast.unparse(dim.origin.expr) == text
    assert eval(text, {"width": 64, "heads": 8}) == dim.value


def test_adding_zero_keeps_the_very_origin() -> None:
    assert (WIDTH + 0).origin is WIDTH.origin
    assert (WIDTH + Dim.of(0)).origin is WIDTH.origin


def test_sources_are_joined_once_each() -> None:
    origin = (WIDTH * HEADS + WIDTH).origin
    assert origin is not None
    assert [s.text for s in origin.sources] == ["`width`", "`heads`"]


def test_sources_are_capped() -> None:
    total = Dim.of(0)
    for n in range(10):
        total = total + Dim.of(n + 1).with_origin(Origin(None, (Source(f"`p{n}`", None),)))
    assert total.origin is not None
    assert len(total.origin.sources) == MAX_SOURCES


def test_a_symbol_without_origin_leaves_no_expression() -> None:
    origin = (WIDTH * Dim.symbol("H")).origin
    assert origin is not None
    assert origin.expr is None
    assert [s.text for s in origin.sources] == ["`width`"]


def test_origin_is_no_part_of_equality_or_text() -> None:
    assert Dim.of(64) == WIDTH
    assert hash(WIDTH) == hash(64)
    assert str(WIDTH) == "64"
