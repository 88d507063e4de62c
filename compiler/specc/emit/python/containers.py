"""PyTorch's containers as they are constructed: `Sequential`, `ModuleList` and `ModuleDict`."""

from __future__ import annotations

from collections.abc import Sequence

from specc.emit.python import layout
from specc.emit.python.layout import Call, Doc, Each
from specc.ops.arguments import source

_SHORTEST_RUN = 3  # so many equal copies within a longer list become a comprehension


def sequential(head: str, keys: Sequence[str], items: Sequence[Doc]) -> Call:
    """A `Sequential` of modules: one after the other where it numbers them, else by an `OrderedDict` of their names."""
    if _numbered(keys):
        folded = _folded(items)
        return Call(head, folded, len(folded) > 1)
    named = tuple(_prefixed(f"{key}=", item) for key, item in zip(keys, items, strict=True))
    return Call(head, (Call("OrderedDict", named, len(named) > 1),))


def added(keys: Sequence[str], items: Sequence[Doc]) -> list[str]:
    """The lines that fill a `Sequential` by `add_module`."""
    lines = ["        super().__init__()"]
    for key, item in zip(keys, items, strict=True):
        lines += layout.lines("", Call("self.add_module", (source(key), item)), 2)
    return lines


def listed(items: Sequence[Doc]) -> Call:
    """A `ModuleList`."""
    folded = _folded(items)
    if len(folded) == 1 and isinstance(folded[0], Each):
        return Call("nn.ModuleList", (Each(folded[0].item, folded[0].clause, starred=False),))
    return Call("nn.ModuleList", (Call("", folded, len(folded) > 1, "[]"),))


def dictionary(keys: Sequence[str], items: Sequence[Doc]) -> Call:
    """A `ModuleDict`."""
    named = tuple(_prefixed(f"{source(key)}: ", item) for key, item in zip(keys, items, strict=True))
    return Call("nn.ModuleDict", (Call("", named, len(named) > 1, "{}"),))


def _numbered(keys: Sequence[str]) -> bool:
    return all(key == str(k) for k, key in enumerate(keys))


def _prefixed(prefix: str, item: Doc) -> Doc:
    if isinstance(item, Call):
        return Call(prefix + item.head, item.args, item.spread, item.brackets, item.suffix)
    assert isinstance(item, str), "a comprehension has no name"
    return prefix + item


def _folded(items: Sequence[Doc]) -> tuple[Doc, ...]:
    """With runs of equal modules as comprehensions."""
    out: list[Doc] = []
    start = 0
    while start < len(items):
        end = start
        while end < len(items) and items[end] == items[start]:
            end += 1
        if end - start >= _SHORTEST_RUN:
            out.append(Each(items[start], f"for _ in range({end - start})", starred=True))
        else:
            out += items[start:end]
        start = end
    return tuple(out)
