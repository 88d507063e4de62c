"""The parsed text: plain trees in which every node knows its span."""

from __future__ import annotations

from typing import NamedTuple

from specc.diagnostics import Span

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


class Scalar(NamedTuple):
    """A scalar by YAML 1.2's core schema: `value` is None, bool, int, float or str; `text` is as written."""

    value: bool | int | float | str | None
    text: str
    span: Span


class Sequence(NamedTuple):
    items: tuple[Node, ...]
    span: Span


class Entry(NamedTuple):
    key: Scalar  # key.value is always str
    value: Node


class Mapping(NamedTuple):
    """Keys are strings and unique; the later entries of a repeated one, which was reported, stand aside."""

    entries: tuple[Entry, ...]
    span: Span
    repeated: tuple[Entry, ...] = ()

    def get(self, key: str) -> Node | None:
        return next((e.value for e in self.entries if e.key.value == key), None)

    def entry(self, key: str) -> Entry | None:
        return next((e for e in self.entries if e.key.value == key), None)

    def __contains__(self, key: object) -> bool:
        return any(e.key.value == key for e in self.entries)

    def keys(self) -> list[str]:
        return [str(e.key.value) for e in self.entries]


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Plain:
    """The node as ordinary Python values, spans dropped."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {str(e.key.value): plain(e.value) for e in node.entries}
