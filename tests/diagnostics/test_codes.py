"""Every code in use is registered, and every registered code is in use."""

import re
from pathlib import Path

from specc.diagnostics.codes import CODES

ROOT = Path(__file__).parents[2]
REGISTRY = ROOT / "compiler/specc/diagnostics/codes.py"


def used():
    files = [f for room in ("compiler", "runtime") for f in (ROOT / room).rglob("*.py") if f != REGISTRY]
    return {code for f in files for code in re.findall(r'"([YLENSWTRC]\d{3})"', f.read_text("utf-8"))}


def test_every_code_in_use_is_registered():
    assert sorted(used() - CODES.keys()) == []


def test_every_registered_code_is_in_use():
    assert sorted(CODES.keys() - used()) == []


def test_titles_and_texts():
    for key, code in CODES.items():
        assert key == code.code
        assert re.fullmatch(r"[YLENSWTRC]\d{3}", key)
        assert "\n" not in code.title
        assert not code.title.endswith(".")
        assert code.doc.endswith(".")


def test_no_code_is_registered_twice():
    registered = re.findall(r'Code\(\s*"([YLENSWTRC]\d{3})"', REGISTRY.read_text("utf-8"))
    assert len(registered) == len(set(registered)) == len(CODES)
