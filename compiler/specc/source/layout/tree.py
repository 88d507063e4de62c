"""What the layout works on: the document as it is written, with styles, anchors, blank lines and comments."""

from __future__ import annotations

from typing import NamedTuple


class Comment(NamedTuple):
    """A comment from its `#` on; offset, line and column count from 0.

    own: nothing else stands on its line; blank: the line above is empty; gap: columns between it and what it is beside.
    """

    offset: int
    line: int
    column: int
    text: str
    own: bool
    blank: bool
    gap: int


class Piece:
    """A scalar, an alias, or a collection with its parts.

    style: of a scalar, as YAML writes it: `"`, `'`, `|`, `>`, or empty for a plain one.
    folded: the lines of a `>` scalar without their indentation, which its value no longer tells.
    within_flow: whether it stands inside `[…]` or `{…}`; flow: whether it is written so itself.
    foot: the comments after its last part.
    """

    __slots__ = (
        "anchor", "column", "flow", "folded", "foot", "kind", "parts", "several_lines", "style", "value", "within_flow",
    )  # fmt: skip

    def __init__(self, kind: str, *, anchor: str | None = None, flow: bool = False, within_flow: bool = False) -> None:
        self.kind = kind  # scalar, alias, mapping, sequence
        self.anchor = anchor
        self.flow = flow
        self.within_flow = within_flow
        self.value = ""
        self.style = ""
        self.several_lines = False
        self.folded: list[str] = []
        self.column = 0
        self.parts: list[Part] = []
        self.foot: list[Comment] = []

    @property
    def is_collection(self) -> bool:
        return self.kind in ("mapping", "sequence")

    @property
    def name(self) -> str:
        """The word that a key is."""
        return self.value

    def has_comments(self) -> bool:
        """Whether comments stand inside it, which a single line has no place for."""
        return bool(self.foot) or any(p.lead or p.trailing or p.value.has_comments() for p in self.parts)


class Part:
    """An item of a sequence, or a key with its value.

    lead: the comments above it; trailing: the one beside it; blank: whether an empty line stands right above it;
    breaks: whether, inside a flow collection, its author began a line with it.
    """

    __slots__ = ("blank", "breaks", "key", "lead", "trailing", "value")

    def __init__(self, key: Piece | None, *, blank: bool, breaks: bool) -> None:
        self.key = key
        self.value = Piece("scalar")
        self.lead: list[Comment] = []
        self.trailing: Comment | None = None
        self.blank = blank
        self.breaks = breaks

    def beside(self, comment: Comment) -> None:
        """Puts the comment beside the part; one that stands there already goes above it."""
        if self.trailing is not None:
            self.lead.append(self.trailing)
        self.trailing = comment

    def shown_name(self) -> str | None:
        return self.key.name if self.key is not None else None
