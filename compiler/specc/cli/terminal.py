"""What a command says to a person: on stderr, in colour only where a terminal reads it and `NO_COLOR` is not set."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from specc.diagnostics import Diagnostic

_MOST_COLUMNS = 120


def in_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`; an empty `NO_COLOR` counts as unset (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(stream: TextIO) -> int:
    """Columns to keep within: the terminal's, at most 120; 120 where it is no terminal."""
    if not stream.isatty():
        return _MOST_COLUMNS
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except OSError:  # a terminal that does not know its size
        return 80
    return max(40, min(width, _MOST_COLUMNS))


def say(line: str) -> None:
    """One line to stderr."""
    print(line, file=sys.stderr)


def show(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, closing: bool = True) -> None:
    """Diagnostics as text on stderr, with (`closing`) the line that counts them; nothing where there are none."""
    from specc.diagnostics.render import render, render_all

    colour, width = in_colour(sys.stderr), columns(sys.stderr)
    if closing:
        sys.stderr.write(render_all(diagnostics, sources, colour=colour, columns=width))
    else:
        sys.stderr.write("\n".join(render(d, sources, colour=colour, columns=width) for d in diagnostics))
