"""The `forward` of a class."""

from __future__ import annotations

import ast
import itertools
import re
from string import Formatter

from specc.emit.naming import AMBIGUOUS, local
from specc.emit.python import layout
from specc.emit.python.classes import Class, Layer, Ref
from specc.emit.python.flow import Flow, Step, flow
from specc.emit.python.initial import flag, member
from specc.emit.python.layout import Call, Doc
from specc.emit.python.places import dim_at, leaves
from specc.emit.python.signature import attribute, calls
from specc.emit.python.text import operand, power, text
from specc.emit.python.tree import Chain, Copies, Hole, once
from specc.graph.origins import as_input_size, substitute
from specc.ops.arguments import source
from specc.ops.declare import Op
from specc.ops.write import Operator, arguments
from specc.shapes.tensor import TensorType

Size = tuple[str, int]


class Forward:
    """Writes the lines of one `forward`."""

    def __init__(self, cls: Class, reserved: set[str], asked: list[Size]) -> None:
        self.cls = cls
        sizes = list(dict.fromkeys([*asked, *_run_time_sizes(cls)]))
        inputs = {value.name for value in cls.scope.inputs}
        makers = {
            value.name: (layer.name, port)
            for layer in cls.layers
            for port, value in enumerate(layer.place.node.outputs)
        }
        # Sizes of what layers give are asked right after it is there: no later line may overwrite it before.
        self.later = {size: makers[size[0]] for size in sizes if size[0] not in inputs}
        self.flow: Flow = flow(cls, reserved, set(self.later.values()))
        self.sizes = {size: self._size_name(size) for size in sizes}

    def _size_name(self, size: Size) -> str:
        scope = self.cls.scope
        symbols = {place: name for name, place in (*scope.fresh.items(), *scope.symbols.items())}
        name = symbols.get(size) or f"{size[0]}_{self._axis(size)}"
        lower = name.lower() if name.lower() not in AMBIGUOUS else f"{size[0]}_{name.lower()}"
        chosen = local(lower if lower.isidentifier() else name, self.flow.taken)
        self.flow.taken.add(chosen)
        return chosen

    def _axis(self, size: Size) -> str:
        """An axis by the symbol that it is, else by its number."""
        given = next((value.type for value in self.cls.scope.inputs if value.name == size[0]), None)
        dim = dim_at(given, size[1]) if given is not None else None
        symbol = dim.as_symbol if dim is not None else None
        return symbol.lower() if symbol else f"size{abs(size[1])}"

    def head(self, checks: list[str]) -> list[str]:
        """The head of the method, the sizes it asks for, and the checks given."""
        args = tuple(f"{self.flow.names['', k]}: Tensor" for k in range(len(self.cls.scope.inputs)))
        several = f"tuple[{', '.join('Tensor' for _ in self.cls.outputs) or '()'}]"
        result = "Tensor" if len(self.cls.outputs) == 1 else several
        return [*layout.lines("def ", Call("forward", ("self", *args)), 1, f" -> {result}:"), *self._ask(), *checks]

    def lines(self, checks: list[str]) -> list[str]:
        """The method: its head, then a line a layer."""
        out = self.head(checks)
        shown = self._shape(("", 0)) if self.cls.scope.inputs else None
        steps = self.flow.steps
        returned = bool(steps) and self._returns(steps[-1])
        for step in steps[:-1] if returned else steps:
            shape = self._made(step) if not step.layer.optional else None
            out += layout.commented(self._step(step), shape if shape and shape != shown else "", 2)
            out += self._found(step)
            shown = shape or shown
        if returned:
            last = steps[-1]
            shape = self._made(last)
            code = layout.lines("return ", document(self._expression(last)), 2)
            return [*out, *layout.commented(code, shape if shape and shape != shown else "", 2)]
        values = [self.flow.names[ref] for ref in self.cls.outputs]
        return [*out, *layout.listed("return ", values or ["()"], 2)]

    # Sizes -------------------------------------------------------------------------------------------------------

    def _ask(self) -> list[str]:
        """`n, _, h, w = image.shape`, for the sizes that the method names."""
        out = []
        for k, value in enumerate(self.cls.scope.inputs):
            wanted = {axis: name for (given, axis), name in self.sizes.items() if given == value.name}
            ranks = {_rank(use.scope.inputs[k].type) for use in self.cls.uses}
            rank = ranks.pop() if len(ranks) == 1 else None
            variable = self.flow.names["", k]
            if len(wanted) > 1 and rank and all(axis >= 0 for axis in wanted):
                names = [wanted.get(axis, "_") for axis in range(rank)]
                out += layout.listed("", names, 2, f" = {variable}.shape")
            else:
                out += [f"        {name} = {variable}.shape[{axis}]" for axis, name in wanted.items()]
        return out

    def _found(self, step: Step) -> list[str]:
        """`keep_k = keep.shape[0]`, for the sizes that later lines name."""
        wanted = {size: ref for size, ref in self.later.items() if ref[0] == step.layer.name}
        lines = [
            f"        {self.sizes[size]} = {self.flow.names[ref]}.shape[{size[1]}]" for size, ref in wanted.items()
        ]
        if not step.layer.optional or not lines:
            return lines
        return [f"        if {self._there(step.layer)}:", *(f"    {line}" for line in lines)]

    def _shape(self, ref: Ref) -> str | None:
        """The shape of a value where it is the same in all uses."""
        texts = set()
        for n, use in enumerate(self.cls.uses):
            if ref[0] == "":
                type_ = use.scope.inputs[ref[1]].type
            else:
                place = self.cls.layer(ref[0]).places[n]
                if place is None:
                    continue
                type_ = place.node.outputs[ref[1]].type
            texts.add(str(type_) if isinstance(type_, TensorType) else "")
        return texts.pop() if len(texts) == 1 else None

    def _made(self, step: Step) -> str | None:
        port = next((k for k in range(step.layer.outputs) if (step.layer.name, k) in self.flow.names), None)
        return None if port is None else self._shape((step.layer.name, port))

    # Lines -------------------------------------------------------------------------------------------------------

    def _returns(self, step: Step) -> bool:
        """Whether the last line is the value returned."""
        layer = step.layer
        if layer.optional or layer.outputs != 1 or _unpacked(self._called(layer)) or self._repeated(layer):
            return False
        return self.cls.outputs == [(layer.name, 0)]

    def _repeated(self, layer: Layer) -> bool:
        listed = isinstance(layer.tree, Copies | Chain) and layer.tree.listed
        return (listed or bool(layer.steps)) and self._called(layer) is layer

    def _called(self, layer: Layer) -> Layer:
        """The layer, or the copy of a repeat that has no other."""
        tree, alone = layer.tree, len(layer.steps) == 1
        if layer.shared:
            alone = layer.count is not None and once(layer.count)
        elif isinstance(tree, Copies):
            alone = alone and once(tree.count)
        elif isinstance(tree, Chain):
            alone = alone and len(tree.items) == 1 and not isinstance(tree.items[0], Copies)
        else:
            alone = alone and layer.count is not None and once(layer.count)
        return layer.steps[0] if alone else layer

    def _step(self, step: Step) -> list[str]:
        layer = step.layer
        if self._repeated(layer):
            return self._repeat(layer)
        value = document(self._expression(step))
        target = self._target(layer)
        if not layer.optional:
            return _assigned(target, value, 2)
        there = self._there(layer)
        instead = self._instead(layer)
        if not instead or _unpacked(self._called(layer)):
            return [f"        if {there}:", *_assigned(target, value, 3), *_otherwise(instead)]
        text_, other = layout.flat(value), instead[target]
        if layer.tree is not None and not layer.share and not layer.name.isdigit():
            return layout.chosen(f"{target} = ", other, f"{member(layer.name)} is None", text_, 2)
        return layout.chosen(f"{target} = ", text_, there, other, 2)

    def _instead(self, layer: Layer) -> dict[str, str]:
        """What the variables of an optional layer hold where it is left out, but for those that hold it already."""
        names = self.flow.names
        pairs = {(layer.name, port): ref for port, ref in sorted(layer.instead.items())}
        return {names[out]: names[ref] for out, ref in pairs.items() if out in names and names[out] != names[ref]}

    def _there(self, layer: Layer) -> str:
        if layer.tree is None or layer.share:
            return f"self.{flag(layer, self.cls)}"
        return f'"{layer.name}" in self' if layer.name.isdigit() else f"{member(layer.name)} is not None"

    def _target(self, layer: Layer) -> str:
        """What stands at the left of `=`; empty where nothing reads the layer."""
        names = [self.flow.names.get((layer.name, k), "_") for k in range(layer.outputs)]
        if all(name == "_" for name in names):
            return ""
        called = self._called(layer)
        if called is not layer:
            names += ["_"] * (called.outputs - 1)
        return _spread(names, called.op) if _unpacked(called) else names[0]

    def _expression(self, step: Step) -> str:
        if step.operand is None:
            return self._call(step.layer, {})
        operand = self._call(step.operand, {})
        return self._call(step.layer, {(step.operand.name, 0): operand})

    def _call(self, layer: Layer, inner: dict[Ref, str]) -> str:
        values = [(port, inner.get(ref) or self.flow.names[ref]) for port, ref in layer.reads]
        copy = self._called(layer)
        if copy is not layer:
            module = "" if layer.tree is None else member(layer.module) + ("" if layer.shared else "[0]")
            return self._applied(copy, self._given(copy, [value for _, value in values]), module)
        return self._applied(layer, values)

    def _applied(self, layer: Layer, values: list[tuple[str, str]], module: str = "") -> str:
        """The call of a layer: of the child that bears its name, or of the `module` given."""
        op = layer.op
        module = module or member(layer.module)
        if op is None:
            return f"{module}({', '.join(value for _, value in values)})"
        written = self._written(layer)
        inputs = _positions(values, [port for port, _, _ in op.ports()])
        if op.stateful:
            return op.python.apply(module, inputs, arguments(written, ()))
        args = arguments(written, op.leading())
        if not op.inputs and self.cls.scope.inputs:  # what is made from nothing is made where the input is
            args.append(f"device={self.flow.names['', 0]}.device")
        if isinstance(op.python, Operator) and args == [text_ for _, text_ in written]:
            args = [operand(arg, op.python.target) for arg in args]
            if op.python.target == "**" and len(inputs) + len(args) == 2:
                return power(*inputs, *args)
        return op.python.call(inputs, args)

    def _written(self, layer: Layer) -> list[tuple[str, str]]:
        out = []
        for hole in layer.called:
            assert hole.arg is not None
            if hole.tree is None and all(hole.arg.is_default(bound.value) for _, bound in hole.bounds):
                continue
            out.append((hole.label, self.said(hole)))
        return out

    def said(self, hole: Hole) -> str:
        """What stands in a hole of the method: params are attributes, sizes are local names."""
        if hole.tree is None:
            value = hole.bounds[0][1].value
            return hole.arg.python(value) if hole.arg is not None else source(value)
        names = {arg.leaf if isinstance(arg.leaf, str) else f"+{arg.leaf}": arg.name for arg in self.cls.args}

        def name(leaf: ast.expr) -> ast.expr:
            size = as_input_size(leaf)
            if size is not None:
                return ast.Name(self.sizes[size], ast.Load())
            assert isinstance(leaf, ast.Name)
            return ast.Name(f"self.{attribute(names[leaf.id], self.cls)}", ast.Load())

        tree = substitute(hole.tree, name)
        assert tree is not None, "every name has a replacement"
        return text(tree)

    # Repeats -----------------------------------------------------------------------------------------------------

    def _repeat(self, layer: Layer) -> list[str]:
        """A loop, or functions one after the other: a variable is carried along, further inputs go to every copy."""
        read = [self.flow.names[ref] for _, ref in layer.reads]
        target = self._target(layer) or local(layer.name, self.flow.taken)
        write = self._functions if layer.tree is None else self._loop
        if not layer.optional:
            start = [] if target == read[0] else [f"        {target} = {read[0]}"]
            return [*start, *write(layer, target, read[1:], 2)]
        instead = self.flow.names[layer.instead[0]] if layer.instead else read[0]
        out = [] if target == instead else [f"        {target} = {instead}"]
        out.append(f"        if {self._there(layer)}:")
        start = [] if target == read[0] or instead == read[0] else [f"            {target} = {read[0]}"]
        return [*out, *start, *write(layer, target, read[1:], 3)]

    def _loop(self, layer: Layer, target: str, further: list[str], depth: int) -> list[str]:
        pad = layout.INDENT * depth
        list_ = member(layer.module)
        if layer.shared and layer.count is not None:
            body = self._copy(layer.steps[0], [target, *further], list_, depth + 1)
            return [f"{pad}for _ in range({self.said(layer.count)}):", *body]
        if len(layer.steps) > 1:  # called with other arguments each
            keys = _keys(layer) or range(len(layer.steps))
            return [
                line
                for k, copy in zip(keys, layer.steps, strict=True)
                for line in self._copy(copy, [target, *further], f"{list_}[{source(k)}]", depth)
            ]
        if not layer.steps:
            return []  # no copies at all
        variable = local("layer", self.flow.taken)
        body = self._copy(layer.steps[0], [target, *further], variable, depth + 1)
        return [f"{pad}for {variable} in {list_}{'.values()' if _keys(layer) else ''}:", *body]

    def _functions(self, layer: Layer, target: str, further: list[str], depth: int) -> list[str]:
        out: list[str] = []
        if layer.count is not None:
            out.append(f"{layout.INDENT * depth}for _ in range({self.said(layer.count)}):")
            depth += 1
        for step in layer.steps:
            out += self._copy(step, [target, *further], "", depth)
        return out

    def _copy(self, copy: Layer, carried: list[str], module: str, depth: int) -> list[str]:
        """A copy of a repeat; `carried` are the texts of the repeat's inputs, of which the first takes the result."""
        values = self._given(copy, carried)
        first = carried[0]
        made = _spread([first, *("_" for _ in range(copy.outputs - 1))], copy.op) if _unpacked(copy) else first
        return layout.lines(f"{made} = ", document(self._applied(copy, values, module)), depth)

    def _given(self, copy: Layer, carried: list[str]) -> list[tuple[str, str]]:
        """What a copy reads, by port."""
        places = {id(value): k for k, value in enumerate(copy.place.scope.inputs)}
        # All but the first copy read the copy before in place of the repeat's first input.
        return [(read.port, carried[places.get(id(read.value), 0)]) for read in copy.place.node.inputs]


