"""The facts of `where`, checked when `forward` is entered."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from specc.diagnostics.escape import width
from specc.emit.python import layout
from specc.emit.python.forward import Size
from specc.emit.python.layout import Call
from specc.emit.python.text import text
from specc.graph.ir import Graph
from specc.shapes.conditions import And, Condition
from specc.shapes.tensor import TensorType


def asked(graph: Graph) -> list[Size]:
    """The sizes that the checks need: of every symbol of `where`, at each input axis that is this symbol."""
    names = {name for condition in graph.where for name in condition.symbols}
    return [place for place, name in _places(graph) if name in names]


def _places(graph: Graph) -> list[tuple[Size, str]]:
    found = []
    for value in graph.root.inputs:
        for axis, dim in enumerate(value.type.shape if isinstance(value.type, TensorType) else ()):
            name = dim.as_symbol
            if name is not None:
                found.append(((value.name, axis), name))
    return found


def checks(graph: Graph, sizes: Mapping[Size, str], variables: Mapping[str, str]) -> list[str]:
    """The lines: every symbol is one size wherever it stands, and every fact holds.

    `sizes` are the local names of sizes, `variables` those of the inputs. A fact about a symbol that is no input's size
    by itself cannot be checked and is left out.
    """
    first: dict[str, Size] = {}
    out: list[str] = []
    wanted = set(asked(graph))
    for place, name in _places(graph):
        if place not in wanted:
            continue
        if name not in first:
            first[name] = place
            continue
        known = first[name]
        sides = [f"`{place_[0]}` has {{{sizes[place_]}}}" for place_ in (known, place)]
        message = f"`{name}` must be one size, but {sides[0]} and {sides[1]}"
        out += _raise(f"{sizes[place]} != {sizes[known]}", message)
    for condition in _parts(graph.where):
        if not condition.symbols <= first.keys():
            continue
        local = {name: sizes[first[name]] for name in condition.symbols}
        inputs = list(dict.fromkeys(first[name][0] for name in sorted(condition.symbols)))
        shapes = " and ".join(f"its shape is {{list({variables[name]}.shape)}}" for name in inputs[:1])
        more = "".join(f", `{name}` is {{list({variables[name]}.shape)}}" for name in inputs[1:])
        labels = ", ".join(f"`{name}`" for name in inputs[:1])
        out += _raise(_text(condition.negated(), local), f"{labels} needs {condition}, but {shapes}{more}")
    return out


def _parts(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """The facts one by one."""
    for condition in conditions:
        if isinstance(condition, And):
            yield from _parts(condition.parts)
        else:
            yield condition


def _raise(test: str, message: str) -> list[str]:
    pieces = [f'{"f" * ("{" in piece)}"{piece}"' for piece in _pieces(message)]
    if len(pieces) > 1:
        said = [f"{layout.INDENT * 4}{piece}" for piece in pieces]
        return [f"        if {test}:", "            raise ValueError(", *said, "            )"]
    return [f"        if {test}:", *layout.lines("raise ", Call("ValueError", tuple(pieces)), 3)]


def _pieces(message: str) -> list[str]:
    """A message in pieces that fit a line, cut at spaces outside braces."""
    pieces = [""]
    for word in re.findall(r"(?:\{[^}]*\}|[^\s{])+\s*", message):
        if pieces[-1] and width(pieces[-1] + word) > layout.LIMIT - 20:
            pieces.append("")
        pieces[-1] += word
    return pieces


def _text(condition: Condition, local: Mapping[str, str]) -> str:
    tree = ast.parse(str(condition), mode="eval").body

    class Rename(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(local.get(node.id, node.id), node.ctx)

    renamed = Rename().visit(tree)
    assert isinstance(renamed, ast.expr)
    return text(renamed)
