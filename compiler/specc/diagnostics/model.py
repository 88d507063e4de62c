"""What a diagnostic is: data only. Rendering lives in `specc.diagnostics.render` and `specc.diagnostics.formats`."""

from enum import Enum
from typing import NamedTuple


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


class Span(NamedTuple):
    """A stretch of source text; lines and columns count from 1, the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Note(NamedTuple):
    """A fact that led to the problem, with the place it comes from where it has one."""

    text: str
    span: Span | None = None


class Edit(NamedTuple):
    """A change of the text that mends a problem.

    `how` says what becomes of the place: `replace` puts `text` there. The others speak of parts of the spec, and are
    worked out to replacements before anyone sees them (`specc.source.edits`): `remove` takes the entry out that begins
    there, `drop` a layer that nothing names, `add` puts the entry `text` after the one there, `op` gives the layer
    there the op `text`, `dtype` the input there the dtype `text`, `where` adds the lines of `text` to the facts of the
    spec.
    """

    span: Span
    text: str
    how: str = "replace"


class Diagnostic(NamedTuple):
    """One problem: a stable code, where it is, what is wrong, the facts that led to it, and the mend.

    `edits`, made together, do what `help` says; there are some only where it says one thing for certain.
    """

    code: str
    message: str
    span: Span | None
    notes: tuple[Note, ...] = ()
    help: str | None = None
    severity: Severity = Severity.ERROR
    edits: tuple[Edit, ...] = ()


class Sink:
    """Collects diagnostics. A phase reports here and goes on; it never stops at the first problem."""

    __slots__ = ("diagnostics",)

    def __init__(self, diagnostics: list[Diagnostic] | None = None) -> None:
        self.diagnostics: list[Diagnostic] = [] if diagnostics is None else diagnostics

    def report(self, diagnostic: Diagnostic) -> None:
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    def error(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        notes: tuple[Note, ...] = (),
        help: str | None = None,
        near: str | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """`near` is what was most likely meant by the text at `span`: the help then asks for that, not for `help`."""
        if near is not None:
            help, edits = f"did you mean `{near}`?", () if span is None else (Edit(span, near),)
        self.report(Diagnostic(code, message, span, notes, help, edits=edits))

    def warning(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        notes: tuple[Note, ...] = (),
        help: str | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> None:
        self.report(Diagnostic(code, message, span, notes, help, Severity.WARNING, edits))

    @property
    def ok(self) -> bool:
        """Whether no error was reported; warnings do not count."""
        return all(d.severity is not Severity.ERROR for d in self.diagnostics)

    def in_order(self) -> list[Diagnostic]:
        """By file, then position; problems without a place come first."""
        return sorted(
            self.diagnostics,
            key=lambda d: (d.span.file, d.span.line, d.span.column) if d.span else ("", 0, 0),
        )


class SpecError(Exception):
    """Raised by the Python interface for a spec with errors; the command line renders the diagnostics instead."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        first = next((d for d in diagnostics if d.severity is Severity.ERROR), None)
        where = f" at {first.span.file}:{first.span.line}:{first.span.column}" if first and first.span else ""
        more = f" (and {len(diagnostics) - 1} more)" if len(diagnostics) > 1 else ""
        super().__init__(f"{first.code}: {first.message}{where}{more}" if first else "the spec has errors")
