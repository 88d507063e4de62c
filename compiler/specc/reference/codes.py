"""What a code means: its text, a spec that has it, what the check says of that spec, and the mend."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Callable

from specc.diagnostics.codes import CODES, Code
from specc.reference.mistakes import MISTAKES, Mistake

_KINDS = {
    "Y": "YAML and files",
    "L": "the language",
    "E": "expressions",
    "N": "names and wiring",
    "S": "shapes and dtypes",
    "W": "warnings",
    "T": "training",
    "R": "the runtime",
    "C": "the command line",
}
_STYLES = {"title": "\x1b[1m", "head": "\x1b[1;34m", "-": "\x1b[31m", "+": "\x1b[32m"}
_FILE = "spec.yaml"

Paint = Callable[[str, str], str]  # (style, text)


def explanation(code: Code, *, columns: int = 100, colour: bool = False) -> str:
    """The page of one code, no line of its prose wider than `columns`."""
    paint = _coloured if colour else _plain
    severity = "warning" if code.code.startswith("W") else "error"
    lines = [paint("title", f"{severity}[{code.code}]: {code.title}"), ""]
    lines += textwrap.wrap(code.doc, columns, break_long_words=False, break_on_hyphens=False)
    mistake = MISTAKES.get(code.code)
    if mistake is not None:
        lines += ["", paint("head", "a spec that has it"), "", *_indented(mistake.spec)]
        lines += ["", paint("head", "what the check says"), "", *_indented(_said(code.code, mistake, columns, colour))]
        lines += ["", paint("head", "mended"), "", *_mend(mistake, paint)]
    if severity == "warning":
        quiet = f'where it is meant, `allow: {{{code.code}: "the reason"}}` keeps it quiet'
        lines += ["", quiet]
    return "\n".join(lines) + "\n"


def listing() -> str:
    """Every code with its title, by what it is about."""
    lines = []
    for letter, kind in _KINDS.items():
        lines.append(kind)
        lines += [
            f"  {code.code}  {code.title}"
            for code in sorted(CODES.values(), key=lambda code: code.code)
            if code.code.startswith(letter)
        ]
        lines.append("")
    lines.append(f"{len(CODES)} codes. `specc explain CODE` shows what one means, with an example and its mend.")
    return "\n".join(lines) + "\n"


def nearest(word: str) -> str | None:
    """The code a person most likely meant by `word`: in small letters, with a digit too many, or by its title."""
    from specc.diagnostics import closest

    titles = {code.title: code.code for code in CODES.values()}
    near = closest(word, CODES)
    return near if near is not None else titles.get(closest(word, titles) or "")


def _said(code: str, mistake: Mistake, columns: int, colour: bool) -> str:
    """What the check says under this code; what else it says of the spec follows from it."""
    from specc.compiler import compile_text
    from specc.diagnostics.render import render

    result = compile_text(mistake.spec, _FILE)
    found = [diagnostic for diagnostic in result.diagnostics if diagnostic.code == code]
    return "\n".join(render(each, result.sources, colour=colour, columns=columns - 4) for each in found)


def _mend(mistake: Mistake, paint: Paint) -> list[str]:
    """The mended spec, with the lines that changed marked."""
    before, after = mistake.spec.splitlines(), mistake.mended.splitlines()
    lines = []
    for line in difflib.ndiff(before, after):
        if line[0] in "+-":
            lines.append(paint(line[0], f"  {line[0]} {line[2:]}"))
        elif line[0] == " ":
            lines.append(f"    {line[2:]}".rstrip())
    return lines


def _indented(text: str) -> list[str]:
    return [f"    {line}".rstrip() for line in text.splitlines()]


def _plain(_style: str, text: str) -> str:
    return text


def _coloured(style: str, text: str) -> str:
    return f"{_STYLES[style]}{text}\x1b[0m"
