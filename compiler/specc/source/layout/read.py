"""Text → Piece. The text has been parsed without a problem before: here nothing is checked, only kept.

PyYAML's events have styles and anchors but no comments; what is no scalar and begins with ` #` is one.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from specc.source.layout.tree import Comment, Part, Piece

_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
_PROPERTY = re.compile(r"&\S+(?:\s+(?:#[^\n]*)?)*")


def read(text: str) -> Piece:
    """The document of the text, whose lines end in `\\n`."""
    events = _events(text)
    return _Reader(text, _comments(text, events)).read(events)


def comments_of(text: str) -> list[Comment]:
    """Every comment of the text, from top to bottom."""
    return _comments(text, _events(text))


def _events(text: str) -> list[Any]:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return list(yaml.parse(text, Loader=loader))


def _comments(text: str, events: list[Any]) -> list[Comment]:
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found = []
    position, number = 0, 0
    for begin, end in [*_scalars(text, events), (len(text), len(text))]:
        for match in _COMMENT.finditer(text, position, max(position, begin)):
            while starts[number + 1] <= match.start():
                number += 1
            column = match.start() - starts[number]
            before = lines[number][:column].rstrip()
            blank = number > 0 and not lines[number - 1].strip()
            gap = column - len(before)
            found.append(Comment(match.start(), number, column, match[0].rstrip(), not before, blank, gap))
        position = max(position, end)
    return found


def _scalars(text: str, events: list[Any]) -> list[tuple[int, int]]:
    """Where scalars stand, in which a `#` is no comment. The header of a block scalar may have one."""
    places = []
    for event in events:
        if type(event) is not yaml.ScalarEvent:
            continue
        begin, end = _begin(text, event), _end(event)
        if event.style in ("|", ">"):
            end = begin + len(text[begin:end].rstrip())
            newline = text.find("\n", begin)
            begin = end if newline < 0 else min(newline, end)
        places.append((begin, end))
    return places


def _end(event: Any) -> int:
    return int(event.end_mark.index)


def _begin(text: str, event: Any) -> int:
    """Where the scalar itself begins, after its anchor."""
    begin = int(event.start_mark.index)
    if event.anchor:
        found = _PROPERTY.match(text, begin)
        begin = min(found.end(), _end(event)) if found else begin
    return begin


class _Open:
    """A collection whose end has not come; `owner` is the part that it is the value of."""

    __slots__ = ("owner", "part", "piece")

    def __init__(self, piece: Piece, owner: Part | None) -> None:
        self.piece = piece
        self.owner = owner
        self.part: Part | None = None  # the key that waits for its value


class _Reader:
    def __init__(self, text: str, comments: list[Comment]) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.comments = comments
        self.taken = 0
        self.stack: list[_Open] = []
        self.closed: list[Piece] = []  # block collections that ended since the last word
        self.last: tuple[Part, int] | None = None  # the part that was finished last, and its line
        self.root = Piece("scalar")

    def read(self, events: list[Any]) -> Piece:
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent or kind is yaml.AliasEvent:
                self._leaf(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._start(event, "mapping" if kind is yaml.MappingStartEvent else "sequence")
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end(event)
        for comment in self._pending(len(self.text)):
            if not self._is_beside(comment) and not self._foot(comment, -1):
                self.root.foot.append(comment)
        return self.root

    # Events

    def _leaf(self, event: Any) -> None:
        piece = Piece("alias" if type(event) is yaml.AliasEvent else "scalar", anchor=event.anchor)
        piece.within_flow = bool(self.stack) and self.stack[-1].piece.flow
        line = event.end_mark.line
        if piece.kind == "scalar":
            piece.value, piece.style = event.value, event.style or ""
            begin = _begin(self.text, event)
            written = self.text[begin : event.end_mark.index].rstrip()
            piece.several_lines = "\n" in written
            if piece.style in ("|", ">"):
                line = self.text.count("\n", 0, begin)
                piece.folded = _dedented(written)
        top = self.stack[-1] if self.stack else None
        if top is not None and top.piece.kind == "mapping" and top.part is None:
            top.part = self._part(event, top, key=piece)
            return
        part = self._place(event, piece, block=False)
        if part is not None:
            self.last = (part, line)

    def _start(self, event: Any, kind: str) -> None:
        piece = Piece(kind, anchor=event.anchor, flow=bool(event.flow_style))
        piece.within_flow = bool(self.stack) and self.stack[-1].piece.flow
        piece.column = event.start_mark.column
        owner = self._place(event, piece, block=not piece.flow)
        self.stack.append(_Open(piece, owner))

    def _end(self, event: Any) -> None:
        frame = self.stack.pop()
        piece = frame.piece
        if not piece.flow:
            self.closed.append(piece)
            return
        for comment in self._pending(event.end_mark.index):
            if not self._is_beside(comment):
                piece.foot.append(comment)
        if frame.owner is not None:
            if not piece.parts:  # `[ # none yet` … `]` is written as `[]`, with the comment above
                frame.owner.lead += piece.foot
                piece.foot = []
            self.last = (frame.owner, event.end_mark.line)

    # Where what was read belongs

    def _place(self, event: Any, piece: Piece, *, block: bool) -> Part | None:
        """Makes the piece the value that is due; None for the root."""
        if not self.stack:
            self.root = piece
            return None
        top = self.stack[-1]
        if top.piece.kind == "sequence":
            part = self._part(event, top, block=block)
        else:
            assert top.part is not None  # a key came before
            part, top.part = top.part, None
            self._between(event, part, block=block)
        part.value = piece
        return part

    def _part(self, event: Any, top: _Open, key: Piece | None = None, *, block: bool = False) -> Part:
        """A new part of the collection, with the comments above it but for those above a block's first part."""
        line = event.start_mark.line if key is not None or top.piece.flow else self._dash(event.start_mark)
        blank = line > 0 and not self.lines[line - 1].strip()
        breaks = self.last is not None and line > self.last[1]
        part = Part(key, blank=blank, breaks=breaks)
        if not top.piece.parts and event.start_mark.column < top.piece.column:
            top.piece.column = event.start_mark.column
        column = top.piece.column
        end = event.start_mark.index
        if block and line < event.start_mark.line:
            end = next((c.offset for c in self.comments[self.taken :] if c.line > line), end)
        for comment in self._pending(min(end, event.start_mark.index)):
            if self._is_beside(comment):
                continue
            if comment.own:
                if part.lead or not self._foot(comment, column):
                    part.lead.append(comment)
            elif key is None and self.lines[comment.line][: comment.column].rstrip().endswith("-"):
                part.beside(comment)
            elif not top.piece.parts and not top.piece.flow and top.owner is not None:
                top.owner.beside(comment)
            else:
                part.lead.append(comment)
        self.closed = []
        top.piece.parts.append(part)
        return part

    def _between(self, event: Any, part: Part, *, block: bool) -> None:
        """The comments between a key and its value; those above a block's first part are left to that part."""
        while self.taken < len(self.comments) and self.comments[self.taken].offset < event.start_mark.index:
            comment = self.comments[self.taken]
            if not comment.own:
                part.beside(comment)
            elif block:
                return
            else:
                part.lead.append(comment)
            self.taken += 1

    def _dash(self, mark: Any) -> int:
        """The line of the dash before a list item: its own, or above it with only comments in between."""
        line = int(mark.line)
        before = self.lines[line][: mark.column]
        while not before.rstrip().endswith("-") and line > 0:
            line -= 1
            before = _COMMENT.sub("", self.lines[line])
        return line

    def _pending(self, index: int) -> list[Comment]:
        start = self.taken
        while self.taken < len(self.comments) and self.comments[self.taken].offset < index:
            self.taken += 1
        return self.comments[start : self.taken]

    def _is_beside(self, comment: Comment) -> bool:
        """Puts the comment beside the part that was finished on its line, if there is one."""
        if comment.own or self.last is None or comment.line != self.last[1]:
            return False
        self.last[0].beside(comment)
        return True

    def _foot(self, comment: Comment, column: int) -> bool:
        """Puts the comment at the end of the innermost of the finished blocks that it is not left of.

        `column` is where what follows begins: a comment there, or left of it, belongs to that.
        """
        for n, piece in enumerate(self.closed):
            if column < piece.column <= comment.column:
                piece.foot.append(comment)
                self.closed = self.closed[n:]
                return True
        return False


def _dedented(written: str) -> list[str]:
    """The lines of a block scalar without the indentation that its first line has; none where a digit says another."""
    header, *lines = written.split("\n")
    if re.match(r"[|>][+-]?\d", header):
        return []
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    return [line[indent:] for line in lines]
