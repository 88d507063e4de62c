"""The formats for machines hold every fact of a diagnostic, in the form their readers expect."""

import json

import pytest

from specc.diagnostics import Diagnostic, Note, Severity, Span
from specc.diagnostics.formats import to_github, to_json, to_sarif

PROBLEM = Diagnostic(
    "S301",
    "expects 784, has 3090",
    Span("specs/a b.yaml", 14, 25, 14, 41),
    (Note("from: bn1 gives [N, 3090]", Span("specs/a b.yaml", 13, 3, 13, 6)), Note("a fact")),
    "remove it",
)
WARNING = Diagnostic("Y102", "100% odd,\nreally: \x1b[0m", Span("f,g:h.yaml", 2, 1, 4, 3), severity=Severity.WARNING)
PLACELESS = Diagnostic("Y001", "cannot read", None)


def test_json_has_the_fields_that_are_documented():
    assert json.loads(to_json([PROBLEM, PLACELESS], ok=False)) == {
        "ok": False,
        "diagnostics": [
            {
                "code": "S301", "severity": "error", "message": "expects 784, has 3090", "file": "specs/a b.yaml",
                "line": 14, "column": 25, "end_line": 14, "end_column": 41,
                "notes": ["from: bn1 (line 13) gives [N, 3090]", "note: a fact"], "help": "remove it", "edits": [],
            },
            {
                "code": "Y001", "severity": "error", "message": "cannot read", "file": None,
                "line": None, "column": None, "end_line": None, "end_column": None, "notes": [], "help": None,
                "edits": [],
            },
        ],
    }  # fmt: skip
    assert json.loads(to_json([], ok=True)) == {"ok": True, "diagnostics": []}


def test_json_is_ascii_and_holds_any_text():
    assert to_json([WARNING, Diagnostic("X1", "\ud800\u202e", None)], ok=False).isascii()


def test_github_commands():
    assert to_github([PROBLEM, WARNING, PLACELESS]).splitlines() == [
        "::error file=specs/a b.yaml,line=14,col=25,endLine=14,endColumn=41,title=S301::expects 784, has 3090"
        "%0Afrom: bn1 (line 13) gives [N, 3090]%0Anote: a fact%0Ahelp: remove it",
        r"::warning file=f%2Cg%3Ah.yaml,line=2,endLine=4,title=Y102::100%25 odd,\nreally: \x1b[0m",
        "::error title=Y001::cannot read",
    ]


def test_no_text_can_start_a_command_of_its_own():
    evil = "x\n::error::owned\r::stop-commands::y"
    text = to_github([Diagnostic("X1", evil, Span(evil, 1, 1, 1, 2), (Note(evil),), evil)])
    assert len(text.splitlines()) == 1


def test_sarif():
    log = json.loads(to_sarif([PROBLEM, WARNING, PLACELESS]))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert (log["version"], [r["id"] for r in rules]) == ("2.1.0", ["S301", "Y001", "Y102"])
    assert rules[2]["shortDescription"]["text"] == "a key is written twice"
    problem, warning, placeless = run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert [r["level"] for r in run["results"]] == ["error", "warning", "error"]
    assert "help: remove it" in problem["message"]["text"]
    assert problem["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/a%20b.yaml"},
        "region": {"startLine": 14, "startColumn": 25, "endLine": 14, "endColumn": 41},
    }
    (related,) = problem["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 13
    assert warning["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "f%2Cg%3Ah.yaml"
    assert "locations" not in placeless


@pytest.mark.parametrize("form", [to_github, to_sarif])
def test_nothing_is_a_valid_result(form):
    assert form([]) == "" or json.loads(form([]))["runs"][0]["results"] == []