def _keys(layer: Layer) -> tuple[str, ...]:
    """What the children of a ModuleDict are called in it."""
    return layer.tree.keys if isinstance(layer.tree, Chain) else ()


def _assigned(target: str, value: Doc, depth: int) -> list[str]:
    if ", " in target and "(" not in target:
        spread = layout.listed("", target.split(", "), depth, f" = {layout.flat(value)}")
        if len(spread) > 1:
            return spread
    return layout.lines(f"{target} = " if target else "", value, depth)


def _otherwise(instead: dict[str, str]) -> list[str]:
    """The other case of a call that gives several tensors: a statement, since one reader's stand-in is no other's."""
    if not instead:
        return []
    if len(set(instead.values())) == 1:
        given = [*instead, *set(instead.values())]
        return ["        else:", f"            {' = '.join(given)}"]
    # All at once: one may be named as another's stand-in is.
    return ["        else:", *layout.listed(f"{', '.join(instead)} = ", list(instead.values()), 3)]


def _spread(names: list[str], op: type[Op] | None) -> str:
    """Names for the tensors that a call gives, `_` for those that go unnamed, in the form that the op gives them."""
    if op is not None and op.unpack:
        fields = [field for _, field, _, _ in Formatter().parse(op.unpack) if field]
        packed = op.unpack.format(**dict(zip(fields, [*names, *("_" for _ in fields)], strict=False)))
        return re.sub(r"\((_, )*_,?\)", "_", packed)
    more = len(op.outputs) - len(names) if op is not None else 0
    spread = [*names, *("_" for _ in range(more))]
    return ", ".join(spread) if len(spread) > 1 else f"({spread[0]},)"


