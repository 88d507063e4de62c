"""Every section of tests/cases/*.md is a test: prose, a ```yaml block, and what must come of it.

A ```yaml blocks/a.yaml block is a file of that name beside the spec, for what reads it. The other blocks are compared
to the letter:

    ```diagnostics   what `specc check spec.yaml` prints, without the closing count (empty: no problem at all)
    ```shapes        a line a layer: its path, its op and its outputs
    ```python        the whole model.py
    ```mended        the spec as the help mends it, in which that problem is gone and no error left

`pytest tests/test_cases.py --update` rewrites them (never in CI); read the difference before it is committed.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from specc import to_python
from specc.compiler import Result, compile_text
from specc.diagnostics.codes import CODES
from specc.diagnostics.render import render

CASES = Path(__file__).parent / "cases"
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^```yaml (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Codes that no spec alone can bring about, with the reason. A code that gets a case has to leave this list.
WITHOUT_CASE = {
    "Y002": "a file larger than this one may be: tests/source/test_files.py",
    "Y003": "bytes that are not UTF-8: tests/source/test_files.py",
    "Y109": "characters that an editor hides or acts on: tests/source/test_yaml.py",
    "Y202": "100,000 values: tests/source/test_yaml.py",
    "Y203": "10,000 characters: tests/source/test_yaml.py",
    "Y403": "17 files in a row: tests/source/test_reading.py",
    "Y404": "65 files: tests/source/test_reading.py",
    "Y301": "a `--set` option: tests/source/test_overrides.py",
}
_OUTSIDE_SPECS = "CR"  # the command line (tests/cli) and the runtime (tests/runtime)


@dataclass(frozen=True)
class Case:
    file: Path
    title: str
    start: int  # of the section in the file's text
    text: str


def _cases() -> list[Case]:
    found = []
    for file in sorted(CASES.glob("*.md")):
        text = file.read_text(encoding="utf-8")
        heads = list(_SECTION.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        found += [
            Case(file, head[1], head.start(), text[head.start() : end]) for head, end in zip(heads, ends, strict=True)
        ]
    return found


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{c.file.stem}: {c.title}") for c in _cases()])
def test_case(case: Case, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = _FILE.findall(case.text)
    if files:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "pyproject.toml").touch()  # marks the project, wherever tests put their files
        for name, text in files:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
    blocks = _BLOCK.findall(case.text)
    assert blocks, "a case needs a ```yaml block"
    assert blocks[0][0] == "yaml", "the first block of a case is its ```yaml"
    assert len(blocks) > 1, "a case needs a block that says what comes of its YAML"
    result = compile_text(blocks[0][1], "spec.yaml")
    for kind, text in blocks[1:]:
        if kind == "mended":
            mended = compile_text(text, "spec.yaml")
            assert mended.ok
            assert not {d.code for d in mended.diagnostics} & {d.code for d in result.diagnostics}
    blocks = [block for block in blocks if block[0] != "mended"]
    due = {kind: _result(kind, result) for kind, _ in blocks[1:]}
    if request.config.getoption("--update"):
        _update(case, due)
        return
    for kind, written in blocks[1:]:
        assert due[kind] == written


def test_the_update_option_is_refused_in_ci(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An expectation is changed by a person who reads it."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.UsageError, match="CI"):
        _update(Case(Path("none.md"), "", 0, ""), {})


def test_every_code_has_a_case() -> None:
    shown = {
        code
        for case in _cases()
        for kind, text in _BLOCK.findall(case.text)
        if kind == "diagnostics"
        for code in re.findall(r"^(?:error|warning)\[(\w+)\]", text, re.MULTILINE)
    }
    due = {code for code in CODES if code[0] not in _OUTSIDE_SPECS}
    assert due - shown == set(WITHOUT_CASE)


def _result(kind: str, result: Result) -> str:
    if kind == "diagnostics":
        return "\n".join(render(d, result.sources) for d in result.diagnostics)
    assert result.graph is not None, "the spec has no graph to show"
    if kind == "python":
        return to_python(result.graph)
    if kind == "shapes":
        rows = [f"{n.path} {n.kind} {', '.join(str(v.type) for v in n.outputs)}" for n in result.graph.root.walk()]
        return "".join(f"{row}\n" for row in rows)
    raise AssertionError(f"a case has no block ```{kind}")


def _update(case: Case, due: dict[str, str]) -> None:
    if os.environ.get("CI"):
        raise pytest.UsageError("--update is refused where CI is set")

    def rewritten(block: re.Match[str]) -> str:
        return f"```{block[1]}\n{due[block[1]]}```" if block[1] in due else block[0]

    text = case.file.read_text(encoding="utf-8")
    start = text.index(f"## {case.title}\n")  # sections before this one may have changed their length
    section = text[start:].split("\n## ", 1)[0]
    case.file.write_text(text.replace(section, _BLOCK.sub(rewritten, section)), encoding="utf-8")
