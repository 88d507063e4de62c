"""Diagnostics as text, in the manner of rustc: the line, the place under it, the facts, the mend."""

import re
from collections.abc import Iterable, Mapping

from specc.diagnostics.escape import visible, visible_character, width
from specc.diagnostics.model import Diagnostic, Note, Severity, Span

_RESET = "\x1b[0m"
_COLOURS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "gutter": "\x1b[1;34m",
    "bold": "\x1b[1m",
    "help": "\x1b[1;36m",
}
_TAB = 4
_OVERRIDE = "--set "


def render_all(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, colour: bool = False, columns: int = 120
) -> str:
    """All of them, a blank line between two, and the summary; ends with a line feed, empty where there are none."""
    shown = list(diagnostics)
    if not shown:
        return ""
    parts = [render(d, sources, colour=colour, columns=columns) for d in shown]
    return "\n".join([*parts, summary(shown) + "\n"])


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`; `no problems` where there are none."""
    severities = [d.severity for d in diagnostics]
    counts = [(severities.count(s), s.value) for s in (Severity.ERROR, Severity.WARNING)]
    return ", ".join(f"{n} {word}{'s' * (n > 1)}" for n, word in counts if n) or "no problems"


def render(diagnostic: Diagnostic, sources: Mapping[str, str], *, colour: bool = False, columns: int = 120) -> str:
    """One diagnostic, ending with a line feed.

    `sources` gives the text of each file by the name its spans carry; a file that is not there is named without its
    line, and the text of an override is in its name (`--set key=value`). `columns` is the width to keep source
    lines within; messages are not wrapped.
    """
    paint = _paint if colour else _plain
    severity = diagnostic.severity.value
    span = diagnostic.span
    head = paint(severity, f"{severity}[{diagnostic.code}]") + paint("bold", f": {visible(diagnostic.message)}")
    lines = [head]
    margin = " " * len(str(span.line)) if span else "  "
    if span is not None:
        lines.append(f"{margin}{paint('gutter', '-->')} {visible(span.file)}:{span.line}:{span.column}")
        source = _line(span, sources)
        if source is not None:
            text, carets = _excerpt(source, span, columns - len(margin) - 3)
            bar = paint("gutter", f"{margin} |")
            lines.append(bar)
            lines.append(f"{paint('gutter', f'{span.line} |')} {text}".rstrip())
            marks = carets.lstrip()
            lines.append(f"{bar} {carets[: -len(marks)]}{paint(severity, marks)}")
            if span.end_line > span.line and _reaches_past_first(span):
                lines.append(paint("gutter", f"{margin} | ") + "...")
    equals = paint("gutter", f"{margin} =")
    for note in diagnostic.notes:
        label, _, rest = note_text(note, diagnostic).partition(": ")
        lines.append(f"{equals} {paint('bold', label + ':')} {visible(rest)}")
    if diagnostic.help is not None:
        lines.append(f"{equals} {paint('help', 'help:')} {visible(diagnostic.help)}")
    return "\n".join(lines) + "\n"


def note_text(note: Note, diagnostic: Diagnostic) -> str:
    """The note as one line with its label and place: `from: bn1 (line 13) gives [N, 3090]`, `note: … (line 3)`.

    A note that begins with `from: NAME` has its place after the name, any other at its end.
    """
    text = note.text if note.text.startswith("from: ") else f"note: {note.text}"
    if note.span is None:
        return text
    same = diagnostic.span is not None and diagnostic.span.file == note.span.file
    place = f"(line {note.span.line})" if same else f"({note.span.file}:{note.span.line})"
    if place in text:
        return text
    named = re.match(r"from: [^\s,]+", text)
    return f"{named[0]} {place}{text[named.end() :]}" if named else f"{text} {place}"


def _plain(_style: str, text: str) -> str:
    return text


def _paint(style: str, text: str) -> str:
    return f"{_COLOURS[style]}{text}{_RESET}"


def _line(span: Span, sources: Mapping[str, str]) -> str | None:
    text = sources.get(span.file)
    if text is None and span.file.startswith(_OVERRIDE):
        text = span.file[len(_OVERRIDE) :]
    if text is None:
        return None
    lines = re.split(r"\r\n|\r|\n", text)
    return lines[span.line - 1] if span.line <= len(lines) else None


def _reaches_past_first(span: Span) -> bool:
    """A span that ends at column 1 of the next line is only the first line and its line feed."""
    return (span.end_line, span.end_column) != (span.line + 1, 1)


def _excerpt(source: str, span: Span, columns: int) -> tuple[str, str]:
    """The source line as printed, no wider than `columns`, and the carets that go under it."""
    last = span.end_column if span.end_line == span.line else len(source.rstrip()) + 1
    begin = min(max(span.column - 1, 0), len(source))
    end = max(min(last - 1, len(source)), begin)
    cells = _cells(source)
    widths = [width(cell) for cell in cells]
    first, stop = _window(widths, begin, end, max(columns, 20))
    left = "…" if first > 0 else ""
    right = "…" if stop < len(cells) else ""
    blanks = len(left) + sum(widths[first:begin])
    carets = max(sum(widths[begin : min(end, stop)]), 1)
    return left + "".join(cells[first:stop]) + right, " " * blanks + "^" * carets


def _cells(source: str) -> list[str]:
    """Each character as it is printed: tabs as blanks up to the next stop, active characters spelt out."""
    cells: list[str] = []
    column = 0
    for character in source:
        cell = " " * (_TAB - column % _TAB) if character == "\t" else visible_character(character)
        cells.append(cell)
        column += width(cell)
    return cells


def _window(widths: list[int], begin: int, end: int, columns: int) -> tuple[int, int]:
    """Which cells to print: all where they fit, else a stretch with the start of the span and as much of it as fits."""
    if sum(widths) <= columns:
        return 0, len(widths)
    room = columns - 2  # for an ellipsis at each end
    first, used = begin, 0
    lead = max(room // 4, room - sum(widths[begin:end]) - room // 4)
    while first > 0 and used + widths[first - 1] <= lead:
        first -= 1
        used += widths[first]
    stop = begin
    while stop < len(widths) and used + widths[stop] <= room:
        used += widths[stop]
        stop += 1
    while first > 0 and used + widths[first - 1] <= room:  # the line ends early: show more of its start
        first -= 1
        used += widths[first]
    return first, stop
