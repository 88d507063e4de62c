"""The reference of the ops: every page is whole, its example compiles, and docs/ops/ is current."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specc.ops import OPS, Op
from specc.reference.manual import listing, manual
from specc.reference.markdown import files
from specc.reference.page import page

DOCS = Path(__file__).parents[2] / "docs" / "ops"

each_op = pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))


@each_op
def test_page_is_whole(op: type[Op]) -> None:
    """A summary, a formula, an example that compiles and is written in Python, its cost, and a link."""
    about = page(op)
    assert about.summary.endswith(".")
    assert about.formula
    assert about.example.gives
    called = op.target().rpartition(".")[2]
    assert any(called in line for line in about.example.python) or op.python.operator or called == "__getitem__"
    assert "?" not in (about.example.macs, about.example.keeps)
    assert about.url.startswith("https://")


@each_op
def test_target_exists(op: type[Op]) -> None:
    """The link's name is the dotted path of what the generated module calls."""
    module, _, rest = op.target().partition(".")
    found: Any = importlib.import_module(module)
    for part in rest.split("."):
        found = getattr(found, part)
    assert callable(found)


@each_op
def test_manual_keeps_within_the_terminal(op: type[Op]) -> None:
    kept = ("https:", "{op:", "self.layer = ")  # what is no prose keeps its breaks
    wide = [
        line for line in manual(op, columns=80).splitlines() if len(line) > 100 and not any(k in line for k in kept)
    ]
    assert wide == []
    sections = [line for line in manual(op).splitlines() if line and line == line.upper() and line[0].isalpha()]
    assert sections[0] == "NAME"
    assert sections[-1] == "SEE ALSO"


def test_the_list_has_every_op() -> None:
    shown = listing()
    assert [name for name in OPS if f"\n  {name} " not in shown] == []


def test_the_list_fits_a_terminal() -> None:
    assert max(map(len, listing(80).splitlines())) <= 80
    assert len(listing(80).splitlines()) == len(listing().splitlines())


def _texts() -> Iterator[tuple[Path, str]]:
    for name, text in files().items():
        yield DOCS / name, text


def test_docs_are_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        DOCS.mkdir(parents=True, exist_ok=True)
        for path, text in _texts():
            path.write_text(text, encoding="utf-8")
    expected = dict(_texts())
    assert {path.name for path in DOCS.iterdir()} == {path.name for path in expected}
    stale = [path.name for path, text in expected.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make golden`"
