"""`extends`: one spec laid over another, key by key.

A mapping changes the mapping under it; anything else takes the place of what was there; `null` removes a key. A layer
(or optimizer, loss …) of another `op`, and a block with another kind of body, is another thing and takes the whole
place. In a list, a mapping from numbers changes single items.
"""

from __future__ import annotations

import re
from typing import Final

from specc.diagnostics.model import Note, Sink
from specc.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from specc.source.yaml import short

# What a mapping is told by: of these, those of the upper one must be those of the lower one.
_KINDS: Final = ("layers", "residual", "parallel", "parameter", "buffer", "share")


def merge(lower: Mapping, upper: Mapping, sink: Sink) -> Mapping:
    """The spec `lower` with the keys of `upper` over it. A key to remove that is not there is reported (Y302)."""
    return _mapping(lower, upper, "the spec", sink)


def _merged(lower: Node, upper: Node, path: str, sink: Sink) -> Node:
    if isinstance(lower, Mapping) and isinstance(upper, Mapping) and not _another(lower, upper):
        return _mapping(lower, upper, path, sink)
    if isinstance(lower, Sequence) and isinstance(upper, Mapping) and _numbers(upper):
        return _items(lower, upper, path, sink)
    return upper


def _mapping(lower: Mapping, upper: Mapping, path: str, sink: Sink) -> Mapping:
    over = {str(e.key.value): e for e in upper.entries}
    entries: list[Entry] = []
    for entry in lower.entries:
        new = over.pop(str(entry.key.value), None)
        if new is None:
            entries.append(entry)
        elif not _is_null(new.value):
            value = _merged(entry.value, new.value, _below(path, entry), sink)
            # What is kept is declared where it was; what is replaced, where its replacement stands.
            entries.append(Entry(new.key if value is new.value else entry.key, value))
    argument = "op" in lower or "op" in upper  # of an op `null` may be a value, and the op knows its arguments
    for name, entry in over.items():
        if not _is_null(entry.value) or argument:
            entries.append(entry)
            continue
        from specc.diagnostics.suggest import closest

        near = closest(name, lower.keys())
        sink.error(
            "Y302",
            f"{_quoted(path)} has no key `{short(name)}` to remove",
            entry.key.span,
            notes=(Note("it extends this", lower.span),),
            help=f"did you mean `{short(near)}`?" if near else None,
        )
    return Mapping(tuple(entries), upper.span if path == "the spec" else lower.span)


def _items(lower: Sequence, upper: Mapping, path: str, sink: Sink) -> Sequence:
    items = list(lower.items)
    for entry in upper.entries:
        name = str(entry.key.value)
        if int(name) < len(items):
            items[int(name)] = _merged(items[int(name)], entry.value, f"{path}.{name}", sink)
            continue
        held = f"items 0 to {len(items) - 1}" if len(items) > 1 else "item 0" if items else "no items"
        sink.error(
            "Y302",
            f"{_quoted(path)} is a list with {held}, and `{name}` is none of them",
            entry.key.span,
            notes=(Note("it extends this", lower.span),),
        )
    return Sequence(tuple(items), lower.span)


def _another(lower: Mapping, upper: Mapping) -> bool:
    """Whether the upper mapping is something else than the lower one, not a change of it."""
    if "op" in upper:
        one, other = lower.get("op"), upper.get("op")
        return not (isinstance(one, Scalar) and isinstance(other, Scalar) and one.value == other.value)
    kinds = {kind for kind in _KINDS if kind in upper}
    held = {kind for kind in ("op", *_KINDS) if kind in lower}
    return bool(kinds and held and not kinds & held)


def _numbers(upper: Mapping) -> bool:
    return bool(upper.entries) and all(re.fullmatch("[0-9]{1,9}", str(e.key.value)) for e in upper.entries)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _below(path: str, entry: Entry) -> str:
    return str(entry.key.value) if path == "the spec" else f"{path}.{entry.key.value}"


def _quoted(path: str) -> str:
    return path if path == "the spec" else f"`{short(path)}`"
