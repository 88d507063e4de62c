"""Diagnostics: the data, the codes, and how they are shown."""

from specc.diagnostics.model import Diagnostic, Note, Severity, Sink, Span, SpecError
from specc.diagnostics.suggest import closest

__all__ = ["Diagnostic", "Note", "Severity", "Sink", "Span", "SpecError", "closest"]
