"""Graph → the source of a PyTorch module, as a person would have written it."""

from __future__ import annotations

from specc.emit.python.emit import to_python

__all__ = ["to_python"]
