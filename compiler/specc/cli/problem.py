"""What ends a command early: a diagnostic of the command line's own (`C…`), or one line about a missing tool."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Note


class Problem(Exception):
    """Carries what to show and the exit status: 1 the spec or its files, 2 the command line or the machine."""

    def __init__(self, diagnostic: Diagnostic, status: int) -> None:
        self.diagnostic = diagnostic
        self.status = status
        super().__init__(f"{diagnostic.code}: {diagnostic.message}")

    def show(self) -> None:
        from specc.cli.terminal import show

        show([self.diagnostic], {}, closing=False)


def problem(code: str, message: str, *notes: str, help: str | None = None, status: int = 1) -> Problem:
    """A problem without a place in a spec; each note is one fact."""
    return Problem(Diagnostic(code, message, None, tuple(Note(note) for note in notes), help), status)


def unwritable(path: object, error: OSError) -> Problem:
    """What an `OSError` on writing `path` becomes."""
    reason = (error.strerror or str(error)).lower()
    return problem("C102", f"cannot write `{path}`: {reason}", help="choose another place with `-o`", status=2)
