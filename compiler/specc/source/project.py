"""Where the files that a spec names may lie: relative to the file that names them, inside the project.

Loaded only for a spec with `use` or `extends`.
"""

from __future__ import annotations

import os
import re
from typing import Final, NamedTuple

MARKS: Final = (".git", ".hg", "pyproject.toml")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")  # a URL, or a drive


class Project(NamedTuple):
    """The folder that no file is read from outside of, with links resolved, and what marks it (None: nothing does)."""

    root: str
    mark: str | None

    @property
    def described(self) -> str:
        if self.mark is not None:
            return f"the project is the folder that holds `{self.mark}`"
        return "the project is the folder of the spec: none above holds `.git`, `.hg` or `pyproject.toml`"


class Refused(Exception):
    """A path that may not be followed: why, a fact behind it, and the mend."""

    def __init__(self, reason: str, fact: str | None = None, help: str | None = None) -> None:
        super().__init__(reason)
        self.fact = fact
        self.help = help


def project_of(spec: str) -> Project:
    """The project of a spec: the nearest folder above it that holds a mark, else the spec's own."""
    folder = os.path.realpath(os.path.dirname(spec) or os.curdir)  # noqa: PTH120
    here = folder
    while True:
        for mark in MARKS:
            if os.path.lexists(os.path.join(here, mark)):  # noqa: PTH118
                return Project(here, mark)
        above = os.path.dirname(here)  # noqa: PTH120
        if above == here:
            return Project(folder, None)
        here = above


def locate(written: str, beside: str, project: Project) -> str:
    """The path of the file that `beside` calls `written`. Raises `Refused`; nothing outside the project is looked at.

    Links are followed before the path is judged, so that none leads out.
    """
    if not written.strip():
        raise Refused("is blank")
    if "\\" in written:
        raise Refused("holds a backslash", help="write the path with `/`, which every system reads")
    if os.path.isabs(written) or _SCHEME.match(written):  # noqa: PTH117
        raise Refused("is not relative", help="write the path from the folder of this file")
    path = os.path.join(os.path.dirname(beside), written)  # noqa: PTH118, PTH120
    tidy = os.path.normpath(path)
    real = os.path.realpath(path)
    if real != project.root and not real.startswith(os.path.join(project.root, "")):  # noqa: PTH118
        raise Refused("leads out of the project", project.described, "copy the file into the project")
    # `a/../b` is not `b` where `a` is a link.
    return tidy if os.path.realpath(tidy) == real else path
