"""Colours of diagrams, pages and tables: a family of ops has one, the same everywhere.

Every text colour reaches WCAG 2 AA (4.5 : 1) on every background it may stand on, every line 3 : 1 on the page; a test
holds them to it. Colour only repeats what words say: the op's name is always there.
"""

from __future__ import annotations

from dataclasses import dataclass

from specc.ops.declare import Family


@dataclass(frozen=True, slots=True)
class Tint:
    """Text on its background, both as `#rrggbb`."""

    text: str
    background: str


@dataclass(frozen=True, slots=True)
class Theme:
    """What a picture is drawn with; colours as `#rrggbb`."""

    page: str
    panel: str
    nested: str  # a panel inside a panel
    border: str  # of panels and boxes: a hint, never needed to read the picture
    ink: str  # names
    quiet: str  # shapes, arguments, block names
    line: str  # where the data goes
    skip: str  # where it skips ahead
    error: Tint
    families: dict[Family, Tint]
    other: Tint  # blocks folded into one box, and ops of no family


LIGHT = Theme(
    page="#ffffff",
    panel="#f5f7fa",
    nested="#eaeef4",
    border="#ccd3dc",
    ink="#14181f",
    quiet="#525b69",
    line="#7b8494",
    skip="#c2410c",
    error=Tint("#b00020", "#ffe3e6"),
    families={
        Family.CONVOLUTION: Tint("#1d4fa3", "#dbe7fb"),
        Family.NORMALIZATION: Tint("#5b36a8", "#e9e3f8"),
        Family.ACTIVATION: Tint("#a83a12", "#fde4dc"),
        Family.POOLING: Tint("#11693f", "#dcf3e6"),
        Family.LINEAR: Tint("#7a5200", "#fdf0c9"),
        Family.SHAPE: Tint("#4a5160", "#e8ebf0"),
        Family.DROPOUT: Tint("#5c5347", "#efebe4"),
        Family.EMBEDDING: Tint("#0f6570", "#d8f1f3"),
        Family.RECURRENT: Tint("#8c2367", "#fae1f0"),
        Family.ATTENTION: Tint("#9c1f3f", "#fbe0e6"),
        Family.VISION: Tint("#2f6412", "#e4f2d9"),
        Family.DISTANCE: Tint("#3f5a00", "#eaf2cf"),
        Family.LOSS: Tint("#8a1c1c", "#f9dfdb"),
        Family.MATH: Tint("#454c59", "#e4e7ec"),
    },
    other=Tint("#2c3440", "#dfe5ec"),
)

DARK = Theme(
    page="#12151a",
    panel="#1b2027",
    nested="#252b35",
    border="#3b4452",
    ink="#eef1f5",
    quiet="#b3bcc9",
    line="#7f8a9a",
    skip="#fb923c",
    error=Tint("#ffb0b5", "#54161c"),
    families={
        Family.CONVOLUTION: Tint("#a9cbff", "#1b3358"),
        Family.NORMALIZATION: Tint("#cdbcff", "#33275a"),
        Family.ACTIVATION: Tint("#ffbda3", "#532517"),
        Family.POOLING: Tint("#8fe3b4", "#153f2a"),
        Family.LINEAR: Tint("#f5d37a", "#453508"),
        Family.SHAPE: Tint("#ccd3de", "#333a46"),
        Family.DROPOUT: Tint("#d9d0c2", "#3c372f"),
        Family.EMBEDDING: Tint("#8adfe8", "#10424a"),
        Family.RECURRENT: Tint("#f7b0db", "#521a3e"),
        Family.ATTENTION: Tint("#ffb3c3", "#561a2a"),
        Family.VISION: Tint("#b7e58f", "#28420f"),
        Family.DISTANCE: Tint("#d3e59a", "#37420f"),
        Family.LOSS: Tint("#ffb4a8", "#571d18"),
        Family.MATH: Tint("#d3d8e0", "#383e48"),
    },
    other=Tint("#dbe2ec", "#2f3947"),
)


def theme(dark: bool = False) -> Theme:
    """The light theme, or the dark one."""
    return DARK if dark else LIGHT


def tint(colours: Theme, family: Family | None) -> Tint:
    """The colours of an op's family."""
    return colours.other if family is None else colours.families.get(family, colours.other)
