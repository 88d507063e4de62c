"""Writing files so that each is there as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from specc.cli.problem import Problem, problem, unwritable


def write(path: Path, data: bytes) -> None:
    """Writes `data` to `path`, making its folders: into a temporary file beside it, synced, then renamed over it.

    Raises `Problem` (C102) where the machine refuses; what stood at `path` is then untouched.
    """
    _through_temporary(path, data, lambda temporary: temporary.replace(path))


def overwrite(path: Path, data: bytes) -> None:
    """As `write`, for a file that stands there: it keeps its permissions, and a link to it stays one."""
    target = path.resolve()

    def publish(temporary: Path) -> None:
        temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)

    _through_temporary(target, data, publish)


def create(path: Path, data: bytes) -> None:
    """Writes `data` to a `path` where nothing stands. Raises `Problem`: C104 where something does, else as `write`."""

    def link(temporary: Path) -> None:
        try:
            path.hardlink_to(temporary)  # unlike a rename, it fails where the name is taken
        except FileExistsError as error:
            raise exists(path) from error
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise exists(path) from None
            temporary.replace(path)

    _through_temporary(path, data, link)


def exists(path: Path) -> Problem:
    """Something stands at `path` that must not be overwritten."""
    return problem("C104", f"`{path}` exists already", help="name another file with `-o`")


def _through_temporary(path: Path, data: bytes, publish: Callable[[Path], object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        publish(Path(temporary))
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
