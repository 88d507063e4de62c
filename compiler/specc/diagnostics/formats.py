"""Diagnostics for machines: JSON (docs: `specc check --format json`), GitHub Actions annotations, SARIF 2.1.0."""

import json
from collections.abc import Sequence
from typing import Any

from specc.diagnostics.codes import CODES
from specc.diagnostics.escape import visible
from specc.diagnostics.model import Diagnostic, Severity, Span
from specc.diagnostics.render import note_text

_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def to_json(diagnostics: Sequence[Diagnostic], ok: bool) -> str:
    """One object, `{"ok": …, "diagnostics": […]}`; lines and columns count from 1, ends are exclusive.

    Notes are the lines of the text format, with their places. A problem without a place has null in its place fields.
    Its `edits`, made together, do what `help` says: each puts `text` in the place of what stands from `line`, `column`
    to `end_line`, `end_column` of `file`. There are none where a person has to choose.
    Everything beyond ASCII is escaped, so the output is safe to show on a terminal.
    """
    return json.dumps({"ok": ok, "diagnostics": [_object(d) for d in diagnostics]}, indent=2) + "\n"


def _object(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "notes": [note_text(note, diagnostic) for note in diagnostic.notes],
        "help": diagnostic.help,
        "edits": [edit.span._asdict() | {"text": edit.text} for edit in diagnostic.edits],
    }


def to_github(diagnostics: Sequence[Diagnostic]) -> str:
    """A workflow command a line, which GitHub Actions shows beside the code of a pull request.

    Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "".join(_command(d) + "\n" for d in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties: dict[str, str | int] = {}
    span = diagnostic.span
    if span is not None:
        properties |= {"file": span.file, "line": span.line}
        if span.line == span.end_line:  # GitHub refuses columns for a stretch of several lines
            properties |= {"col": span.column, "endLine": span.end_line, "endColumn": span.end_column}
        else:
            properties |= {"endLine": span.end_line}
    properties["title"] = diagnostic.code
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{diagnostic.severity.value} {written}::{_data(_whole_text(diagnostic))}"


def _whole_text(diagnostic: Diagnostic) -> str:
    """Message, notes and help, a line each."""
    lines = [diagnostic.message, *(note_text(note, diagnostic) for note in diagnostic.notes)]
    if diagnostic.help is not None:
        lines.append(f"help: {diagnostic.help}")
    return "\n".join(visible(line) for line in lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")


def to_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """One SARIF 2.1.0 run, for code-scanning services; its rules are those of the codes that occur."""
    codes = sorted({d.code for d in diagnostics})
    run = {
        "tool": {"driver": {"name": "specc", "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(d, codes.index(d.code)) for d in diagnostics],
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    known = CODES.get(code)
    rule: dict[str, Any] = {"id": code}
    if known is not None:
        rule |= {"shortDescription": {"text": known.title}, "fullDescription": {"text": known.doc}}
    return rule


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": "error" if diagnostic.severity is Severity.ERROR else "warning",
        "message": {"text": _whole_text(diagnostic)},
    }
    if diagnostic.span is not None:
        result["locations"] = [_location(diagnostic.span)]
    related = [
        {"id": number} | _location(note.span) | {"message": {"text": visible(note.text)}}
        for number, note in enumerate(diagnostic.notes)
        if note.span is not None
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _location(span: Span) -> dict[str, Any]:
    from urllib.parse import quote

    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    uri = quote(span.file.replace("\\", "/"), errors="surrogatepass")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
