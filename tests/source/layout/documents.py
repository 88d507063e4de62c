"""Documents to lay out: random values as PyYAML writes them in random styles, with comments put in between."""

import random
from typing import Any

import yaml
from hypothesis import strategies as st

_WORDS = (
    "specc", "name", "op", "layers", "residual", "parallel", "blocks", "inputs", "train", "init", "params", "where",
    "shortcut", "activation", "augment", "data", "loss", "ReLU", "x", "1", "全连接层1",
)  # fmt: skip
_TEXT = st.text("ab1.0-+:#,'\"{}[]\\&*!|>%@`?~ \n\t=é层\x85\u2028\U0001f600", max_size=12)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.sampled_from(("5e-4", "no", "null", "2 * width", "a: b", "- x", "...", "---", "<<", "N T C, N S C -> N T C")),
    _TEXT,
    st.text(max_size=8),
    st.lists(st.sampled_from(("some", "words", "width", "-", "#", "*")), min_size=20, max_size=60).map(" ".join),
)
_KEYS = st.one_of(st.sampled_from(_WORDS), _TEXT.filter(bool), st.just("long" * 300))
VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=6) | st.dictionaries(_KEYS, inner, max_size=6), max_leaves=25
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A text that may be a spec's; not every one of them is YAML, for a comment may have split a value."""
    value: dict[str, Any] = draw(st.dictionaries(_KEYS, VALUES, min_size=1, max_size=8))
    if draw(st.booleans()):  # what stands twice is written as an anchor with aliases
        value |= {"again": next(iter(value.values())), "more": [value]}
    text = yaml.dump(
        value,
        default_flow_style=draw(st.sampled_from((True, False, None))),
        default_style=draw(st.sampled_from((None, None, None, '"', "'", "|", ">"))),
        indent=draw(st.sampled_from((2, 4, 7))),
        width=draw(st.sampled_from((20, 80, 1000))),
        allow_unicode=draw(st.booleans()),
        sort_keys=False,
        explicit_start=draw(st.booleans()),
    )
    return _commented(text, draw(st.integers(0, 2**32)), draw(st.sampled_from((0.0, 0.1, 0.4))))


def _commented(text: str, seed: int, share: float) -> str:
    """The text with comments beside and between its lines, and empty lines."""
    chance = random.Random(seed)
    lines: list[str] = []
    for number, line in enumerate(text.split("\n")):
        if chance.random() < share:
            lines.append(" " * chance.choice((0, 0, 2, 4, 9)) + f"# own{number}.")
        if chance.random() < share / 2:
            lines.append("")
        beside = line.strip() and chance.random() < share
        lines.append(f"{line}{' ' * chance.choice((1, 2, 7))}# beside{number}." if beside else line)
    return "\n".join(lines)
