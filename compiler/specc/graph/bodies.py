"""What a scope's text is made of: one of `layers`, `residual` and `parallel`, and the keys that go with it."""

from __future__ import annotations

from typing import Final

from specc.diagnostics import Sink
from specc.source.nodes import Mapping as SourceMapping

BODIES: Final = ("layers", "residual", "parallel")
_OWNERS: Final = {
    "shortcut": "residual",
    "activation": "residual",
    "pre": "residual",
    "merge": "parallel",
    "dim": "parallel",
}


def check_body(text: SourceMapping, sink: Sink) -> None:
    """Reports a second body, and keys of a body that the text does not have (L201)."""
    words = [str(entry.key.value) for entry in text.entries]
    body, *others = [word for word in words if word in BODIES] or [""]
    for word in others:
        entry = text.entry(word)
        sink.error(
            "L201",
            f"`{word}` stands beside `{body}`, but a block or group has one body",
            entry.key.span if entry is not None else text.span,
            help="put one inside the other as a layer of it",
        )
    for word, owner in _OWNERS.items():
        entry = text.entry(word)
        if entry is None or owner in text:
            continue
        advice = f"write `{owner}` for `{body}`, or remove `{word}`" if body else None
        sink.error("L201", f"`{word}` goes with `{owner}`, which is not there", entry.key.span, help=advice)
