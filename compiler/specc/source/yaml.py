"""YAML text → nodes with spans, built from parser events, so that depth and size are limited before anything is built.

Neither of PyYAML's parsers recurses to produce events; its composer does, and dies of deep nesting (threats.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from specc.diagnostics.model import Note, Sink, Span
from specc.source.files import load
from specc.source.limits import DEFAULT, Limits
from specc.source.nodes import Entry, Mapping, Node, Scalar, Sequence
from specc.source.scalars import OutOfRange, resolve

__all__ = ["load", "parse", "refuse_characters", "short"]

# Characters that a text file has no business with. U+0085, U+2028 and U+2029 are here because YAML 1.1 parsers break
# lines at them and editors do not, so positions would differ; a byte order mark is one only at the start.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_IN_VALUES = re.compile("[\x00\ud800-\udfff]")
# Marks that reorder the text around them: a name that holds one is not the name a person sees.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PROPERTIES = re.compile(r"(?:[&!][^\s]*\s+)+")


def parse(text: str, file: str, sink: Sink, limits: Limits = DEFAULT) -> Node | None:
    """The one document of `text`, or None where no tree can be given; problems go to `sink`, nothing is raised.

    A tree is also returned beside errors that leave its shape clear (a repeated key, a tag, an alias to nothing).
    """
    text = text.removeprefix("\ufeff")
    if len(text) > limits.file_bytes:  # characters, so never stricter than the limit on the bytes of a file
        sink.error("Y002", f"`{file}` is larger than {limits.file_bytes:,} bytes, the limit for a spec", None)
        return None
    if refuse_characters(text, file, sink):
        return None
    builder = _Builder(text, file, sink, limits)
    try:
        for event in _events(text):
            if not builder.take(event):
                return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        if mark is not None and "nesting depth" in str(getattr(error, "problem", "")):
            # libyaml's own limit, which its scanner meets ahead of the events
            builder.too_deep(Span(file, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2))
            return None
        from specc.source.syntax import explain

        sink.report(explain(error, text, file))
        return None
    except (ValueError, OverflowError):  # the pure-Python scanner: an escape beyond Unicode, a huge %YAML version
        last = builder.last
        sink.error("Y101", "a number in an escape or a directive is out of range", Span(file, last, 1, last, 1))
        return None
    if builder.root is None:
        sink.error("Y107", "the file is empty", Span(file, 1, 1, 1, 1), help="`specc init` writes a spec to start from")
    return builder.root


def refuse_characters(text: str, file: str, sink: Sink) -> bool:
    """Whether the text holds a character that a spec may not hold; the first is reported (Y109)."""
    bad = _FORBIDDEN.search(text)
    if bad is None:
        return False
    number = ord(bad[0])
    escape = f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
    sink.error(
        "Y109",
        f"the character U+{number:04X} may not stand in a spec",
        _position(text, bad.start(), file),
        help=None if number == 0 or 0xD800 <= number < 0xE000 else f'in double quotes it can be written `"{escape}"`',
    )
    return True


def _events(text: str) -> Iterator[Any]:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.parse(text, Loader=loader)


def _position(text: str, index: int, file: str) -> Span:
    line, column = _line_and_column(text[:index])
    return Span(file, line, column, line, column + 1)


def _line_and_column(before: str) -> tuple[int, int]:
    """The 1-based place that follows the text `before`."""
    lines = re.split(r"\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1


def short(text: str) -> str:
    """A text of the user's as a message quotes it."""
    return text if len(text) <= 60 else text[:57] + "…"


class _Open:
    """A mapping or sequence whose end has not come yet."""

    __slots__ = (
        "again", "anchor", "before", "entries", "flow", "height", "is_mapping", "items", "key", "repeated", "seen",
        "skip", "span",
    )  # fmt: skip

    def __init__(self, span: Span, *, is_mapping: bool, flow: bool, anchor: str | None, before: int) -> None:
        self.span = span  # of its start; the end is known at the end
        self.is_mapping = is_mapping
        self.flow = flow
        self.anchor = anchor
        self.before = before  # nodes counted before this one
        self.height = 1  # containers inside one another from here down
        self.items: list[Node] = []
        self.entries: list[Entry] = []
        self.seen: dict[str, Span] = {}
        self.key: Scalar | None = None  # the key that waits for its value
        self.skip = False  # the key that waits was refused: its value is dropped
        self.again: Scalar | None = None  # unless it was refused as repeated: then its entry stands aside
        self.repeated: list[Entry] = []


