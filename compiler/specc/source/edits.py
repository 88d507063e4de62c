"""The edits of diagnostics, worked out to replacements of text. Loaded only where there is a problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from specc.diagnostics import Diagnostic, Edit, Sink, Span
from specc.source.nodes import Entry, Node, Scalar
from specc.source.nodes import Mapping as SourceMapping
from specc.source.nodes import Sequence as SourceSequence
from specc.source.yaml import parse

_BREAK: Final = re.compile(r"\r\n|\r|\n")
_PLAIN: Final = re.compile(r"[^\s\[\]{},#&*!|>'\"%@`?:-][^\[\]{},#:'\"\n]*")


def resolved(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> list[Diagnostic]:
    """The diagnostics with edits that only replace text; those of one whose places cannot be found are left out."""
    texts: dict[str, _Text] = {}
    found = []
    for one in diagnostics:
        edits = [_resolved(edit, sources, texts) for edit in one.edits]
        found.append(one._replace(edits=tuple(e for e in edits if e is not None) if all(edits) else ()))
    return found


def applied(edits: Sequence[Edit], text: str) -> str:
    """The text with replacements made, all at once."""
    places = _Places(text)
    for edit in sorted(edits, key=lambda e: (e.span.line, e.span.column), reverse=True):
        start, end = places.range(edit.span)
        text = text[:start] + edit.text + text[end:]
    return text


def _resolved(edit: Edit, sources: Mapping[str, str], texts: dict[str, _Text]) -> Edit | None:
    source = sources.get(edit.span.file)
    if source is None or edit.span.file.startswith("--set "):
        return None  # what the command line says is not the file's to change
    if edit.how == "replace":
        backwards = (edit.span.line, edit.span.column) > (edit.span.end_line, edit.span.end_column)
        return None if backwards else edit  # from a key to the value of an alias before it
    text = texts.setdefault(edit.span.file, _Text(source, edit.span.file))
    return text.resolved(edit)


class _Places:
    """Where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(m.end() for m in _BREAK.finditer(text))]

    def range(self, span: Span) -> tuple[int, int]:
        return self.starts[span.line - 1] + span.column - 1, self.starts[span.end_line - 1] + span.end_column - 1

    def span(self, file: str, start: int, end: int) -> Span:
        return Span(file, *self._place(start), *self._place(end))

    def _place(self, offset: int) -> tuple[int, int]:
        from bisect import bisect_right

        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


class _Text:
    """A file with its tree."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.root = parse(text, file, Sink())
        self.places = _Places(text)

    def resolved(self, edit: Edit) -> Edit | None:
        if edit.how == "where":
            return self._where(edit.text)
        if edit.how == "op":
            return self._op(edit)
        entry = next((e for e in self._entries() if _begins(e.key.span, edit.span)), None)
        if entry is None:
            return None
        start, end = self.places.range(_whole(entry))
        if start > end:
            return None
        if edit.how == "drop" and self._is_named(str(entry.key.value)):
            return None
        if edit.how in ("remove", "drop"):
            return None if self._is_alone(entry) else self._removed(start, end)
        if edit.how == "add":
            return self._added(entry, edit.text)
        shape = entry.value  # of an input that is to have another dtype
        if isinstance(shape, SourceSequence):
            left, right = self.places.range(shape.span)
            return self._replace(left, right, f"{{shape: {self.text[left:right].rstrip()}, dtype: {edit.text}}}")
        dtype = shape.get("dtype") if isinstance(shape, SourceMapping) else None
        return Edit(dtype.span, edit.text) if dtype is not None else None

    def _replace(self, start: int, end: int, text: str) -> Edit:
        return Edit(self.places.span(self.file, start, end), text)

    def _removed(self, start: int, end: int) -> Edit | None:
        """With the comma that parts the entry from the others, or with its line."""
        while self.text[end - 1 : end].isspace():
            end -= 1  # the span of a mapping in block style reaches to what follows it
        after = re.compile(r"\s*,[ \t]*").match(self.text, end)
        if after is not None:
            return self._replace(start, after.end(), "")
        line = self.text.rfind("\n", 0, start) + 1
        rest = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|$)").match(self.text, end)
        if rest is not None and not self.text[line:start].strip():
            return self._replace(line, rest.end(), "")
        before = self.text[:start].rstrip()
        return self._replace(len(before) - 1, end, "") if before.endswith(",") else None

    def _added(self, entry: Entry, text: str) -> Edit:
        _, end = self.places.range(_whole(entry))
        while self.text[end - 1 : end].isspace():
            end -= 1
        if re.compile(r"\s*[,}]").match(self.text, end):
            return self._replace(end, end, f", {text}")
        return self._replace(end, end, f"\n{' ' * (entry.key.span.column - 1)}{text}")

    def _op(self, edit: Edit) -> Edit | None:
        layers = [e.value for e in self._entries() if _begins(e.key.span, edit.span)]
        layers += [n for n in self._nodes() if _begins(n.span, edit.span) and not isinstance(n, SourceSequence)]
        if not layers:
            return None
        word = layers[0].get("op") if isinstance(layers[0], SourceMapping) else layers[0]
        return Edit(word.span, edit.text) if isinstance(word, Scalar) else None

    def _where(self, facts: str) -> Edit | None:
        if not isinstance(self.root, SourceMapping) or self.text[self.places.range(self.root.span)[0]] == "{":
            return None
        items = [fact if _PLAIN.fullmatch(fact) else f'"{fact}"' for fact in facts.split("\n")]
        where, inputs = self.root.entry("where"), self.root.entry("inputs")
        if where is not None:
            known = where.value
            if not isinstance(known, SourceSequence) or not known.items:
                return None
            last = self.places.range(known.items[-1].span)[1]
            if self.text[self.places.range(known.span)[0]] == "[":
                return self._replace(last, last, "".join(f", {item}" for item in items))
            indent = " " * (known.span.column - 1)
            return self._replace(last, last, "".join(f"\n{indent}- {item}" for item in items))
        if inputs is None:
            return None
        end = self.places.range(inputs.value.span)[1]
        while self.text[end - 1 : end].isspace():
            end -= 1
        end = len(self.text) if (end := self.text.find("\n", end)) < 0 else end
        return self._replace(end, end, f"\nwhere: [{', '.join(items)}]")

    def _is_alone(self, entry: Entry) -> bool:
        """Whether its mapping would be left empty."""
        return any(isinstance(node, SourceMapping) and node.entries == (entry,) for node in self._nodes())

    def _is_named(self, layer: str) -> bool:
        words = re.compile(rf"\b{re.escape(layer)}\b")
        return any(isinstance(n, Scalar) and isinstance(n.value, str) and words.search(n.value) for n in self._nodes())

    def _nodes(self) -> Iterator[Node]:
        todo = [self.root] if self.root is not None else []
        while todo:
            node = todo.pop()
            yield node
            if isinstance(node, SourceSequence):
                todo += reversed(node.items)
            elif isinstance(node, SourceMapping):
                todo += [entry.value for entry in reversed(node.entries)]

    def _entries(self) -> Iterator[Entry]:
        for node in self._nodes():
            if isinstance(node, SourceMapping):
                yield from (*node.entries, *node.repeated)


def _begins(span: Span, other: Span) -> bool:
    return (span.line, span.column) == (other.line, other.column)


def _whole(entry: Entry) -> Span:
    key, value = entry.key.span, entry.value.span
    return Span(key.file, key.line, key.column, value.end_line, value.end_column)
