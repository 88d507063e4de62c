"""Flow style: `[…]` and `{…}`, on one line, or on several that begin right of the bracket."""

from __future__ import annotations

from specc.source.layout.align import WIDTH, Line
from specc.source.layout.roles import Role, in_order, names_of, role_of
from specc.source.layout.scalars import scalar
from specc.source.layout.tree import Comment, Part, Piece

_LONG_KEY = 1_000  # characters; YAML looks for the `:` of a key no further than 1,024


def ordered(piece: Piece, role: Role, *, keep: bool) -> list[tuple[Part, Role]]:
    """The parts in the order in which they are written, each with the role of its value."""
    names = names_of(piece.parts)
    order = range(len(names)) if keep else in_order(role, names)
    return [(piece.parts[n], role_of(role, names, names[n])) for n in order]


def key_text(key: Piece, *, flow: bool) -> str:
    """The key up to its colon, with what YAML needs between the two."""
    if key.kind == "alias":
        return f"*{key.anchor} "
    anchor = f"&{key.anchor} " if key.anchor else ""
    text = anchor + scalar(key, flow=flow, key=True)
    return f"? {text} " if len(text) > _LONG_KEY and flow else text


def is_long(key: Piece) -> bool:
    return len(key_text(key, flow=False)) > _LONG_KEY


class Flow:
    """Writes values in flow style; `keep` where the order of keys has to stay as it is."""

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep

    def inline(self, piece: Piece, role: Role) -> str | None:
        """The value on one line, without regard to its length; None where it has no such form."""
        if piece.kind == "alias":
            return f"*{piece.anchor}"
        anchor = f"&{piece.anchor} " if piece.anchor else ""
        if piece.kind == "scalar":
            if piece.style in ("|", ">"):
                return None
            text = scalar(piece, flow=True)
            return anchor + (text or ("null" if anchor else ""))
        if piece.has_comments():
            return None
        texts: list[str] = []
        for part, below in ordered(piece, role, keep=self.keep):
            inner = self.part(part, below)
            if inner is None:
                return None
            texts.append(inner)
        opening, closing = "{}" if piece.kind == "mapping" else "[]"
        return f"{anchor}{opening}{', '.join(texts)}{closing}"

    def part(self, part: Part, role: Role) -> str | None:
        text = self.inline(part.value, role)
        if text is None:
            return None
        if part.key is None:
            return text or "null"
        return self.head(part.key, bare=not text) + text

    def head(self, key: Piece, *, bare: bool = False) -> str:
        text = key_text(key, flow=True)
        if bare:  # `{a}` is a key without a value
            return text.rstrip() if key.kind == "scalar" else f"{text}: null"
        return f"{text}: "

    def lines(self, piece: Piece, role: Role, column: int, tail: int) -> list[Line]:
        """The collection over several lines, its bracket in the column; `tail` characters follow its end.

        Lines are broken where the author broke them, if that is short enough, and else where they are full. The first
        line comes without what stands before it, the others with their indentation.
        """
        if piece.has_comments() or any(part.breaks for part in piece.parts[1:]):
            lines = _Lines(self, column, tail, by_author=True).write(piece, role)
            if all(len(line.code) + (column if n == 0 else 0) <= WIDTH for n, line in enumerate(lines)):
                return lines
        return _Lines(self, column, tail, by_author=False).write(piece, role)


class _Lines:
    """One collection in the making."""

    def __init__(self, flow: Flow, column: int, tail: int, *, by_author: bool) -> None:
        self.flow = flow
        self.column = column
        self.indent = " " * (column + 1)
        self.tail = tail
        self.by_author = by_author
        self.done: list[Line] = []
        self.current = ""

    def write(self, piece: Piece, role: Role) -> list[Line]:
        opening, closing = "{}" if piece.kind == "mapping" else "[]"
        self.current = opening
        parts = ordered(piece, role, keep=self.flow.keep)
        previous: Part | None = None
        for n, (part, below) in enumerate(parts):
            last = n == len(parts) - 1
            after = 1 + self.tail if last else 1
            text = self.flow.part(part, below)
            if part.lead:
                self._above(part.lead, first=previous is None)
            elif previous is not None and previous.trailing is None:
                full = self._used() + 1 + (len(text) if text is not None else 0) + after > WIDTH or text is None
                if part.breaks if self.by_author else full:
                    self._break()
                else:
                    self.current += " "
            self._value(part, below, text, after)
            comment = part.trailing
            self.current += "" if last else ","
            if comment is not None:
                self._break(comment)
            previous = part
        for comment in piece.foot:
            if self.current.strip():
                self._break()
            self.done.append(Line(self.indent + comment.text))
        if self.current.strip() == "" and self.done:  # after a comment the bracket needs a line of its own
            self.current = " " * self.column
        self.current += closing
        return [*self.done, Line(self.current)]

    def _value(self, part: Part, role: Role, text: str | None, after: int) -> None:
        value = part.value
        if text is not None and (self._used() + len(text) + after <= WIDTH or not value.parts):
            self.current += text
            return
        if not value.is_collection:
            assert text is not None  # block scalars do not stand in flow style
            self.current += text
            return
        if part.key is not None:
            self.current += self.flow.head(part.key)
        if value.anchor:
            self.current += f"&{value.anchor} "
        inner = self.flow.lines(value, role, self._used(), after)
        self.done.append(Line(self.current + inner[0].code, inner[0].comment))
        self.done += inner[1:]
        self.current = self.done.pop().code

    def _above(self, comments: list[Comment], *, first: bool) -> None:
        """Comments on lines of their own; at the beginning, the first one stands beside the bracket."""
        if first:
            self.done.append(Line(self.current, comments[0]))
            comments = comments[1:]
        elif self.current.strip():
            self._break()
        self.done += [Line(self.indent + comment.text) for comment in comments]
        self.current = self.indent

    def _break(self, comment: Comment | None = None) -> None:
        self.done.append(Line(self.current.rstrip(), comment))
        self.current = self.indent

    def _used(self) -> int:
        """Columns of the line so far."""
        return len(self.current) + (0 if self.done else self.column)
