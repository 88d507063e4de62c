"""Text and tables as graphviz reads them: the one place where text is escaped for DOT."""

from __future__ import annotations

from specc.diagnostics.escape import visible, width
from specc.emit.arguments import cut

# Graphviz takes `\N`, `\G`, … for the node's name, the graph's name …, in some places twice over, so that no escape
# of the backslash holds everywhere. Before such a letter another stroke stands in, which `emit.svg` turns back.
STROKE = "∖"
_ESCAPES = frozenset("NGELTHVnlr\\")


def _safe(text: str) -> str:
    """The text made visible, without what graphviz would replace."""
    shown = visible(text)
    if "\\" not in shown:
        return shown
    after = f"{shown[1:]}\\"
    return "".join(STROKE if c == "\\" and n in _ESCAPES else c for c, n in zip(shown, after, strict=True))


def markup(text: str) -> str:
    """Text for an HTML-like label or an attribute of it."""
    text = _safe(text)
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(plain, escaped)
    return text.replace("\\", "&#92;")


def markup_lines(lines: list[str]) -> str:
    return "&#10;".join(markup(line) for text in lines for line in text.splitlines())


def quoted(*lines: str) -> str:
    """A quoted attribute, its lines apart; graphviz reads entities and backslash escapes there."""
    parts = [_safe(line) for text in lines for line in (text.splitlines() or [""])]
    while parts and not parts[-1]:
        parts.pop()
    joined = "\\n".join(p.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for p in parts)
    return f'"{joined}"'


def styled(text: str, size: float, colour: str, *, bold: bool = False) -> str:
    shown = markup(text) or " "
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}">{f"<B>{shown}</B>" if bold else shown}</FONT>'


def cell(content: str, *, left: bool = False, least: int = 0, more: str = "") -> str:
    align = ' ALIGN="LEFT"' if left else ""
    wide = f' WIDTH="{least}"' if least else ""
    return f"<TD{align}{wide}{more}>{content}</TD>"


def row(cells: str) -> str:
    return f"<TR>{cells}</TR>"


def table(rows: str, *, border: int = 0, colour: str = "", padding: int = 3, background: str = "") -> str:
    look = f' STYLE="ROUNDED" COLOR="{colour}"' if border else ""
    look += f' BGCOLOR="{background}"' if background else ""
    return f'<TABLE BORDER="{border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}"{look}>{rows}</TABLE>'


def reserved_width(text: str, size: float, *, bold: bool = False) -> int:
    """Points to reserve where an engine would measure too little, 0 for Latin: a wide character takes an em."""
    if text.isascii():
        return 0
    columns = width(visible(text))
    wide = columns - len(visible(text))  # each wide character counts two columns
    if all(ord(ch) < 0x250 or ch in "×·–→−÷" for ch in text):
        return 0
    return round(size * (wide * 1.02 + (columns - 2 * wide) * (0.62 if bold else 0.56))) + 6


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines of at most so many columns, broken between words; at most four lines."""
    import textwrap

    lines = textwrap.wrap(visible(text), columns) or [""]
    return lines if len(lines) <= 4 else [*lines[:3], cut(" ".join(lines[3:]), columns)]
