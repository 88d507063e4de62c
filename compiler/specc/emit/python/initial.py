"""The `__init__` of a class."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from specc.emit.python import containers, layout, tensors
from specc.emit.python.classes import Class, Layer
from specc.emit.python.layout import Call, Doc, Each
from specc.emit.python.places import leaves
from specc.emit.python.signature import attribute, calls
from specc.emit.python.text import text
from specc.emit.python.tree import Chain, Copies, Hole, Make, Tree, once
from specc.graph.origins import as_input_size, substitute
from specc.ops.arguments import source
from specc.ops.write import Made, arguments

_POSITIONAL = 2  # so many required arguments of a class of this file go without their names


def initial(cls: Class, *, resets: bool) -> list[str]:
    """The lines of the method; none where `nn.Module`'s own will do."""
    head = _signature(cls)
    if cls.base == "nn.Sequential":
        items = tuple(construct(_tree(layer), cls) for layer in cls.layers)
        keys = tuple(layer.name for layer in cls.layers)
        filled = layout.lines("", containers.sequential("super().__init__", keys, items), 2)
        body = containers.added(keys, items) if cls.adding else filled
        kept = _kept(cls)
    else:
        body, kept = ["        super().__init__()"], []
        body += _kept(cls)
        body += _layers(cls)
    body += kept
    if resets:
        body.append("        self.reset_parameters()")
    if len(body) == 1 and not cls.args and cls.base != "nn.Sequential":
        return []
    return [*head, *body]


def _tree(layer: Layer) -> Tree:
    assert layer.tree is not None, "a chain has no functions"
    return layer.tree


def _signature(cls: Class) -> list[str]:
    args = ["self"]
    for arg in cls.args:
        default = f" = {source(arg.default)}" if arg.optional else ""
        args.append(f"{arg.name}: {arg.type}{default}")
    return layout.lines("def ", Call("__init__", tuple(args)), 1, " -> None:")


def _kept(cls: Class) -> list[str]:
    """The arguments that `forward` needs, kept as attributes."""
    out = []
    needed = {leaf for hole in calls(cls) if hole.tree is not None for leaf in leaves(hole.tree)}
    for arg in cls.args:
        name = arg.leaf if isinstance(arg.leaf, str) else f"+{arg.leaf}"
        if not isinstance(arg.leaf, tuple) and name in needed:
            out.append(f"        self.{attribute(arg.name, cls)} = {arg.name}")
    return out


def _layers(cls: Class) -> list[str]:
    """A line a layer; neighbours that are there under one condition share it."""
    out: list[str] = []
    for there, group in groupby(cls.layers, lambda layer: _there(layer, cls)):
        layers = list(group)
        if there is None:
            out += [line for layer in layers for line in _layer(layer, cls, 2)]
            continue
        out += [f"        # {said}" for layer in layers if (said := _chosen(layer))]
        out += [f"        {_nothing(layer)}" for layer in layers if not layer.name.isdigit()]
        out += [f"        if {there}:", *(line for layer in layers for line in _layer(layer, cls, 3))]
    return [*out, *_identity(cls)] if out else out


def _chosen(layer: Layer) -> str:
    """What `shortcut: auto` decided, for the child that it made."""
    node = layer.place.node
    if node.role != "shortcut" or not node.optional or node.condition is not None:
        return ""
    where = "where the shapes differ, else the identity" if layer.optional else "as the shapes differ"
    return f"shortcut: auto, a projection {where}"


def _identity(cls: Class) -> list[str]:
    """What it decided where it made none."""
    names = {layer.name for layer in cls.layers}
    made = any(name in names for name, condition in cls.scope.absent if condition is None)
    auto = cls.scope.residual and any(condition is None for _, condition in cls.scope.absent)
    return ["        # shortcut: auto, the identity as the shapes agree"] if auto and not made else []


def _nothing(layer: Layer) -> str:
    """What stands for a module, or a tensor, that is not there."""
    if layer.op is not None and layer.op.own and layer.op.name == "buffer":
        return f'self.register_buffer("{layer.name}", None)'
    return f"{member(layer.name)} = None"


def _there(layer: Layer, cls: Class) -> str | None:
    """The condition of an optional module."""
    if not layer.optional or layer.tree is None or layer.share:
        return None
    assert layer.condition is not None
    return said(layer.condition, cls)


def _layer(layer: Layer, cls: Class, depth: int) -> list[str]:
    if layer.tree is None or layer.share:
        there = said(layer.condition, cls) if layer.condition is not None else None
        return [] if there is None else [f"        self.{flag(layer, cls)} = {there}"]
    notes = [comment(layer.doc)] if layer.doc else []
    notes += [] if layer.optional else [said for said in (_chosen(layer),) if said]
    doc = [f"{layout.INDENT * depth}# {note}" for note in notes]
    if isinstance(layer.tree, Make) and layer.tree.op is not None and layer.tree.op.name == "buffer":
        return [*doc, *layout.lines("", tensors.buffer(layer.name, _made(layer.tree, cls)), depth)]
    return [*doc, *layout.lines(f"{member(layer.name)} = ", construct(layer.tree, cls), depth)]


