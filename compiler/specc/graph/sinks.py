"""Where the layers of a scope report to."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Sink


class OnceSink(Sink):
    """Drops what was said of the same place under the same code: a block used ten times is wrong once."""

    def report(self, diagnostic: Diagnostic) -> None:
        repeats = diagnostic.code[0] in "SNE" and diagnostic.span is not None
        if repeats and any(self._same(diagnostic, other) for other in self.diagnostics):
            return
        Sink.report(self, diagnostic)

    @staticmethod
    def _same(a: Diagnostic, b: Diagnostic) -> bool:
        # Open equalities differ in the condition that closes them: each axis of a `cat` has its own.
        return (a.code, a.span) == (b.code, b.span) and (a.code != "S305" or a.help == b.help)


class Muffled(OnceSink):
    """For a scope with an unknown input: what follows from not knowing its sizes is no news."""

    def report(self, diagnostic: Diagnostic) -> None:
        if diagnostic.code[0] != "S" and diagnostic.code not in ("E204", "E206", "E207", "E209"):
            OnceSink.report(self, diagnostic)