class _Builder:
    """Takes events one by one; `take` says whether to go on."""

    def __init__(self, text: str, file: str, sink: Sink, limits: Limits) -> None:
        self.text = text
        self.file = file
        self.sink = sink
        self.limits = limits
        self.root: Node | None = None
        self.last = 1  # line of the last event, for problems without a place
        self._documents = 0
        self._nodes = 0
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int, int]] = {}  # node, its size, its height
        self._ends: Span | None = None

    def take(self, event: Any) -> bool:
        kind = type(event)
        self.last = event.start_mark.line + 1
        if kind is yaml.ScalarEvent:
            self._count(1)
            self._add(self._scalar(event), event.anchor, 1, 0)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            return self._open(event, kind is yaml.MappingStartEvent) and self._within(event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
        elif kind is yaml.AliasEvent:
            return self._alias(event) and self._within(event)
        elif kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                self.sink.error(
                    "Y106",
                    "a second document begins here; a spec is one document",
                    self._span(event),
                    help="remove the `---`, or put what follows in a file of its own",
                )
                return False
        return self._within(event)

    # Counting

    def _count(self, nodes: int) -> None:
        self._nodes += nodes

    def _within(self, event: Any) -> bool:
        if self._nodes <= self.limits.nodes:
            return True
        self.sink.error(
            "Y202",
            f"the file has more than {self.limits.nodes:,} values (aliases counted as often as they are used)",
            self._span(event),
        )
        return False

    def too_deep(self, span: Span) -> bool:
        self.sink.error(
            "Y201",
            f"lists and mappings are nested more than {self.limits.depth} deep",
            span,
            help="flatten the structure",
        )
        return False

    # Nodes

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _scalar(self, event: Any) -> Scalar:
        span, written = self._written(event)
        value: bool | int | float | str | None = event.value
        if event.tag is not None:
            self._tag(event)
        if len(event.value) > self.limits.scalar_length:
            self.sink.error("Y203", f"a value is longer than {self.limits.scalar_length:,} characters", span)
        elif not event.style:
            try:
                value = resolve(event.value)
            except OutOfRange as error:
                self.sink.error("Y110", f"`{short(event.value)}` {error}", span)
                value = 1  # stands in, so that one mistake is not reported again as a wrong type
        elif _IN_VALUES.search(event.value):
            self.sink.error("Y109", "a NUL or an unpaired surrogate may not stand in a spec, even as an escape", span)
            value = _IN_VALUES.sub("\ufffd", event.value)
        return Scalar(value, written, span)

    def _written(self, event: Any) -> tuple[Span, str]:
        """The scalar as written: without its anchor and tag, and without the blank lines that end a block scalar."""
        start, end = event.start_mark, event.end_mark
        written = self.text[start.index : end.index]
        span = Span(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        frame = self._stack[-1] if self._stack else None
        plain = not event.value and not event.style and not event.anchor and event.tag is None
        if plain and frame is not None and frame.key is not None and start.line >= frame.key.span.end_line:
            # Nothing stands after `? key`: of PyYAML's parsers one places that where the text ends, one on a line more.
            key = frame.key.span
            return Span(self.file, key.end_line, key.end_column, key.end_line, key.end_column), ""
        if event.anchor or event.tag is not None:
            found = _PROPERTIES.match(written) or re.match(r"[&!]\S*\s*$", written)
            skipped = found.end() if found else 0
            line, column = _line_and_column(self.text[: start.index + skipped])
            span = Span(self.file, line, column, span.end_line, span.end_column)
            written = written[skipped:]
        if event.style in ("|", ">"):
            written = written.rstrip()
            lines = re.split(r"\r\n|\r|\n", written)
            last = span.line + len(lines) - 1
            column = len(lines[-1]) + 1 if len(lines) > 1 else span.column + len(written)
            span = Span(self.file, span.line, span.column, last, column)
        return span, written

    def _tag(self, event: Any) -> None:
        found = re.match(r"(?:&\S*\s+)?(!\S*)", self.text[event.start_mark.index :][:300])
        tag = found[1] if found else str(event.tag)
        line, column = event.start_mark.line + 1, event.start_mark.column + 1 + (found.start(1) if found else 0)
        self.sink.error(
            "Y103",
            f"the tag `{short(tag)}` is not allowed",
            Span(self.file, line, column, line, column + len(tag)),
            help="remove it; values have the types that YAML 1.2 gives them",
        )

    def _open(self, event: Any, is_mapping: bool) -> bool:
        if event.tag is not None:
            self._tag(event)
        span = self._span(event)
        if len(self._stack) >= self.limits.depth:
            return self.too_deep(span)
        flow = bool(event.flow_style)
        self._stack.append(_Open(span, is_mapping=is_mapping, flow=flow, anchor=event.anchor, before=self._nodes))
        self._count(1)
        return True

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        if frame.flow:
            end = event.end_mark
            span = Span(self.file, frame.span.line, frame.span.column, end.line + 1, end.column + 1)
        else:  # the end event of a block stands at the next content, after blank lines and comments
            end_line, end_column = frame.span.end_line, frame.span.end_column
            if self._ends is not None:
                end_line, end_column = self._ends.end_line, self._ends.end_column
            span = Span(self.file, frame.span.line, frame.span.column, end_line, end_column)
        node: Node = Sequence(tuple(frame.items), span)
        if frame.is_mapping:
            node = Mapping(tuple(frame.entries), span, tuple(frame.repeated))
        self._add(node, frame.anchor, self._nodes - frame.before, frame.height)

    def _alias(self, event: Any) -> bool:
        span, name = self._span(event), event.anchor
        if any(frame.anchor == name for frame in self._stack):
            self.sink.error("Y108", f"`*{short(name)}` stands inside the value that it repeats", span)
            return False
        known = self._anchors.get(name)
        if known is None:
            from specc.diagnostics.suggest import closest

            near = closest(name, self._anchors)
            self.sink.error(
                "Y108",
                f"`*{short(name)}` repeats nothing: no value before it is marked `&{short(name)}`",
                span,
                help=f"did you mean `*{short(near)}`?" if near else None,
            )
            self._count(1)
            self._add(Scalar(None, f"*{name}", span), None, 1, 0)
            return True
        node, size, height = known
        if len(self._stack) + height > self.limits.depth:
            return self.too_deep(span)
        self._count(size)
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.is_mapping and frame.key is None and not frame.skip and isinstance(node, Scalar):
            node = Scalar(node.value, node.text, span)  # as a key, it is where it is used
        self._add(node, None, size, height, span)
        return True

    def _add(self, node: Node, anchor: str | None, size: int, height: int, span: Span | None = None) -> None:
        """Puts a finished node where it belongs: the root, a list item, a key or a key's value."""
        self._ends = span or node.span
        if anchor is not None:
            self._anchors[anchor] = (node, size, height)
        if not self._stack:
            blank = isinstance(node, Scalar) and not node.text
            self.root = None if blank else node
            return
        frame = self._stack[-1]
        frame.height = max(frame.height, height + 1)
        if not frame.is_mapping:
            frame.items.append(node)
        elif frame.skip:
            frame.skip = False
            if frame.again is not None:
                frame.repeated.append(Entry(frame.again, node))
                frame.again = None
        elif frame.key is None:
            frame.key = self._key(node, frame, span or node.span)
            frame.skip = frame.key is None
        else:
            if frame.flow:
                self._glued(frame.key, node)
            frame.entries.append(Entry(frame.key, node))
            frame.key = None

    # Keys

    def _key(self, node: Node, frame: _Open, span: Span) -> Scalar | None:
        """The key as a string, or None after a report. Numbers and words are read as they are written: `0`, `null`."""
        if not isinstance(node, Scalar):
            self.sink.error("Y105", "a key must be a word, not a list or a mapping", span)
            return None
        name = node.value if isinstance(node.value, str) else node.text
        if not node.text:
            self.sink.error("Y105", "a key is missing before the `:`", span)
            return None
        if node.text == "<<":
            self.sink.error(
                "Y104",
                "merge keys (`<<`) are not supported",
                span,
                help="write the keys out, or make a block with params of what repeats",
            )
            return None
        bidi = _BIDI.search(name)
        if bidi:
            self.sink.error(
                "Y109", f"a key holds U+{ord(bidi[0]):04X}, which changes the direction of the text around it", span
            )
            return None
        first = frame.seen.get(name)
        if first is not None:
            self.sink.error(
                "Y102",
                f"the key `{short(name)}` is written twice",
                span,
                notes=(Note("it is first written here", first),),
                help="remove one of them",
            )
            frame.again = Scalar(name, node.text, span)
            return None
        frame.seen[name] = span
        return Scalar(name, node.text, span)

    def _glued(self, key: Scalar, value: Node) -> None:
        """`{op:Conv2d}` is the key `op:Conv2d` without a value; nobody means that."""
        if isinstance(value, Scalar) and not value.text and key.text[:1] not in "\"'":
            before, colon, after = key.text.partition(":")
            if colon and before and after:
                self.sink.error(
                    "Y101",
                    f"`{short(key.text)}` has no space after its colon, so it is one word to YAML",
                    key.span,
                    help=f"write `{short(before)}: {short(after)}`",
                )
