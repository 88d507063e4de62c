"""Python's subscript as an argument: `:, 1:, 0`, with expressions for its bounds.

A subscript is evaluated as a tuple of items: a number, a slice as (start, stop, step), None for a new axis, `"..."`,
and `"indices"` for the tensor that is the op's second input.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from specc.ops.arguments import Arg, Json, Value, shown
from specc.ops.write import Method
from specc.shapes.dim import Dim

DOTS = "..."
TENSOR = "indices"
_WORDS = {DOTS: f'"{DOTS}"', TENSOR: f'"{TENSOR}"', "null": "None", "None": "None"}
# Bounds that ruff sets beside a colon without blanks.
_PLAIN = re.compile(r"-?\w+", re.UNICODE)


def parts(text: str, sign: str) -> list[str]:
    """The text between the signs that stand outside all brackets."""
    found, depth, start = [], 0, 0
    for k, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == sign and depth == 0:
            found.append(text[start:k].strip())
            start = k + 1
    return [*found, text[start:].strip()]


class Subscript(Arg):
    """What stands between the brackets of `x[:, 1:, 0]`."""

    __slots__ = ()
    kind = "a subscript as Python writes it (`:, 1:, 0`)"
    runtime = True

    def options(self) -> list[Json]:
        return [{"type": "string", "minLength": 1, "description": "what stands between Python's brackets"},
                {"type": "integer"}]  # fmt: skip

    def rewritten(self, text: str) -> str:
        items = parts(text, ",")
        if len(items) > 1 and not items[-1]:  # `0,` is a tuple too
            items.pop()
        return f"({', '.join(map(_item, items))},)"

    def plain(self, value: Value) -> Value:
        if not isinstance(value, str):
            return value
        try:
            return ast.literal_eval(self.rewritten(value))
        except (ValueError, SyntaxError, TypeError):
            return value

    def python(self, value: Value) -> str:
        return super().python(self.plain(value))

    def label(self, value: Value) -> str:
        return f"[{_between(self.python(value), [TENSOR])}]"

    def _refuse(self, value: Value, owner: Any) -> str | None:
        items = self.plain(value)
        items = items if isinstance(items, tuple) else (items,)
        if not all(map(_is_item, items)):
            return f"must be {self.kind}, not {shown(value)}"
        if items.count(DOTS) > 1 or items.count(TENSOR) > 1:
            return f"must be {self.kind}, with `...` and `{TENSOR}` at most once"
        return None


def _item(text: str) -> str:
    """One item as an expression."""
    bounds = parts(text, ":")
    if len(bounds) == 1:
        return _WORDS.get(text, text)
    return f"({', '.join(_WORDS.get(bound, bound) or 'None' for bound in [*bounds, *[''] * (3 - len(bounds))])})"


def _is_item(item: Value) -> bool:
    if isinstance(item, tuple):
        return len(item) == 3 and all(bound is None or _is_whole(bound) for bound in item)
    return item is None or item in (DOTS, TENSOR) or _is_whole(item)


def _is_whole(value: Value) -> bool:
    return isinstance(value, Dim) or (isinstance(value, int) and not isinstance(value, bool))


class Bracketed(Method):
    """Python's subscript: `x[:, 1:, 0]`, and `table[index]` where a tensor is given alone."""

    __slots__ = ()

    def call(self, inputs: list[str], args: list[str]) -> str:
        receiver, *tensor = inputs
        if not args:
            return f"{receiver}[{', '.join(tensor)}]"
        return f"{receiver}[{_between(args[0].removeprefix('index='), tensor)}]"


def _between(text: str, tensor: list[str]) -> str:
    """What stands between the brackets, of the tuple that holds it as an argument."""
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    return ", ".join(_written(item, tensor) for item in parts(inner, ",") if item)


def _written(item: str, tensor: list[str]) -> str:
    if item == _WORDS[DOTS]:
        return DOTS
    if item == _WORDS[TENSOR]:
        return tensor[0] if tensor else TENSOR
    bounds = parts(item[1:-1], ",") if item.startswith("(") and item.endswith(")") else []
    if len(bounds) != 3:
        return item
    start, stop, step = ("" if bound == "None" else bound for bound in bounds)
    close = all(_PLAIN.fullmatch(bound) for bound in (start, stop, step) if bound)
    left, right = (start, stop) if close else (f"{start} " if start else "", f" {stop}" if stop else "")
    if not step:
        return f"{left}:{right}"
    return f"{left}:{right}:{step}" if close else f"{left}:{right}{' ' if stop else ''}: {step}"
