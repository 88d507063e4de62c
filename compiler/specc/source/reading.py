"""`use` and `extends`: the files that a spec names, read and put together with it.

Loaded only for a spec that has one of the two. Every file keeps its own name in spans, so a diagnostic points into the
file that is wrong.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Final, NamedTuple

from specc.diagnostics.model import Note, Sink, Span
from specc.source.explain import check
from specc.source.files import load
from specc.source.limits import DEFAULT, FILE_DEPTH, FILES
from specc.source.merge import merge
from specc.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from specc.source.project import Refused, locate, project_of
from specc.source.schema import section_schema
from specc.source.yaml import parse, short

KEYS: Final = ("use", "extends")
SHARED: Final = ("blocks", "extern")  # what a used file gives
_VERBS: Final = {"use": "uses", "extends": "extends"}


class Reading(NamedTuple):
    """What came of reading the files of a spec.

    document: the spec without `use` and `extends`; None where what it extends cannot be read.
    sources: the texts of the other files, in the order they were read, by the names that spans carry.
    complete: whether every file could be read; else what is missing from the document may be no mistake of it.
    """

    document: Mapping | None
    sources: dict[str, str]
    complete: bool


def read(document: Mapping, file: str, sink: Sink) -> Reading:
    """Reads what the spec in `file` uses and extends, and what that does; problems go to `sink`."""
    reader = _Reader(document, file, sink)
    whole = reader.whole(document, file)
    return Reading(whole, reader.sources, reader.complete)


class _Open(NamedTuple):
    """A file that is being read: where it is, what it is called, and the place that named it."""

    real: str
    file: str
    at: Span | None
    verb: str


class _Reader:
    def __init__(self, document: Mapping, file: str, sink: Sink) -> None:
        self.sink = sink
        self.sources: dict[str, str] = {}
        self.complete = True
        self._project = project_of(file)
        self._open = [_Open(os.path.realpath(file), file, None, "")]
        self._done: dict[str, Mapping | None] = {}
        self._values = _count(document)

    def whole(self, document: Mapping, file: str) -> Mapping | None:
        """The document with what it extends under it and what it uses beside it; None where the former is missing."""
        named = tuple(e for e in document.entries if e.key.value in KEYS)
        properties = section_schema("library")["properties"]
        check({"type": "object", "properties": {k: properties[k] for k in KEYS}}, Mapping(named, document.span),
              self.sink, what="the spec")  # fmt: skip
        own = Mapping(tuple(e for e in document.entries if e.key.value not in KEYS), document.span, document.repeated)
        extends = document.entry("extends")
        lower = None
        if extends is not None:
            lower = self._read(extends.value, file, "extends")
            if lower is None:
                self._uses(document, file)  # for what is wrong with them
                return None
        used = self._uses(document, file)
        result = own if lower is None else merge(lower, own, self.sink)
        for section in SHARED:
            brought = self._brought(section, used, lower, own)
            if brought:
                result = _with(result, section, brought)
        return result

    def _uses(self, document: Mapping, file: str) -> list[tuple[Node, Mapping]]:
        use = document.get("use")
        items = use.items if isinstance(use, Sequence) else ()
        found = [(item, self._read(item, file, "use")) for item in items]
        return [(item, library) for item, library in found if library is not None]

    def _brought(
        self, section: str, used: list[tuple[Node, Mapping]], lower: Mapping | None, own: Mapping
    ) -> list[Entry]:
        """The blocks (or externs) of the used files. No two files may give one name to different things (Y405)."""
        held = {str(e.key.value): e for e in _entries(lower, section)}
        mine = {str(e.key.value): e for e in _entries(own, section)}
        brought: dict[str, Entry] = {}
        for item, library in used:
            for entry in _entries(library, section):
                name = str(entry.key.value)
                first = brought.get(name) or held.get(name)
                if first is not None and first != entry:
                    self._conflict(section, name, item.span, first.key.span, entry.key.span)
                elif first is None and name in mine:
                    self._conflict(section, name, mine[name].key.span, entry.key.span, None)
                elif first is None:
                    brought[name] = entry
        return list(brought.values())

    def _conflict(self, section: str, name: str, at: Span, first: Span, second: Span | None) -> None:
        named = f"{'block' if section == 'blocks' else 'extern'} `{short(name)}`"
        notes = [Note("it is declared here", first)]
        if second is not None:
            notes.append(Note("and here", second))
        self.sink.error(
            "Y405",
            f"two files declare {named}" if second else f"a used file declares {named} too",
            at,
            notes=tuple(notes),
            help="give one of them another name",
        )

    # Files

    def _read(self, item: Node, beside: str, key: str) -> Mapping | None:
        """The whole of the file that `item` names, or None after a report (at the first time it is asked for)."""
        if not isinstance(item, Scalar) or not isinstance(item.value, str) or not item.value:
            self.complete = False  # reported by the schema
            return None
        try:
            path = locate(item.value, beside, self._project)
        except Refused as error:
            notes = () if error.fact is None else (Note(error.fact),)
            self.sink.error("Y401", f"the path `{short(item.value)}` {error}", item.span, notes=notes, help=error.help)
            self.complete = False
            return None
        real = os.path.realpath(path)
        if self._refused(real, item, key):
            self.complete = False
            return None
        if real not in self._done:
            self._open.append(_Open(real, path, item.span, _VERBS[key]))
            self._done[real] = self._load(path, item.span)
            self._open.pop()
        if self._done[real] is None:
            self.complete = False
        return self._done[real]

    def _refused(self, real: str, item: Scalar, key: str) -> bool:
        """Whether the file cannot be read for what has been read: a cycle (Y402), too many (Y403, Y404)."""
        held = [step.real for step in self._open]
        if real in held:
            self._cycle(self._open[held.index(real) :], item, key)
            return True
        if real in self._done:
            return False
        if len(self._open) > FILE_DEPTH:
            self.sink.error("Y403", f"files read one another more than {FILE_DEPTH} deep", item.span)
            return True
        if len(self._done) + len(self._open) >= FILES:
            self.sink.error("Y404", f"the spec reads more than {FILES} files", item.span)
            return True
        return False

    def _cycle(self, chain: list[_Open], item: Scalar, key: str) -> None:
        """`item` names the first file of the chain, of which each names the next."""
        first, last = _name(chain[0].file), _name(chain[-1].file)
        if len(chain) == 1:
            self.sink.error("Y402", f"`{first}` {_VERBS[key]} itself", item.span, help="remove it")
            return
        notes = [
            *(Note(f"`{_name(a.file)}` {b.verb} `{_name(b.file)}`", b.at) for a, b in pairwise(chain)),
            Note(f"`{last}` {_VERBS[key]} `{first}`", item.span),
        ]
        self.sink.error(
            "Y402",
            f"`{first}` is read by a file that it reads",
            item.span,
            notes=tuple(notes),
            help="move what both need into a third file",
        )

    def _load(self, path: str, at: Span) -> Mapping | None:
        text = load(path, self.sink, at=at)
        if text is None:
            return None
        self.sources[path] = text
        document = parse(text, path, self.sink)
        if document is None:
            return None
        if not isinstance(document, Mapping):
            self.sink.error("L203", "a spec is a mapping: `blocks:`, `layers:` …", document.span)
            return None
        self._values += _count(document)
        if self._values > DEFAULT.nodes:
            self.sink.error("Y404", f"the files of the spec hold more than {DEFAULT.nodes:,} values", at)
            return None
        check(section_schema("library"), document, self.sink, what=f"the spec `{short(_name(path))}`")
        return self.whole(document, path)


def _with(document: Mapping, section: str, brought: list[Entry]) -> Mapping:
    known = document.entry(section)
    if known is None:
        key = Scalar(section, section, document.span)
        return Mapping((*document.entries, Entry(key, Mapping(tuple(brought), document.span))), document.span,
                       document.repeated)  # fmt: skip
    if not isinstance(known.value, Mapping):
        return document  # not of the form that is due, which is reported for what it is
    more = Mapping((*known.value.entries, *brought), known.value.span, known.value.repeated)
    entries = tuple(Entry(e.key, more) if e is known else e for e in document.entries)
    return Mapping(entries, document.span, document.repeated)


def _entries(document: Mapping | None, section: str) -> tuple[Entry, ...]:
    node = None if document is None else document.get(section)
    return node.entries if isinstance(node, Mapping) else ()


def _name(file: str) -> str:
    return file.replace("\\", "/").rsplit("/", 1)[-1]


def _count(node: Node) -> int:
    """How many values there are, aliases counted as often as they are used. Recursion is as deep as YAML."""
    if isinstance(node, Scalar):
        return 1
    if isinstance(node, Sequence):
        return 1 + sum(map(_count, node.items))
    return 1 + sum(1 + _count(entry.value) for entry in node.entries)
