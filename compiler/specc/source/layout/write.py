"""Piece → lines: block style, two columns a level, with flow style inside for what is short."""

from __future__ import annotations

from specc.source.layout.align import WIDTH, Line
from specc.source.layout.flow import Flow, is_long, key_text, ordered
from specc.source.layout.roles import HEAD, Role, is_short, is_structure
from specc.source.layout.scalars import folded_lines, literal_lines, scalar
from specc.source.layout.tree import Comment, Part, Piece

_INDENT = 2


def lines_of(root: Piece, *, keep: bool) -> list[Line]:
    """The lines of a whole spec, a mapping; `keep` where the order of its keys has to stay as it is."""
    return _Writer(keep=keep).spec(root)


class _Writer:
    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        self.flow = Flow(keep=keep)

    def spec(self, root: Piece) -> list[Line]:
        lines = _head(root) if not self.keep else []
        return lines + self._block(root, 0, Role.SPEC, started=bool(lines) and bool(lines[-1].code))

    def _block(self, piece: Piece, column: int, role: Role, *, started: bool = False) -> list[Line]:
        """The parts of a collection, one under the other."""
        lines: list[Line] = []
        previous: Part | None = None
        for part, below in ordered(piece, role, keep=self.keep):
            lines += self._above(part, previous, column, role, started=started or previous is not None)
            lines += self._part(part, column, below)
            previous = part
        for comment in piece.foot:
            lines += _own(comment, column, blank=comment.blank and bool(lines))
        return lines

    def _above(self, part: Part, previous: Part | None, column: int, role: Role, *, started: bool) -> list[Line]:
        """The empty line and the comments before a part."""
        lines: list[Line] = []
        due = _distance(role, previous, part)
        for n, comment in enumerate(part.lead):
            blank = comment.blank if due is None or n > 0 else due
            lines += _own(comment, column, blank=blank and (started or n > 0))
        blank = part.blank if part.lead or due is None else due
        if blank and (started or part.lead):
            lines.append(Line(""))
        return lines

    def _part(self, part: Part, column: int, role: Role) -> list[Line]:
        pad = " " * column
        if part.key is None:
            return self._item(part, column, role)
        text = key_text(part.key, flow=False)
        lines = []
        if is_long(part.key):
            lines, text = [Line(f"{pad}? {text}")], ""
        return lines + self._value(part, f"{pad}{text}:", column, role)

    def _item(self, part: Part, column: int, role: Role) -> list[Line]:
        value, pad = part.value, " " * column
        if not self._is_block(value, column + _INDENT, role):
            return self._value(part, f"{pad}-", column, role)
        first_part, _ = ordered(value, role, keep=self.keep)[0]
        if value.anchor or part.trailing is not None or first_part.lead:
            return self._value(part, f"{pad}-", column, role)
        first, *rest = self._block(value, column + _INDENT, role)
        return [first._replace(code=f"{pad}- {first.code[column + _INDENT :]}"), *rest]

    def _value(self, part: Part, head: str, column: int, role: Role) -> list[Line]:
        value = part.value
        if value.anchor and value.kind != "alias":
            head += f" &{value.anchor}"
        if value.is_collection:
            if self._is_block(value, len(head) + 1, role):
                return [Line(head, part.trailing), *self._block(value, column + _INDENT, role)]
            text = self._short(value, role)
            if text is None or len(head) + 1 + len(text) > WIDTH:
                first, *rest = self.flow.lines(value, role, len(head) + 1, 0)
                return _beside([first._replace(code=f"{head} {first.code}"), *rest], part.trailing)
            return [Line(f"{head} {text}", part.trailing)]
        if value.kind == "alias":
            return [Line(f"{head} *{value.anchor}", part.trailing)]
        if value.style in ("|", ">"):
            block = literal_lines(value)
            if block is not None:
                pad = " " * (column + _INDENT)
                body = [Line(pad + line if line else "") for line in block[1]]
                return [Line(f"{head} {block[0]}", part.trailing), *body]
        text = scalar(value, flow=False)
        if value.several_lines and text == value.value and not value.style and len(head) + 1 + len(text) > WIDTH:
            folded = folded_lines(text, len(head) + 1, column + _INDENT, WIDTH)
            if folded is not None:
                lines = [Line(f"{head} {folded[0]}"), *(Line(line) for line in folded[1:])]
                return _beside(lines, part.trailing)
        return [Line(f"{head} {text}" if text else head, part.trailing)]

    def _short(self, piece: Piece, role: Role) -> str | None:
        """The collection on one line, without its anchor."""
        text = self.flow.inline(piece, role)
        return text if text is None or not piece.anchor else text.removeprefix(f"&{piece.anchor} ")

    def _is_block(self, piece: Piece, column: int, role: Role) -> bool:
        """Whether the value, which would begin in the column, takes lines of its own."""
        if not piece.is_collection or not piece.parts:
            return False
        text = self._short(piece, role)
        fits = text is not None and column + len(text) <= WIDTH
        if piece.flow:
            return not fits and is_structure(piece, role)
        return not (fits and is_short(piece, role))


def _distance(role: Role, previous: Part | None, part: Part) -> bool | None:
    """Whether an empty line is due between two parts; None where that is the author's to say."""
    if role is Role.BLOCKS:
        return previous is not None
    if role is not Role.SPEC or previous is None:
        return None
    before, name = previous.shown_name(), part.shown_name()
    together = (before in HEAD and name in HEAD) or (before, name) == ("inputs", "where")
    return not together


def _head(root: Piece) -> list[Line]:
    """What stands above the whole spec, and stays there: the comments before its first key and an empty line."""
    if not root.parts:
        return []
    first = root.parts[0]
    if first.shown_name() in HEAD:
        return []
    kept = [n for n, comment in enumerate(first.lead) if "yaml-language-server" in comment.text]
    blanks = [*(comment.blank for comment in first.lead), first.blank]
    blank = [n for n, is_blank in enumerate(blanks) if n and is_blank]
    end = max([kept[-1] + 1 if kept else 0, blank[-1] if blank else 0])
    lines = [line for n, c in enumerate(first.lead[:end]) for line in _own(c, 0, blank=c.blank and n > 0)]
    if blank and end == blank[-1]:
        lines.append(Line(""))
        rest = first.lead[end:]
        first.lead = [rest[0]._replace(blank=False), *rest[1:]] if rest else []
        first.blank = first.blank and bool(rest)
    else:
        first.lead = first.lead[end:]
    return lines


def _own(comment: Comment, column: int, *, blank: bool) -> list[Line]:
    line = Line(" " * column + comment.text)
    return [Line(""), line] if blank else [line]


def _beside(lines: list[Line], comment: Comment | None) -> list[Line]:
    """The lines with the comment beside the last one."""
    return [*lines[:-1], lines[-1]._replace(comment=comment)] if comment is not None else lines
