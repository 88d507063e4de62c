"""How a scalar is written: plain where YAML reads it back as the same, else in quotes."""

from __future__ import annotations

import re

from specc.source.layout.tree import Piece
from specc.source.scalars import OutOfRange, resolve

_WORDS = {
    "~": "null", "Null": "null", "NULL": "null",
    "True": "true", "TRUE": "true", "False": "false", "FALSE": "false",
}  # fmt: skip
# Indicators that a plain scalar may not begin with, and `-` and `.`, which begin a list item, `---` and `...`.
_START = re.compile(r"""[?:,\[\]{}#&*!|>'"%@`]|-(?![^\s,\[\]{}-])|---|\.\.\.""")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", '"': '\\"', "\\": "\\\\"}


def scalar(piece: Piece, *, flow: bool, key: bool = False) -> str:
    """The scalar on one line, without its anchor; `flow` where it is to stand inside `[…]` or `{…}`."""
    value = piece.value
    if not piece.style and "\n" not in value:
        if not flow or piece.within_flow or _is_plain(value, flow=True):
            return value if key or piece.several_lines else _WORDS.get(value, value)
        if not isinstance(_resolved(value), str):
            return _WORDS.get(value, value)
    elif _is_plain(value, flow=flow) and ":" not in value and value != "<<":
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """In double quotes, or in single ones where that saves backslashes."""
    if value.isprintable() and ('"' in value or "\\" in value):
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _is_plain(value: str, *, flow: bool) -> bool:
    """Whether the text without quotes is read back as this string."""
    if not value or value != value.strip() or not value.isprintable() or _START.match(value):
        return False
    if ": " in value or value.endswith(":") or " #" in value:
        return False
    if flow and any(character in value for character in ",[]{}"):
        return False
    return isinstance(_resolved(value), str)


def _resolved(value: str) -> bool | int | float | str | None:
    try:
        return resolve(value)
    except OutOfRange:
        return None


def folded_lines(value: str, first: int, indent: int, width: int) -> list[str] | None:
    """A plain scalar over several lines: `first` columns are taken on the first one, the others have the indentation.

    None where a line break could be read as something else.
    """
    words = value.split(" ")
    if any(not word or _START.match(word) for word in words):
        return None
    lines, used = [words[0]], first + len(words[0])
    for word in words[1:]:
        if used + 1 + len(word) > width:
            lines.append(" " * indent + word)
            used = indent + len(word)
        else:
            lines[-1] += " " + word
            used += 1 + len(word)
    return lines


def literal_lines(piece: Piece) -> tuple[str, list[str]] | None:
    """The header and the lines of a block scalar; None where it is safer in quotes."""
    value = piece.value
    body = value.rstrip("\n")
    if not body.strip() or value.endswith("\n\n"):
        return None
    chomp = "" if value.endswith("\n") else "-"
    if piece.style == ">" and piece.folded and piece.folded[0][:1].strip():
        return ">" + chomp, piece.folded
    lines = body.split("\n")
    first = next(line for line in lines if line)
    indent = "2" if first[0] in " \t" or not lines[0] else ""
    return f"|{indent}{chomp}", lines
