"""The ops by name. A family's file is imported when one of its ops is asked for: a spec pays for those it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from specc.ops.declare import registered
from specc.ops.index import FILES

if TYPE_CHECKING:
    from specc.ops.declare import Op

_FILE_OF: Final = {name: file for file, names in FILES.items() for name in names.split()}


class _Library(Mapping[str, "type[Op]"]):
    """Names, `in` and iteration import nothing; `values` and `items` import every file."""

    def __getitem__(self, name: str) -> type[Op]:
        known = registered()
        if name not in known:
            import_module(f"specc.ops.{_FILE_OF[name]}")
        return known[name]

    def __contains__(self, name: object) -> bool:
        return name in _FILE_OF or name in registered()

    def __iter__(self) -> Iterator[str]:
        yield from _FILE_OF
        yield from [name for name in registered() if name not in _FILE_OF]  # declared outside this package

    def __len__(self) -> int:
        return len(_FILE_OF.keys() | registered().keys())


OPS: Final[Mapping[str, type[Op]]] = _Library()


def plain(name: str) -> str:
    """A name without what a module and its function differ by: `batchnorm2d` of `BatchNorm2d`, `batch_norm2d`."""
    return name.replace("_", "").casefold()


def stem(name: str) -> str:
    """The same without the number of axes: `conv` of `Conv2d` and of `conv3d`."""
    short = plain(name)
    return short[:-2] if short[-2:] in ("1d", "2d", "3d") else short
