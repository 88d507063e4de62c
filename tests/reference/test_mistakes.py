"""The examples of `specc explain` are what they are said to be: wrong they have the code, mended they are right."""

import pytest

from specc.compiler import compile_text
from specc.diagnostics.codes import CODES
from specc.reference.codes import explanation, listing, nearest
from specc.reference.mistakes import MISTAKES

# What a short spec alone cannot bring about, with the reason.
WITHOUT_EXAMPLE = {
    **dict.fromkeys(("Y001", "Y002", "Y003", "Y401", "Y402", "Y403", "Y404", "Y405"), "other files"),
    **dict.fromkeys(("Y301", "Y302"), "a `--set` option"),
    **dict.fromkeys(("Y201", "Y202", "Y203", "L301"), "a limit that takes a long spec to reach"),
    "Y109": "a character that an editor hides or acts on",
    "L207": "what this version does not support is not to be shown as a mistake",
    "L211": "its text says what is in a row and what is not",
}
OUTSIDE_SPECS = "CR"  # the command line and the runtime


@pytest.mark.parametrize("code", MISTAKES)
def test_the_spec_has_the_code_and_mended_no_problem(code: str) -> None:
    mistake = MISTAKES[code]
    assert mistake.wrong in mistake.spec
    assert code in [diagnostic.code for diagnostic in compile_text(mistake.spec).diagnostics]
    assert compile_text(mistake.mended).diagnostics == ()


def test_every_code_of_specs_has_an_example() -> None:
    due = {code for code in CODES if code[0] not in OUTSIDE_SPECS}
    assert due - WITHOUT_EXAMPLE.keys() == MISTAKES.keys()


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_explained(code: str) -> None:
    text = explanation(CODES[code], columns=80)
    assert text.startswith(("warning" if code.startswith("W") else "error") + f"[{code}]: {CODES[code].title}\n")
    assert ("mended" in text) is (code in MISTAKES)
    assert ("keeps it quiet" in text) is code.startswith("W")
    assert text.count(f"[{code}]") >= 1 + (code in MISTAKES), "the check's own words are shown"


def test_a_page_is_coloured_only_when_asked() -> None:
    assert "\x1b[" not in explanation(CODES["S303"])
    text = explanation(CODES["S303"], colour=True)
    assert "\x1b[32m  + " in text
    assert "\x1b[31m  - " in text


def test_the_mend_is_marked_line_by_line() -> None:
    text = explanation(CODES["W515"])
    assert "  -   fc: {op: Linear, out_features: 8}\n  +   fc: {op: Linear, out_features: 8, bias: false}\n" in text


def test_the_listing_has_every_code_once() -> None:
    lines = listing().splitlines()
    assert all(sum(line.startswith(f"  {code}  ") for line in lines) == 1 for code in CODES)


@pytest.mark.parametrize(
    ("word", "code"),
    [("S3030", "S303"), ("w515", "W515"), ("no layers", "N408"), ("a dead brunch", "W520"), ("zzz", None)],
)
def test_an_unknown_code_is_taken_for_the_nearest(word: str, code: str | None) -> None:
    assert nearest(word) == code
