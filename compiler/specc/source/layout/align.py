"""Lines of a spec, and where the comments beside them stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specc.source.layout.tree import Comment

WIDTH = 120
_GAP = 2  # columns between a line and its comment, at least


class Line(NamedTuple):
    code: str
    comment: Comment | None = None


def joined(lines: list[Line]) -> str:
    """The text. Comments that stood in one column of lines that follow one another still do.

    They keep their column where they have room there; they move where a line has grown into them, and where the column
    was no choice but the end of the longest line.
    """
    written: list[str] = []
    for group in _groups(lines):
        if group[0].comment is None:
            written += [line.code for line in group]
            continue
        column = group[0].comment.column
        longest = max(len(line.code) for line in group)
        gap = min(line.comment.gap for line in group if line.comment is not None)
        if longest + _GAP > column or gap <= _GAP:
            column = longest + _GAP
        written += [f"{line.code:<{column}}{line.comment.text}" for line in group if line.comment is not None]
    return "\n".join(written) + "\n"


def _groups(lines: list[Line]) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        if group and _column(group[-1]) != _column(line):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _column(line: Line) -> int:
    return -1 if line.comment is None else line.comment.column
