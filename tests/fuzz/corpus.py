"""What mutations start from: the specs that ship, those of tests/cases, the starting specs, an example of every op."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from specc.ops import OPS
from specc.reference.page import example_spec
from specc.source.schema import LAYER_KEYS, section_schema

ROOT = Path(__file__).parents[2]
_YAML = re.compile(r"^```yaml[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTIONS = ("spec", "block", "group", "parameter", "buffer", "train", "extern")

Tree = Any  # what YAML gives: None, bool, int, float, str, list, dict


@cache
def texts() -> tuple[str, ...]:
    """Whole specs, and blocks to `use`."""
    files = [*sorted((ROOT / "specs").rglob("*.yaml")), *sorted((ROOT / "compiler").rglob("templates/*.yaml"))]
    found = [file.read_text(encoding="utf-8") for file in files]
    for file in sorted((ROOT / "tests" / "cases").glob("*.md")):
        found += _YAML.findall(file.read_text(encoding="utf-8"))
    return tuple(found)


@cache
def examples() -> tuple[str, ...]:
    """A small spec of every op."""
    return tuple(example_spec(op) for op in OPS.values())


@cache
def trees() -> tuple[Tree, ...]:
    """Those of the texts that are YAML."""
    return tuple(tree for text in (*texts(), *examples()) if (tree := _tree(text)) is not None)


def _tree(text: str) -> Tree:
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError:  # a case of what is no YAML
        return None
    return tree if isinstance(tree, dict) else None


@cache
def values() -> dict[str, tuple[Tree, ...]]:
    """What stands at each key somewhere: a value of the right kind for a key is likelier to get far."""
    found: dict[str, list[Tree]] = {}
    for tree in trees():
        _collect(tree, found)
    for name in keys():
        found.setdefault(name, []).append(1)
    return {key: tuple(values) for key, values in found.items()}


def _collect(tree: Tree, found: dict[str, list[Tree]]) -> None:
    if isinstance(tree, dict):
        for key, value in tree.items():
            found.setdefault(str(key), []).append(value)
            _collect(value, found)
    elif isinstance(tree, list):
        for item in tree:
            _collect(item, found)


@cache
def keys() -> tuple[str, ...]:
    """The words of the language and the arguments of its ops."""
    words = set(LAYER_KEYS)
    for section in _SECTIONS:
        words.update(section_schema(section)["properties"])
    for op in OPS.values():
        words.update(op.schema()["properties"])
    return tuple(sorted(words))


@cache
def ops() -> tuple[str, ...]:
    return tuple(OPS)
