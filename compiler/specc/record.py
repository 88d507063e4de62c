"""Immutable data without the standard `dataclasses`.

That module and its decorators, which write and compile source for every class, took a fifth of the time of a
`specc check` (architecture.md, decision 10); a class made here costs a fiftieth. Type checkers see a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self, dataclass_transform

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
"""The empty mapping, as a default."""


@dataclass_transform(frozen_default=True)
class Record:
    """A subclass lists its fields as annotations, defaults after `=`, as a frozen dataclass does; it has no subclasses.

    Records are equal where their class and their fields are (with `eq=False` only to themselves). `_replace` gives a
    copy with other values, as that of a named tuple.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, eq: bool = True) -> None:
        own = vars(cls)
        cls._fields = tuple(cls.__annotations__)
        cls._defaults = {name: own[name] for name in cls._fields if name in own}
        if not eq:
            cls.__eq__ = object.__eq__  # type: ignore[method-assign]  # as `@dataclass(eq=False)`
            cls.__hash__ = object.__hash__  # type: ignore[method-assign]

    def __init__(self, *values: Any, **named: Any) -> None:
        fields, state = self._fields, self.__dict__
        if named or len(values) != len(fields):
            repeated = not named.keys().isdisjoint(fields[: len(values)])
            named = {**self._defaults, **dict(zip(fields, values, strict=False)), **named}
            if repeated or len(values) > len(fields) or named.keys() != set(fields):
                raise TypeError(f"{type(self).__name__} takes {', '.join(fields)}")
            state.update(named)
        else:
            state.update(zip(fields, values, strict=True))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: `{name}` cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: `{name}` cannot be deleted")

    def _replace(self, **changes: Any) -> Self:
        return type(self)(**{**self.__dict__, **changes})

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(map(self.__dict__.__getitem__, self._fields)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={self.__dict__[name]!r}' for name in self._fields)})"
