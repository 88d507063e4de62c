"""Reading a file that may be anything: every failure is a diagnostic, never an exception."""

import os
import stat

from specc.diagnostics.model import Sink, Span
from specc.source.limits import DEFAULT, Limits


def load(
    path: str | os.PathLike[str],
    sink: Sink,
    limits: Limits = DEFAULT,
    *,
    at: Span | None = None,
    name: str | None = None,
) -> str | None:
    """The text of the file at `path`, or None after a report.

    `at` is the place that named the file (a `use`), for problems that have no place of their own; `name` is what
    diagnostics call the file (by default the path). Only regular files are read: a FIFO or a device never blocks.
    A byte order mark is dropped.
    """
    shown = os.fspath(path) if name is None else name
    try:
        data = _bytes(path, limits.file_bytes + 1)
    except _Unreadable as error:
        sink.error("Y001", f"cannot read `{shown}`: {error}", at, help=error.help)
        return None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        sink.error("Y001", f"cannot read `{shown}`: {reason[:1].lower()}{reason[1:]}", at)
        return None
    return decoded(data, shown, sink, limits, at=at)


def decoded(data: bytes, shown: str, sink: Sink, limits: Limits = DEFAULT, *, at: Span | None = None) -> str | None:
    """The text that the bytes of `shown` hold, or None after a report."""
    if len(data) > limits.file_bytes:
        sink.error("Y002", f"`{shown}` is larger than {limits.file_bytes:,} bytes, the limit for a spec", at)
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _not_utf8(data, error.start, shown, sink)
        return None


class _Unreadable(Exception):
    def __init__(self, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.help = help


def _bytes(path: str | os.PathLike[str], most: int) -> bytes:
    """At most `most` bytes. Looks before it opens (that alone may act on a device) and after (it may have changed)."""
    _regular(os.stat(path).st_mode)  # noqa: PTH116  pathlib costs more at start than this file
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123
        _regular(os.fstat(file.fileno()).st_mode)
        return file.read(most)


def _regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise _Unreadable("it is a directory", "name a spec file in it")
    if not stat.S_ISREG(mode):
        raise _Unreadable("it is not a regular file", "copy its contents to a file first")


def _not_utf8(data: bytes, start: int, shown: str, sink: Sink) -> None:
    before = data[:start].decode("utf-8-sig")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    sink.error(
        "Y003",
        f"`{shown}` is UTF-16, not UTF-8" if wide else f"byte 0x{data[start]:02X} at offset {start} is not UTF-8 text",
        Span(shown, line, column, line, column + 1),
        help="save the file as UTF-8",
    )
