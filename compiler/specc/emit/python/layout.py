"""Lines as `ruff format` would write them at 120 columns: the emitter has no formatter at run time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specc.diagnostics.escape import width

LIMIT = 120
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Call:
    """`head(args…)`. `spread` writes one argument a line even where they would fit in one."""

    head: str
    args: tuple[Doc, ...]
    spread: bool = False
    brackets: str = "()"
    suffix: str = ""  # what follows it: `.requires_grad_(False)`


@dataclass(frozen=True, slots=True)
class Each:
    """`*(item for …)`, or without the star and parentheses where it is a call's only argument."""

    item: Doc
    clause: str  # "for _ in range(2)"
    starred: bool


Doc = str | Call | Each


def flat(doc: Doc) -> str:
    """All of it in one line."""
    if isinstance(doc, str):
        return doc
    if isinstance(doc, Each):
        inner = f"{flat(doc.item)} {doc.clause}"
        return f"*({inner})" if doc.starred else inner
    return f"{doc.head}{doc.brackets[0]}{', '.join(map(flat, doc.args))}{doc.brackets[1]}{doc.suffix}"


def _spreads(doc: Doc) -> bool:
    """Whether some call in it must be written over several lines."""
    if isinstance(doc, str):
        return False
    if isinstance(doc, Each):
        return _spreads(doc.item)
    return doc.spread or any(map(_spreads, doc.args))


def lines(prefix: str, doc: Doc, depth: int, suffix: str = "") -> list[str]:
    """`prefix doc suffix` at an indentation, broken where it is too long."""
    pad = INDENT * depth
    one = f"{pad}{prefix}{flat(doc)}{suffix}"
    if isinstance(doc, str) or (not _spreads(doc) and width(one) <= LIMIT):
        return [one]
    inner = INDENT * (depth + 1)
    if isinstance(doc, Each):
        head, tail = ("*(", ")") if doc.starred else ("", "")
        if not head:
            return [*lines(prefix, doc.item, depth), f"{pad}{doc.clause}{suffix}"]
        return [f"{pad}{prefix}{head}", *lines("", doc.item, depth + 1), f"{inner}{doc.clause}", f"{pad}{tail}{suffix}"]
    opening, closing = doc.brackets[0], doc.brackets[1]
    head = f"{pad}{prefix}{doc.head}{opening}"
    whole = f"{inner}{flat(doc)}"
    if width(head) > LIMIT >= width(whole) and prefix.endswith(" = ") and not _spreads(doc):
        return [f"{pad}{prefix}(", whole, f"{pad}){suffix}"]
    suffix = doc.suffix + suffix
    body = ", ".join(map(flat, doc.args))
    if not _spreads(doc) and width(inner + body) <= LIMIT:
        return [head, f"{inner}{body}", f"{pad}{closing}{suffix}"]
    out = [head]
    for arg in doc.args:
        comma = "" if isinstance(arg, Each) and not arg.starred else ","
        out += lines("", arg, depth + 1, comma)
    return [*out, f"{pad}{closing}{suffix}"]


def listed(prefix: str, items: Sequence[str], depth: int, suffix: str = "") -> list[str]:
    """A tuple without parentheses, or one item a line within them where that is too long."""
    pad, inner = INDENT * depth, INDENT * (depth + 1)
    one = f"{pad}{prefix}{', '.join(items)}{suffix}"
    if len(items) < 2 or width(one) <= LIMIT:
        return [one]
    return [f"{pad}{prefix}(", *(f"{inner}{item}," for item in items), f"{pad}){suffix}"]


def chosen(prefix: str, value: str, test: str, other: str, depth: int) -> list[str]:
    """`prefix value if test else other`."""
    pad, inner = INDENT * depth, INDENT * (depth + 1)
    whole = f"{value} if {test} else {other}"
    if width(f"{pad}{prefix}{whole}") <= LIMIT:
        return [f"{pad}{prefix}{whole}"]
    if width(inner + whole) <= LIMIT:
        return [f"{pad}{prefix}(", f"{inner}{whole}", f"{pad})"]
    return [f"{pad}{prefix}(", f"{inner}{value}", f"{inner}if {test}", f"{inner}else {other}", f"{pad})"]


def commented(code: list[str], comment: str, depth: int) -> list[str]:
    """The lines with a trailing comment, or with it above them where it would make a line too long."""
    if not comment:
        return code
    last = f"{code[-1]}  # {comment}"
    if len(code) == 1 and width(last) <= LIMIT:
        return [last]
    above = f"{INDENT * depth}# {comment}"
    return [above, *code] if width(above) <= LIMIT else code
