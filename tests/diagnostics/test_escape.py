"""Nothing that a terminal acts on passes, and what passes has a known width."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.diagnostics.escape import visible, width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain — ×, 全连接 é", "plain — ×, 全连接 é"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b31m\x00\x7f", r"\x9b31m\x00\x7f"),
        ("a\tb\r\nc", r"a\tb\r\nc"),
        ("\u202eabc\u2066", r"\u202eabc\u2066"),
        ("\u200b\ufeff\u2028\ud800", r"\u200b\ufeff\u2028\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_is_spelt_out(text, expected):
    assert visible(text) == expected


@given(st.text())
def test_no_active_character_passes_and_escaping_twice_is_escaping_once(text):
    shown = visible(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("全连接", 6), ("e\u0301", 1), ("ﾊ", 1), ("Ａ", 2), ("😀", 2)]
)
def test_width(text, columns):
    assert width(text) == columns