def member(name: str) -> str:
    """A submodule as the class's methods name it."""
    return f'self["{name}"]' if name.isdigit() else f"self.{name}"


def flag(layer: Layer, cls: Class) -> str:
    """The attribute that says whether a function is applied."""
    clash = layer.name.isdigit() or any(arg.name == layer.name for arg in cls.args)
    return attribute(f"has_{layer.name}" if clash else layer.name, cls)


def comment(doc: str) -> str:
    """Free text as a comment of one line."""
    from specc.diagnostics.escape import visible, width

    one = visible(" ".join(doc.split()))
    limit = layout.LIMIT - 12
    if width(one) <= limit:
        return one
    while width(one) > limit - 1:
        one = one[:-1]
    return f"{one.rstrip()}…"


def construct(tree: Tree, cls: Class) -> Doc:
    """The constructor call of a module, frozen where it is to be."""
    doc = _construct(tree, cls)
    if isinstance(tree, Copies) or tree.frozen is None or (isinstance(tree, Make) and tree.op and tree.op.own):
        return doc
    trained = _trained(tree.frozen, cls)
    assert isinstance(doc, Call), "a module is constructed by a call"
    return replace(doc, suffix=f".requires_grad_({trained})") if trained != "True" else doc


def _trained(frozen: Hole, cls: Class) -> str:
    """Whether parameters are trained, given where they are not."""
    if frozen.tree is None:
        return str(not frozen.bounds[0][1].value)
    text_ = said(frozen, cls)
    if text_.startswith("not ") and isinstance(frozen.tree, ast.UnaryOp):
        return text_.removeprefix("not ")
    return f"not ({text_})" if isinstance(frozen.tree, ast.BoolOp | ast.IfExp) else f"not {text_}"


def _construct(tree: Tree, cls: Class) -> Doc:
    if isinstance(tree, Make):
        return _make(tree, cls)
    if isinstance(tree, Chain):
        items = tuple(_item(item, cls) for item in tree.items)
        if not tree.listed:
            return containers.sequential("nn.Sequential", tree.keys, items)
        return containers.dictionary(tree.keys, items) if tree.keys else containers.listed(items)
    if once(tree.count):
        return construct(Chain([tree.item], tree.listed), cls)
    item = construct(tree.item, cls)
    return Call(
        f"nn.{'ModuleList' if tree.listed else 'Sequential'}", (_each(item, said(tree.count, cls), not tree.listed),)
    )


def _item(tree: Tree, cls: Class) -> Doc:
    """A child of a container: a comprehension is spread in it."""
    if isinstance(tree, Copies) and tree.spread:
        if once(tree.count):
            return construct(tree.item, cls)
        return _each(construct(tree.item, cls), said(tree.count, cls), True)
    return construct(tree, cls)


def _each(item: Doc, count: str, starred: bool) -> Each:
    return Each(item, f"for _ in range({count})", starred)


def _make(tree: Make, cls: Class) -> Doc:
    if tree.op is not None and tree.op.own:
        trained = "True" if tree.frozen is None else _trained(tree.frozen, cls)
        return tensors.parameter(_made(tree, cls), trained)
    if tree.op is not None:
        return _call(tree.op.python.made(arguments(written(tree.holes, cls), tree.op.leading())))
    assert tree.cls is not None
    texts = []
    for position, (arg, hole) in enumerate(zip(tree.cls.args, tree.holes, strict=True)):
        value = said(hole, cls)
        if arg.optional and value == source(arg.default):
            continue
        plain = not arg.optional and position < _POSITIONAL
        texts.append(value if plain else f"{arg.name}={value}")
    return Call(tree.cls.name, tuple(texts))


def _made(tree: Make, cls: Class) -> dict[str, tuple[Hole, str]]:
    return {hole.label: (hole, said(hole, cls)) for hole in tree.holes}


def _call(made: Made) -> Call:
    return Call(made.head, tuple(arg if isinstance(arg, str) else _call(arg) for arg in made.args))


def written(holes: Sequence[Hole], cls: Class) -> list[tuple[str, str]]:
    """The arguments a person would write, by name: expressions, and values that are not PyTorch's defaults."""
    out = []
    for hole in holes:
        assert hole.arg is not None
        if hole.tree is None and all(hole.arg.is_default(bound.value) for _, bound in hole.bounds):
            continue
        out.append((hole.label, said(hole, cls)))
    return out


def said(hole: Hole, cls: Class) -> str:
    """What stands in a hole of the constructor."""
    if hole.tree is None:
        value = hole.bounds[0][1].value
        return hole.arg.python(value) if hole.arg is not None else source(value)
    names = {arg.leaf if not isinstance(arg.leaf, int) else f"+{arg.leaf}": arg.name for arg in cls.args}

    def name(leaf: ast.expr) -> ast.expr:
        key = as_input_size(leaf) or (leaf.id if isinstance(leaf, ast.Name) else "")
        return ast.Name(names[key], ast.Load())

    tree = substitute(hole.tree, name)
    assert tree is not None, "every name has a replacement"
    return text(tree)
