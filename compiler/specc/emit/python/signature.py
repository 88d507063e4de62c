"""What stands in every hole of a class, and so which arguments its constructor takes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set

from specc.emit.naming import AMBIGUOUS, MODULES, unique
from specc.emit.python.classes import Argument, Class, Layer
from specc.emit.python.places import Leaf, agrees, dim_at, folded, known, leaves
from specc.emit.python.text import text, tidy
from specc.emit.python.tree import Hole, classes, holes
from specc.graph.arguments import Param
from specc.graph.ir import Scope
from specc.graph.origins import constant, input_size
from specc.ops.call import Bound
from specc.shapes.dim import Dim
from specc.source.nodes import Node as SourceNode
from specc.source.nodes import Scalar, Sequence

# What an `__init__` names besides its arguments. Functions of the expression language are no params' names.
_TAKEN = MODULES | AMBIGUOUS | {"self", "super", "range", "isinstance"}


_SIZES = {"normalized_shape": "num_features"}  # an argument's name that would mislead for one size


def sign(cls: Class, declared: dict[str, Param]) -> None:
    """Resolves every hole, and gives the class its constructor's arguments."""
    fixed = _fixed(cls)
    extras: list[Argument] = []
    for hole in list(_all(cls)):
        _resolve(hole, cls, fixed, extras)
    used = dict.fromkeys(leaf for hole in _all(cls) if hole.tree is not None for leaf in _needed(hole))
    sizes = [leaf for leaf in used if isinstance(leaf, tuple)]
    params = [name for name in cls.scope.params if name in used]
    taken = _TAKEN | {made.name for layer in cls.layers if layer.tree is not None for made in classes(layer.tree)}
    names: set[str] = set(taken) | {_safe(name, taken) for name in params}
    args = [_size(leaf, cls, names) for leaf in sizes]
    listed = [_param(name, _safe(name, taken), cls, declared.get(name)) for name in params]
    for extra in extras:
        extra.name = unique(extra.name, names)
        names.add(extra.name)
    flags = [arg for arg in extras if arg.optional]
    args += [arg for arg in extras if not arg.optional]
    cls.args = [*args, *(a for a in listed if not a.optional), *(a for a in listed if a.optional), *flags]


def _all(cls: Class) -> Iterator[Hole]:
    """The holes of the class, in the order of its text."""
    for layer in cls.layers:
        if layer.tree is not None and not layer.share:
            yield from holes(layer.tree)
        if layer.condition is not None:
            yield layer.condition
        yield from _called(layer)


def calls(cls: Class) -> Iterator[Hole]:
    """The holes in `forward`."""
    for layer in cls.layers:
        yield from _called(layer)


def _called(layer: Layer) -> Iterator[Hole]:
    yield from layer.called
    if layer.count is not None:
        yield layer.count
    for step in layer.steps:
        yield from step.called


def _needed(hole: Hole) -> Iterator[Leaf]:
    """What the constructor must be given for a hole: in `forward`, sizes are asked of the tensors."""
    assert hole.tree is not None
    for leaf in leaves(hole.tree):
        if not (hole.runtime and isinstance(leaf, tuple)):
            yield leaf


def _fixed(cls: Class) -> frozenset[Leaf]:
    """The params and sizes written as their values: those a structure was fixed for, where all uses agree on them."""
    return frozenset(leaf for leaf in cls.baked if len({repr(known(leaf, use.scope)) for use in cls.uses}) == 1)


def _resolve(hole: Hole, cls: Class, fixed: frozenset[Leaf], extras: list[Argument]) -> None:
    layer = next((layer for layer in cls.layers if layer.condition is hole), None)
    condition = layer is not None
    seen: set[str] = set()
    for use, bound in hole.bounds:
        if bound.expr is None:
            continue
        only = fixed | {
            leaf for leaf in leaves(bound.expr) if cls.root and isinstance(leaf, tuple) and not hole.runtime
        }
        tree = folded(bound.expr, use.scope, frozenset(only))
        if tree is None or not any(True for _ in leaves(tree)) or text(tree) in seen:
            continue
        seen.add(text(tree))
        if all(_holds(tree, other, one.scope, condition) for one, other in hole.bounds):
            shortened = tidy(tree) if not bound.given and _positive(tree, hole) else tree
            hole.tree = shortened if all(_holds(shortened, b, one.scope, condition) for one, b in hole.bounds) else tree
            return
    values = [bound.value for _, bound in hole.bounds]
    if any(_symbolic(value) for value in values):
        hole.tree = _asked(values[0], hole.bounds[0][0].scope)
        return
    if layer is not None and all(values):
        layer.optional, layer.condition = False, None  # decided by what is fixed: it is always there
        return
    if condition or any(_differ(value, values[0]) for value in values):
        given = {id(use.scope): Bound(bound.value, given=True) for use, bound in hole.bounds}
        for use in cls.uses:  # a use that lacks the layer takes whatever the others do
            given.setdefault(id(use.scope), Bound(values[0]))
        same = [e for e in extras if e.name == hole.label and _same(e.values, given)]
        argument = (
            same[0] if same else Argument(hole.label, len(extras), given, _type(values), False if condition else ...)
        )
        if not same:
            extras.append(argument)
        hole.tree = argument.tree


