"""DOT → SVG, PNG, PDF by whichever graphviz is there: `dot`, else PyPI's `graphviz-pure`."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FORMATS = ("svg", "png", "pdf", "dot")
_MISSING = "drawing needs graphviz: `pip install graphviz-pure`, or install your system's `graphviz` package"
_PNG_DPI = 144


class RenderUnavailable(Exception):
    """No engine is installed, or the one that is cannot write the format. The message says what to install."""


class RenderFailed(Exception):
    """The engine gave up: too slow, or an error of its own. The message is one line."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that understands `dot`'s options. `pure`: graphviz-pure, with built-in metrics and three fonts."""

    command: str
    pure: bool

    @property
    def formats(self) -> tuple[str, ...]:
        return ("svg", "png", "dot") if self.pure else FORMATS


def find_engine() -> Engine | None:
    """`dot` on PATH, else `graphviz-pure` beside this interpreter or on PATH, else None."""
    from shutil import which

    found = which("dot")
    if found:
        return Engine(found, pure=False)
    beside = str(Path(sys.executable).parent)
    found = which("graphviz-pure", path=os.pathsep.join((beside, os.environ.get("PATH", os.defpath))))
    return Engine(found, pure=True) if found else None


def render(dot: str, format: str = "svg", *, engine: Engine | None = None, timeout: float = 60) -> bytes:
    """The picture in `format` (one of `FORMATS`); the same text and engine give the same bytes.

    `timeout` in seconds. Raises RenderUnavailable, RenderFailed, and ValueError for another format.
    """
    if format not in FORMATS:
        raise ValueError(f"`{format}` is not one of {', '.join(FORMATS)}")
    if format == "dot":
        return dot.encode()
    engine = engine or find_engine()
    if engine is None:
        raise RenderUnavailable(_MISSING)
    if format not in engine.formats:
        raise RenderUnavailable(f"graphviz-pure cannot write {format}: install your system's `graphviz` package for it")
    output = _run(engine, _prepared(dot, format, engine), format, timeout)
    if format == "svg":
        from specc.emit.svg import normalized

        return normalized(output.decode()).encode()
    return output


def missing_glyphs(dot: str, format: str, engine: Engine) -> bool:
    """Whether a PNG by graphviz-pure will show empty boxes: its fonts hold Latin, Greek and Cyrillic only."""
    if format != "png" or not engine.pure:
        return False
    return any(ord(character) > 0x2122 and character not in "→−⌢" for character in dot)


def _prepared(dot: str, format: str, engine: Engine) -> str:
    # The pure engine draws PNG with its own Arimo, which has no ⌢; ∩ is the nearest shape it has.
    return dot.replace("⌢", "∩") if format == "png" and engine.pure else dot


def _run(engine: Engine, dot: str, format: str, timeout: float) -> bytes:
    options = [f"-T{format}", *([f"-Gdpi={_PNG_DPI}"] if format == "png" else [])]
    try:
        done = subprocess.run(
            [engine.command, *options],
            input=dot.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "SOURCE_DATE_EPOCH": "0", "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired as cause:
        raise RenderFailed(f"graphviz took longer than {timeout:g} s; try a smaller `--depth`") from cause
    except OSError as cause:
        raise RenderUnavailable(f"`{engine.command}` does not run: {cause.strerror}; {_MISSING}") from cause
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"exit status {done.returncode}"
        raise RenderFailed(f"graphviz failed: {why}")
    return done.stdout
