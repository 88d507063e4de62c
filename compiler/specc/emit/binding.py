"""Which sizes a picture or a table counts at, where the spec leaves them open."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from specc.graph.ir import Graph
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type

_IMAGE = (224, 256, 128, 64, 32, 28, 512)  # tried in this order, then every size
_SEQUENCE = (128, 64, 256, 32, 16, 512)
_LARGEST = 1024


@dataclass(frozen=True, slots=True)
class Binding:
    """Values for symbols. `asked` are the caller's, `counting` adds what totals are counted at.

    `text` says it to people: `224 × 224`, `T = 128`; "" where nothing is open but the batch, which counts as one.
    """

    asked: Mapping[str, int]
    counting: Mapping[str, int]
    batch: str | None
    text: str

    def shown(self, dim: Dim) -> Dim:
        """The dimension as it is shown: the caller's values put in."""
        return dim.substitute(dict(self.asked)) if self.asked else dim

    def counted(self, dim: Dim) -> Dim:
        """The dimension as it counts in totals; a symbol without a value stays."""
        return dim.substitute(dict(self.counting)) if self.counting else dim

    def shown_type(self, type_: Type) -> Type:
        return type_.substitute(dict(self.asked)) if self.asked and isinstance(type_, TensorType) else type_


def binding(graph: Graph, bind: Mapping[str, int] | None = None) -> Binding:
    """The caller's `bind`, completed: the batch counts as 1, other sizes as the training data's, else as usual ones.

    Usual is 224 for images and 128 for the rest, or the first size that meets `where` and what the layers require.
    A symbol for which no size up to 1024 will do stays open.
    """
    asked = {name: bind[name] for name in sorted(bind)} if bind else {}
    types = list(graph.inputs.values())
    symbols = _symbols(types)
    batch = _batch(types, symbols)
    counting = dict(asked)
    if batch is not None:
        counting.setdefault(batch, 1)
    spatial = _spatial(types)
    for name, size in _from_data(graph, types):
        if name not in counting and _allowed(graph, {**counting, name: size}):
            counting[name] = size
    for group, usual in (
        ([s for s in symbols if s in spatial], _IMAGE),
        ([s for s in symbols if s not in spatial], _SEQUENCE),
    ):
        open_ = [name for name in group if name not in counting]
        if open_:
            counting.update(_first_allowed(graph, counting, open_, usual))
    return Binding(asked, counting, batch, _text(types, symbols, batch, counting))


def _symbols(types: Iterable[TensorType]) -> list[str]:
    found: dict[str, None] = {}
    for type_ in types:
        for dim in type_.shape:
            found.update(dict.fromkeys(sorted(dim.symbols)))
    return list(found)


def _batch(types: list[TensorType], symbols: list[str]) -> str | None:
    for usual in ("N", "B", "batch"):
        if usual in symbols:
            return usual
    return types[0].shape[0].as_symbol if types and types[0].rank > 1 else None


def _spatial(types: Iterable[TensorType]) -> set[str]:
    """The symbols that are heights and widths: the axes behind the channels of inputs of four and more axes."""
    return {name for t in types if t.rank >= 4 for dim in t.shape[2:] for name in dim.symbols}


def _from_data(graph: Graph, types: list[TensorType]) -> list[tuple[str, int]]:
    """What the training data's samples give the symbols of the first input."""
    shape = _sample(graph)
    if shape is None or not types or types[0].rank != len(shape) + 1:
        return []
    pairs = zip(types[0].shape[1:], shape, strict=True)
    return [(name, size) for dim, size in pairs if (name := dim.as_symbol) is not None and size is not None]


def _sample(graph: Graph) -> tuple[int | None, ...] | None:
    from specc.source.nodes import plain

    section = plain(graph.train) if graph.train is not None else None
    data = section.get("data") if isinstance(section, dict) else None
    if not isinstance(data, dict):
        return None
    sample = data.get("sample")
    if isinstance(sample, list):
        return tuple(size if isinstance(size, int) else None for size in sample)
    from specc.training.catalogue import DATASETS, sample_of, sample_shape_after

    name = data.get("dataset")
    if not isinstance(name, str) or name not in DATASETS:
        return None
    shape, _ = sample_of(name, data)
    return sample_shape_after(shape, data.get("augment"))


def _first_allowed(graph: Graph, known: dict[str, int], names: list[str], usual: tuple[int, ...]) -> dict[str, int]:
    for size in (*usual, *range(1, _LARGEST + 1)):
        chosen = dict.fromkeys(names, size)
        if _allowed(graph, {**known, **chosen}):
            return chosen
    return {}


def _allowed(graph: Graph, env: Mapping[str, int]) -> bool:
    """Whether no condition is known to fail; one over symbols without a value says nothing yet."""
    return all(_truth(str(condition), env) is not False for condition in (*graph.where, *graph.requirements))


def _truth(source: str, env: Mapping[str, int]) -> bool | None:
    """A condition's Python source, as conditions print it, at these values; None where a symbol has none."""
    tree = ast.parse(source, mode="eval").body
    if {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - env.keys() - {"max", "min"}:
        return None
    return bool(_value(tree, env))


def _value(node: ast.expr, env: Mapping[str, int]) -> object:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, env) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_value(part, env) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, env)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            sides = [_number(left, env), *(_members(r, env) for r in rights)]
            return all(_compared(a, op, b) for a, op, b in zip(sides, ops, sides[1:], strict=False))
        case _:
            return _number(node, env)


def _number(node: ast.expr, env: Mapping[str, int]) -> int:
    from specc.shapes.parse import parse_dim

    return parse_dim(ast.unparse(node)).evaluate(env)


def _members(node: ast.expr, env: Mapping[str, int]) -> object:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return tuple(_number(item, env) for item in node.elts)
    return _number(node, env)


def _compared(left: object, op: ast.cmpop, right: object) -> bool:
    if isinstance(right, tuple):
        return (left in right) == isinstance(op, ast.In)
    assert isinstance(left, int)
    assert isinstance(right, int)
    match op:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
        case _:
            return left >= right


def _text(types: list[TensorType], symbols: list[str], batch: str | None, env: Mapping[str, int]) -> str:
    parts = []
    told: set[str] = set()
    for type_ in types:
        space = type_.shape[2:]
        if type_.rank >= 4:
            inside = {name for dim in space for name in dim.symbols}
            if inside <= env.keys():
                text = " × ".join(str(dim.substitute(dict(env))) for dim in space)
                parts += [text] if text not in parts else []
                told |= inside
    parts += [f"{name} = {env[name]}" for name in symbols if name in env and name not in told and name != batch]
    if batch is not None and env.get(batch, 1) != 1:
        parts.append(f"{batch} = {env[batch]}")
    return ", ".join(parts)
