"""The canonical layout of a spec (`specc fmt`): comments kept, meaning kept, one form for one thing.

A writer of our own, not ruamel.yaml: that keeps comments, but its emitter cannot lay out filled, aligned flow style.
"""

from specc.source.layout.format import formatted

__all__ = ["formatted"]
