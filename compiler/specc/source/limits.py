"""What a spec may cost to read. Each limit has its own diagnostic; docs/ and threats.md quote these numbers."""

from collections import namedtuple

# A namedtuple, not a dataclass: it is made at every start of `specc check` (see architecture.md, decision 10).
_Limits = namedtuple("_Limits", "file_bytes depth nodes scalar_length", defaults=(1_000_000, 64, 100_000, 10_000))


class Limits(_Limits):
    """The limits of one run; `Limits()` has the documented values.

    file_bytes: size of one file in bytes (Y002).
    depth: mappings and sequences inside one another, aliases expanded (Y201).
    nodes: scalars, sequences and mappings of one file, aliases expanded (Y202).
    scalar_length: characters of one scalar (Y203).
    """

    __slots__ = ()

    file_bytes: int
    depth: int
    nodes: int
    scalar_length: int


DEFAULT = Limits()

INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**63 - 1

FILES = 64
"""How many files a spec may read, itself included (Y404); all together hold as many values as one may."""
FILE_DEPTH = 16
"""How many files may read one another in a row (Y403)."""