def _positive(tree: ast.expr, hole: Hole) -> bool:
    """Whether all that an expression names are positive integers, or sizes."""
    values = [known(leaf, use.scope) for leaf in leaves(tree) if isinstance(leaf, str) for use, _ in hole.bounds]
    return all(type(value) is int and value > 0 for value in values)


def _same(a: dict[int, Bound], b: dict[int, Bound]) -> bool:
    return all(not _differ(bound.value, b[scope].value) for scope, bound in a.items())


def _holds(tree: ast.expr, bound: Bound, scope: Scope, condition: bool) -> bool:
    if not condition:
        return agrees(bound, tree, scope)
    result = folded(tree, scope)
    return isinstance(result, ast.Constant) and bool(result.value) == bound.value


def _differ(a: object, b: object) -> bool:
    return type(a) is not type(b) or a != b


def _symbolic(value: object) -> bool:
    return isinstance(value, Dim) or (isinstance(value, tuple) and any(map(_symbolic, value)))


def _asked(value: object, scope: Scope) -> ast.expr | None:
    """A value with symbolic sizes as an expression over the sizes of the scope's inputs."""
    if isinstance(value, tuple):
        items = [_asked(item, scope) for item in value]
        return ast.Tuple([item for item in items if item is not None], ast.Load())
    if not isinstance(value, Dim):
        return constant(value)
    for given in scope.inputs:
        for axis in range(len(getattr(given.type, "shape", ()))):
            if dim_at(given.type, axis) == value:
                return input_size(given.name, axis)
    tree = ast.parse(str(value), mode="eval").body
    found: dict[str, ast.expr] = {}
    for name in sorted(value.symbols):
        size = _asked(Dim.symbol(name), scope) if value.as_symbol is None else None
        if size is not None:
            found[name] = size

    class Replace(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return found.get(node.id, node)

    replaced = Replace().visit(tree)
    assert isinstance(replaced, ast.expr)
    return replaced


def _size(leaf: Leaf, cls: Class, names: set[str]) -> Argument:
    assert isinstance(leaf, tuple)
    wanted = _size_name(leaf, cls)
    if wanted in names:
        wanted = unique(f"{leaf[0]}_{wanted}", names)
    names.add(wanted)
    return Argument(wanted, leaf, {})


def _size_name(leaf: tuple[str, int], cls: Class) -> str:
    """After the argument that takes the size as it is, else after its axis."""
    for hole in _all(cls):
        if hole.tree is not None and list(leaves(hole.tree)) == [leaf] and text(hole.tree) == text(input_size(*leaf)):
            return _SIZES.get(hole.label) or re.sub(r"\W", "_", hole.label)
    rank = next((len(getattr(v.type, "shape", ())) for v in cls.scope.inputs if v.name == leaf[0]), 0)
    if leaf[1] in (-1, rank - 1):
        return "in_features"
    return "in_channels" if leaf[1] == 1 else f"{leaf[0]}_size{leaf[1]}"


def _safe(name: str, taken: Set[str]) -> str:
    """A param's name as an argument: with `_` behind it where it would hide what `__init__` names."""
    while name in taken:
        name += "_"
    return name


def _param(name: str, said: str, cls: Class, declared: Param | None) -> Argument:
    bounds = [use.scope.params[name] for use in cls.uses]
    values = [bound.value for bound in bounds]
    default: object = ...
    if cls.root:
        default = values[0]
    elif declared is not None and declared.default is not None:
        default = _plain(declared.default)
    elif cls.scope.kind == "block":
        left_out = [bound.value for bound in bounds if not bound.given]
        if left_out and not any(_differ(value, left_out[0]) for value in left_out):
            default = left_out[0]
    if default is not ...:
        values.append(default)
    kind = declared.type if declared is not None else None
    return Argument(said, name, {}, _declared_type(kind, values), default)


def _declared_type(kind: str | None, values: list[object]) -> str:
    if kind in ("int", "float", "bool"):
        return f"{kind} | None" if None in values else kind
    return _type(values)


def _plain(node: SourceNode) -> object:
    """A default written as plain values; `...` where it is an expression of other params."""
    if isinstance(node, Scalar):
        return ... if isinstance(node.value, str) else node.value
    if isinstance(node, Sequence):
        items = tuple(_plain(item) for item in node.items)
        return ... if ... in items else items
    return ...


def _type(values: list[object]) -> str:
    """An annotation for all of the values."""
    kinds: set[str] = set()
    for value in values:
        if isinstance(value, tuple):
            kinds.add(f"tuple[{_type(list(value)) if value else 'int'}, ...]")
        else:
            kinds.add("None" if value is None else type(value).__name__)
    if {"int", "float"} <= kinds:
        kinds.discard("int")
    return " | ".join(sorted(kinds - {"None"}) + (["None"] if "None" in kinds else [])) or "int"


def attribute(name: str, cls: Class) -> str:
    """The attribute that keeps an argument for `forward`."""
    from specc.graph.reserved import MODULE_ATTRIBUTES

    modules = {layer.name for layer in cls.layers if layer.tree is not None}
    clash = name in modules or name in MODULE_ATTRIBUTES or name.startswith("_")
    return unique(f"{name}_", modules) if clash else name
