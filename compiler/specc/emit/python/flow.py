"""The order of a `forward`: which layers stand in one line, what each line is called, and when a name is free again."""

from __future__ import annotations

import itertools
from collections.abc import Set
from dataclasses import dataclass, field

from specc.emit.naming import RESERVED, TAKEN, local
from specc.emit.python.classes import Class, Layer, Ref
from specc.ops.write import Operator, Writer

_PASSING = ("x", "y", "z", "u", "v", "w")  # names of values that only the next line reads
_INLINE = 60  # characters of an operand that is written inside a call


@dataclass(slots=True, eq=False)
class Step:
    """A line: a layer, with the operand that is written inside it, if any."""

    layer: Layer
    operand: Layer | None = None

    @property
    def reads(self) -> list[Ref]:
        """All values the line names, what stands in for the layer included."""
        found = []
        for layer in (self.layer, self.operand):
            if layer is None:
                continue
            inner = "" if self.operand is None else self.operand.name
            found += [ref for _, ref in layer.reads if layer is self.operand or ref[0] != inner or not inner]
            if layer.optional:
                found += layer.instead.values()
        return found


@dataclass(slots=True)
class Flow:
    """The lines of a `forward` and the variable each value is kept in."""

    steps: list[Step]
    names: dict[Ref, str]
    taken: set[str] = field(default_factory=set)


def flow(cls: Class, reserved: set[str], asked: Set[Ref] = frozenset()) -> Flow:
    """Plans the method. `reserved` are names of the file that no variable may hide, `asked` the values whose sizes are
    taken right behind the line that makes them.
    """
    steps = _steps(cls)
    taken = set(reserved)
    names: dict[Ref, str] = {}
    for k, value in enumerate(cls.scope.inputs):
        names["", k] = local(value.name, taken - TAKEN, RESERVED)
        taken.add(names["", k])
    for layer in cls.layers:
        if is_own(layer) and not layer.optional:
            names[layer.name, 0] = f"self.{layer.name}"
    _Namer(cls, steps, names, taken, asked).run()
    return Flow(steps, names, taken | set(names.values()))


def is_own(layer: Layer) -> bool:
    """Whether it is a tensor of the class, which every line reads as an attribute."""
    return layer.op is not None and layer.op.own


def _steps(cls: Class) -> list[Step]:
    layers = list(cls.layers)
    for layer in cls.layers:
        if layer.role == "shortcut":  # as early as it can be: beside the body, before `x` is used for other things
            layers.remove(layer)
            read = {ref[0] for _, ref in layer.reads}
            layers.insert(max((k + 1 for k, other in enumerate(layers) if other.name in read), default=0), layer)
    steps = [Step(layer) for layer in layers if layer.optional or not is_own(layer)]
    for before, after in itertools.pairwise(steps):
        if _joins(before.layer, after.layer, cls):
            after.operand = before.layer
            steps.remove(before)
    return steps


def _joins(layer: Layer, reader: Layer, cls: Class) -> bool:
    """Whether `layer` is an infix expression that only `reader`, a plain function, reads: `F.relu(x + shortcut)`."""
    if layer.op is None or not isinstance(layer.op.python, Operator) or layer.optional or reader.optional:
        return False
    if reader.op is None or reader.op.stateful or type(reader.op.python) is not Writer or reader.op.python.listed:
        return False
    readers = [other for other in cls.layers for _, ref in other.reads if ref[0] == layer.name]
    readers += [other for other in cls.layers if any(ref[0] == layer.name for ref in other.instead.values())]
    return readers == [reader] and all(ref[0] != layer.name for ref in cls.outputs)


class _Namer:
    def __init__(
        self, cls: Class, steps: list[Step], names: dict[Ref, str], taken: set[str], asked: Set[Ref] = frozenset()
    ) -> None:
        self.cls = cls
        self.steps = steps
        self.names = names
        self.taken = taken
        self.passing: set[Ref] = set()
        self.readers: dict[Ref, list[int]] = {}
        for position, step in enumerate(steps):
            for ref in step.reads:
                self.readers.setdefault(ref, []).append(position)
            for ref in asked:
                if ref[0] == step.layer.name:
                    self.readers.setdefault(ref, []).append(position + 1)
        for ref in cls.outputs:
            self.readers.setdefault(ref, []).append(len(steps))

    def run(self) -> None:
        reserved = self.taken | set(_PASSING)
        for position, step in enumerate(self.steps):
            for port in range(step.layer.outputs):
                ref = step.layer.name, port
                if ref not in self.readers:
                    continue
                alone = sum((step.layer.name, k) in self.readers for k in range(step.layer.outputs)) == 1
                instead = step.layer.instead.get(port) if step.layer.optional else None
                # A loop reads its further inputs again after it has assigned.
                further = [ref for _, ref in step.layer.reads[1:]] if step.layer.steps else []
                free = instead is not None and self._last(instead) <= position and instead not in further
                free = free and step.layer.role != "shortcut"  # which has a name of its own
                kept = instead is None or not free or self.names[instead].startswith("self.")  # so a parameter's is
                if instead is not None and not kept and self.names[instead] not in self._made(step):
                    self.names[ref] = self.names[instead]  # `if self.drop is not None: x = self.drop(x)`
                    if instead in self.passing:
                        self.passing.add(ref)
                elif (
                    alone
                    and step.layer.role != "branch"
                    and set(self.readers[ref]) <= {position + 1}
                    and (instead is None or step.layer.role != "shortcut")
                ):
                    self.names[ref] = self._free(position, step)
                    self.passing.add(ref)
                else:
                    self.names[ref] = self._own(step.layer, port, reserved, alone)
                    reserved.add(self.names[ref])

    def _last(self, ref: Ref) -> int:
        return max(self.readers.get(ref, [-1]))

    def _free(self, position: int, step: Step) -> str:
        """A passing name that no value read later holds; that of the value read here, where it can be."""
        live = {name for ref, name in self.names.items() if self._last(ref) > position}
        if step.layer.op is None or step.layer.steps:  # a loop reads its further inputs again after it has assigned
            live |= {self.names[ref] for _, ref in step.layer.reads[1:]}
        made = self._made(step)
        wanted = [self.names[ref] for ref in step.reads if ref in self.passing]
        for name in (*wanted, *_PASSING):
            if name not in live and name not in made and name not in self._inputs():
                return name
        raise AssertionError("fewer values pass at once than there are names for them")

    def _made(self, step: Step) -> set[str]:
        """The names of the outputs that have one by now."""
        refs = [(step.layer.name, k) for k in range(step.layer.outputs)]
        return {self.names[ref] for ref in refs if ref in self.names}

    def _inputs(self) -> set[str]:
        """Names of inputs other than `x`, which keep to themselves."""
        return {self.names["", k] for k in range(len(self.cls.scope.inputs))} - {"x"}

    def _own(self, layer: Layer, port: int, reserved: set[str], alone: bool) -> str:
        if layer.role == "shortcut" and "shortcut" not in reserved:
            return "shortcut"
        scope = layer.place.node.body
        fields = [name for name, _ in scope.outputs] if scope is not None else layer.op.fields() if layer.op else ()
        base = layer.name if port == 0 and alone else f"{layer.name}_{fields[port] if port < len(fields) else port}"
        return local(base, reserved)