def _positions(values: list[tuple[str, str]], ports: list[str]) -> list[str]:
    """Inputs in the order of the ports; after one left out, by their names."""
    given = {port for port, _ in values}
    skipped = False
    out: list[str] = []
    for port in ports:
        if port not in given:
            skipped = True
        out += [f"{port}={value}" if skipped else value for name, value in values if name == port]
    return out


def _unpacked(layer: Layer) -> bool:
    """Whether the call gives several tensors."""
    return layer.outputs > 1 or (layer.op is not None and layer.op.packed(layer.outputs))


def _run_time_sizes(cls: Class) -> list[Size]:
    return [
        leaf
        for hole in calls(cls)
        if hole.tree is not None and hole.runtime
        for leaf in leaves(hole.tree)
        if isinstance(leaf, tuple)
    ]


def _rank(type_: object) -> int | None:
    return type_.rank if isinstance(type_, TensorType) else None


def document(code: str) -> Doc:
    """A call or a list as a tree that can be broken at its items; anything else as it is."""
    if code[-1:] not in (")", "]"):
        return code
    found = _brackets(code)
    if found is None:
        return code
    start, cuts = found
    head = code[:start]
    if code[start] == "[" and head:
        return code  # a subscript
    edges = [start, *cuts, len(code) - 1]
    items = [code[a + 1 : b].strip() for a, b in itertools.pairwise(edges)]
    if head[-1:] in ("", "=") and code[start] == "(" and not any(items[1:]):
        return code  # a tuple of one, whose comma makes it one
    return Call(head, tuple(document(item) for item in items if item), False, code[start] + code[-1])


def _brackets(code: str) -> tuple[int, list[int]] | None:
    """Where the last bracket of a text opens and the commas directly in it, unless it is within another."""
    cuts: list[int] = []
    stack: list[tuple[int, list[int]]] = []
    quote = ""
    for place, character in enumerate(code):
        if quote:
            quote = "" if character == quote and code[place - 1] != "\\" else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            stack.append((place, cuts))
            cuts = []
        elif character in ")]}":
            start, outer = stack.pop()
            if place == len(code) - 1:
                return None if stack else (start, cuts)
            cuts = outer
        elif character == ",":
            cuts.append(place)
    return None
