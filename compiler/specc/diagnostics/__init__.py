"""Diagnostics: the data, the codes, and how they are shown."""

from specc.diagnostics.model import Diagnostic, Edit, Note, Severity, Sink, Span, SpecError
from specc.diagnostics.suggest import closest

__all__ = ["Diagnostic", "Edit", "Note", "Severity", "Sink", "Span", "SpecError", "closest"]
