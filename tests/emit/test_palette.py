"""Contrast by WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

from __future__ import annotations

import pytest

from specc.emit.palette import DARK, LIGHT, Theme
from specc.ops.declare import Family


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_wherever_it_stands(theme: Theme) -> None:
    tints = [*theme.families.values(), theme.other, theme.error]
    for t in tints:
        assert contrast(t.text, t.background) >= 4.5, t
        assert contrast(theme.ink, t.background) >= 4.5, t
    for ground in (theme.page, theme.panel, theme.nested):
        for text in (theme.ink, theme.quiet, theme.error.text):
            assert contrast(text, ground) >= 4.5, (text, ground)
        for line in (theme.line, theme.skip):
            assert contrast(line, ground) >= 3, (line, ground)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_family_has_its_own_colour(theme: Theme) -> None:
    assert set(theme.families) == set(Family)
    assert len({t.text for t in theme.families.values()}) == len(Family)
