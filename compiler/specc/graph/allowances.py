"""`allow`: warnings that a spec does not want to hear, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specc.diagnostics import Diagnostic, Edit, Severity, Sink, Span, closest
from specc.graph.bodies import BODIES
from specc.source.nodes import Entry, Mapping, Sequence
from specc.source.nodes import Node as SourceNode


class _Allowance(NamedTuple):
    entry: Entry
    within: Span | None  # the text it is about; None for the whole spec


def silence(document: Mapping, sink: Sink) -> None:
    """Takes the warnings that the spec allows out of `sink`.

    An `allow` at the top level is about the whole spec, one on a block or a layer about what is written inside it. A
    code that does not exist is reported (L210), and one that silences nothing (W521): the reason it gives is stale.
    """
    allowances = [*_at(document, None), *_inside(document)]
    if not allowances:
        return
    from specc.diagnostics.codes import CODES

    used: set[Span] = set()
    kept = []
    for diagnostic in sink.diagnostics:
        hits = [each.entry.key.span for each in allowances if _covers(each, diagnostic)]
        used.update(hits)
        if not hits:
            kept.append(diagnostic)
    sink.diagnostics[:] = kept
    complete, file = sink.ok, document.span.file
    for entry, _ in allowances:
        code = str(entry.key.value)
        if code not in CODES or not code.startswith("W"):
            _unknown(entry, [known for known in CODES if known.startswith("W")], code in CODES, sink)
        elif entry.key.span not in used and complete and entry.key.span.file == file:
            # An error may hide what would be allowed; another file's is there for other specs too.
            sink.warning("W521", f"there is no {code} here to allow", entry.key.span, help="remove it",
                         edits=(Edit(entry.key.span, "", "remove"),))  # fmt: skip


def _covers(allowance: _Allowance, diagnostic: Diagnostic) -> bool:
    if diagnostic.severity is not Severity.WARNING or diagnostic.code != allowance.entry.key.value:
        return False
    within, span = allowance.within, diagnostic.span
    if within is None:
        return True
    if span is None or span.file != within.file:
        return False
    return (within.line, within.column) <= (span.line, span.column) < (within.end_line, within.end_column)


def _unknown(entry: Entry, known: list[str], error: bool, sink: Sink) -> None:
    code = str(entry.key.value)
    near = None if error else closest(code, known)
    help = f"did you mean `{near}`?" if near else "`specc explain` lists the codes; those of warnings begin with `W`"
    what = f"`{code}` is an error, which cannot be allowed" if error else f"there is no warning `{code}`"
    sink.error("L210", what, entry.key.span, help=None if error else help)


def _at(node: Mapping, within: Span | None) -> Iterator[_Allowance]:
    allow = node.get("allow")
    if isinstance(allow, Mapping):
        yield from (_Allowance(entry, within) for entry in allow.entries)


def _inside(node: Mapping) -> Iterator[_Allowance]:
    """Those of the blocks and layers in a spec, a block or a layer."""
    blocks = node.get("blocks")
    for place in (blocks, *(node.get(body) for body in BODIES)):
        yield from _layers(place)
    shortcut = node.get("shortcut")
    if isinstance(shortcut, Mapping):
        named = not any(word in shortcut for word in ("op", *BODIES))
        yield from _layers(shortcut) if named else _layer(shortcut, shortcut.span)
    activation = node.get("activation")
    if isinstance(activation, Mapping):
        yield from _layer(activation, activation.span)


def _layers(place: SourceNode | None) -> Iterator[_Allowance]:
    if isinstance(place, Mapping):
        for entry in place.entries:
            if isinstance(entry.value, Mapping):
                yield from _layer(entry.value, entry.key.span)
    elif isinstance(place, Sequence):
        for item in place.items:
            if isinstance(item, Mapping):
                yield from _layer(item, item.span)


def _layer(node: Mapping, start: Span) -> Iterator[_Allowance]:
    span = node.span
    yield from _at(node, Span(start.file, start.line, start.column, span.end_line, span.end_column))
    yield from _inside(node)
