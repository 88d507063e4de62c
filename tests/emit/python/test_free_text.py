"""Free text of a spec stays a docstring or a comment, whatever it holds; and is itself formatted."""

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.emit.python import to_python
from tests.emit.python.running import compiled, ruff

_TEMPLATE = """
specc: 1
name: net
description: {description}
inputs: {{x: [N, 4]}}
blocks:
  Block:
    doc: {block}
    layers:
      fc: {{op: Linear, out_features: 4, doc: {layer}}}
layers:
  block: Block
"""
_HOSTILE = [
    '"""\nimport os\n"""',
    "'''",
    "\\",
    '\\"',
    '"',
    '""',
    'ends with a quote"',
    "\\N{BULLET} \\u0041 \\x41 \\",
    "{braces} %s",
    "# noqa",
    "torch.relu of F.relu, a Tensor of torchvision.ops",
    "\u202eright to left\u202c",
    "nul \x07 bell",
    "line\u2028separator",
    "word" * 60,
    "\\" * 130,
    "汉字" * 60,
    " leading and trailing ",
    "a\n\n\nb",
    "tab\tand more",
    "noqa: E501\ntype: ignore",
]
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=150)


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def _source(description: str, block: str, layer: str) -> str:
    quoted = (_quoted(text) for text in (description, block, layer))
    return to_python(compiled(_TEMPLATE.format(**dict(zip(("description", "block", "layer"), quoted, strict=True)))))


def _bare(source: str) -> str:
    """The program without its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


_BENIGN = "benign"


@pytest.mark.parametrize("text", _HOSTILE)
def test_hostile_text_changes_no_code(text: str) -> None:
    assert _bare(_source(text, text, text)) == _bare(_source(_BENIGN, _BENIGN, _BENIGN))


def test_hostile_text_is_formatted(tmp_path: Path) -> None:
    for number, text in enumerate(_HOSTILE):
        (tmp_path / f"m{number}.py").write_text(_source(text, text, text), encoding="utf-8")
    assert ruff("format", "--check", "--diff", folder=tmp_path) == ""
    assert ruff("check", "--select", "E,F,I,UP", folder=tmp_path) == ""


@settings(max_examples=20, deadline=None)
@given(_TEXT, _TEXT, _TEXT)
def test_any_text_changes_no_code(description: str, block: str, layer: str) -> None:
    source = _source(description, block, layer)
    assert _bare(source) == _bare(_source(_BENIGN, _BENIGN, _BENIGN))
    acting = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not any(unicodedata.category(character) in acting for character in source.replace("\n", ""))
