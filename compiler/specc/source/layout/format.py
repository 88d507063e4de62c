"""Text → text in the canonical layout, held to mean the same before it is given out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specc.diagnostics.model import Sink
from specc.source.layout.align import joined
from specc.source.layout.read import comments_of, read
from specc.source.layout.roles import Role, in_order, role_of
from specc.source.layout.tree import Piece
from specc.source.layout.write import lines_of
from specc.source.nodes import Mapping, Node, Scalar, Sequence
from specc.source.yaml import parse


def formatted(text: str, file: str, sink: Sink) -> str | None:
    """The spec in the canonical layout, or None after a report of why it cannot be read.

    Raises RuntimeError where the result would not be read as the same: a bug, from which no file may suffer.
    """
    text = re.sub(r"\r\n?", "\n", text.removeprefix("\ufeff"))
    before = parse(text, file, sink)
    if before is None or not sink.ok:
        return None
    if not isinstance(before, Mapping):
        sink.error("L203", "a spec is a mapping: `name:`, `inputs:`, `layers:` …", before.span,
                   help="`specc init` writes one to start from")  # fmt: skip
        return None
    root = read(text)
    if not root.parts:
        return text
    keep = _has_anchor(root)  # what an alias repeats has to stand before it
    result = joined(lines_of(root, keep=keep))
    again = Sink()
    after = parse(result, file, again)
    if after is None or not again.ok or not _same(before, after, Role.SPEC, keep=keep):
        raise RuntimeError("the formatted spec would not mean the same")
    if sorted(c.text for c in comments_of(result)) != sorted(c.text for c in comments_of(text)):
        raise RuntimeError("the formatted spec would lose a comment")
    return result


def _same(before: Node, after: Node, role: Role, *, keep: bool) -> bool:
    """Whether the values are equal, and the keys in the same order but where the layout has one of its own."""
    if isinstance(before, Scalar) and isinstance(after, Scalar):
        return type(before.value) is type(after.value) and before.value == after.value
    if isinstance(before, Sequence) and isinstance(after, Sequence):
        return len(before.items) == len(after.items) and all(
            _same(a, b, role_of(role, (), None), keep=keep) for a, b in zip(before.items, after.items, strict=True)
        )
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False
    names = before.keys()
    order = range(len(names)) if keep else in_order(role, names)
    entries = [before.entries[n] for n in order]
    return [e.key.value for e in entries] == after.keys() and all(
        _same(a.value, b.value, role_of(role, names, str(a.key.value)), keep=keep)
        for a, b in zip(entries, after.entries, strict=True)
    )


def _has_anchor(root: Piece) -> bool:
    return any(piece.anchor for piece in _all(root))


def _all(piece: Piece) -> Iterator[Piece]:
    """The piece and everything in it, keys too."""
    yield piece
    for part in piece.parts:
        if part.key is not None:
            yield part.key
        yield from _all(part.value)
