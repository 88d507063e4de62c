"""The seeded faults: one slip each, of the kinds people make when they write down what an op does."""

from __future__ import annotations

from typing import NamedTuple

from tests.mutants.patch import source_of


class Fault(NamedTuple):
    """`old` becomes `new` where it stands for the first time after `after`; the tests of `ops` must notice.

    `ops` are names, or `module:class` for the ops that derive from a class.
    """

    kind: str
    what: str
    ops: str
    module: str
    old: str
    new: str
    after: str = ""

    @property
    def text(self) -> str:
        """The faulty source. ValueError where the sound one has changed so that the fault has no place."""
        source = source_of(self.module)
        start = source.find(self.after) if self.after else 0
        place = source.find(self.old, start) if start >= 0 else -1
        if place < 0:
            raise ValueError(f"{self.module} has no {self.old!r} after {self.after!r}: write the fault anew")
        return source[:place] + self.new + source[place + len(self.old) :]


_OPS = "specc.ops."

FAULTS: tuple[Fault, ...] = ()
