"""A graph as a picture before any layout: items, the panels they stand in, and wires; then boxes of chained rows.

`draw` follows every value through blocks, groups and repeats to the layer that makes it, so that a wire runs from
layer to layer. Repeats and straight groups are no panels of their own; identical neighbours are drawn once, with a
count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from specc.emit.arguments import value_text
from specc.emit.folding import broken, is_chain, runs
from specc.graph.ir import Graph, Node, Scope, Value
from specc.shapes.tensor import UNKNOWN, Type

MERGES = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "cat": "⌢", "stack": "stack"}


@dataclass(slots=True, eq=False)
class Panel:
    """A block or group with a frame around it."""

    node: Node
    label: str  # its path, or the range of paths it stands for
    count: int
    parent: Panel | None
    number: int
    output: Type | None = None

    @property
    def prefix(self) -> str:
        return self.node.path + "."

    def chain(self) -> Iterator[Panel]:
        """The panel and those around it, inside out."""
        panel: Panel | None = self
        while panel is not None:
            yield panel
            panel = panel.parent


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """A tensor read by an item: who makes it, its type there, and the port that reads it."""

    source: Item
    type: Type
    port: str


@dataclass(slots=True, eq=False)
class Item:
    """What is drawn as a row, a circle or a box."""

    kind: str  # "input", "output", "layer", "merge" or "folded"
    name: str  # an input's or output's; a layer's path
    node: Node | None
    type: Type  # of the first output
    panel: Panel | None
    count: int = 1
    shortcut: bool = False  # part of a residual's shortcut
    reads: list[Wire] = field(default_factory=list)
    number: int = 0
    rank: int = 0  # layers on the longest way here
    ancestors: int = 0  # a bit for each item it depends on
    readers: list[Item] = field(default_factory=list)
    skips: set[Item] = field(default_factory=set)  # sources whose wires to here are skip connections
    trunk: Item | None = None  # of a merge: the source on the main way


@dataclass(slots=True, eq=False)
class Box:
    """Items in a straight line, drawn as the rows of one box."""

    items: list[Item]

    @property
    def panel(self) -> Panel | None:
        return self.items[0].panel


@dataclass(slots=True)
class Diagram:
    items: list[Item]
    panels: list[Panel]
    boxes: list[Box]


def draw(graph: Graph, depth: int | None = None) -> Diagram:
    """The picture of a graph; what lies `depth` levels deep or more is folded into one box a node."""
    artist = _Artist(depth)
    values: dict[Value, tuple[Item, Type]] = {}
    for value in graph.root.inputs:
        values[value] = (artist.add(Item("input", value.name, None, value.type, None)), value.type)
    artist.scope(graph.root, values, None, 1, False)
    for name, value in graph.root.outputs:
        if value in values:
            item = Item("output", name, None, value.type, None)
            item.reads.append(Wire(*values[value], ""))
            artist.add(item)
    for item in artist.items:
        if item.kind == "merge":
            _find_skips(item)
    return Diagram(artist.items, artist.panels, _boxes(artist.items))


class _Artist:
    def __init__(self, depth: int | None) -> None:
        self.depth = depth
        self.items: list[Item] = []
        self.panels: list[Panel] = []
        self.joined: dict[Item, list[tuple[Item, str]]] = {}  # what every `cat` reads

    def add(self, item: Item) -> Item:
        item.number = len(self.items)
        self.items.append(item)
        for wire in item.reads:
            source = wire.source
            item.rank = max(item.rank, source.rank + 1)
            item.ancestors |= source.ancestors | 1 << source.number
            if item not in source.readers:
                source.readers.append(item)
        return item

    def scope(
        self, scope: Scope, values: dict[Value, tuple[Item, Type]], panel: Panel | None, level: int, shortcut: bool
    ) -> None:
        """Draws the scope's nodes; `values` says who makes each of its values and is filled with what they make."""
        for run in runs(scope):
            node, count = run[0], len(run)
            aside = shortcut or node.role == "shortcut"
            whole = count > 1 and count == len(scope.nodes) and scope.kind == "repeat"
            path = node.path
            label = path if count == 1 else path.rpartition(".")[0] if whole else f"{path} – {run[-1].name}"
            inner = None if node.body is None or self._too_deep(level) else node.body
            if inner is None:
                made = self._item(node, values, panel, count, label, aside)
                values.update({value: (made, value.type) for value in run[-1].outputs})
                values.update({value: (made, value.type) for value in node.outputs})
                continue
            here = panel
            if _framed(node, count):
                here = Panel(node, label, count, panel, len(self.panels))
                here.output = node.outputs[0].type if node.outputs else None
                self.panels.append(here)
            self._open(node, inner, values, here, level, aside)
            for value, outer in zip(node.outputs, run[-1].outputs, strict=False):
                if value in values:
                    values[outer] = values[value]

    def _too_deep(self, level: int) -> bool:
        return self.depth is not None and level >= self.depth

    def _open(
        self,
        node: Node,
        inner: Scope,
        values: dict[Value, tuple[Item, Type]],
        panel: Panel | None,
        level: int,
        aside: bool,
    ) -> None:
        ports = {i.port: i.value for i in node.inputs}
        for place, value in enumerate(inner.inputs):
            outer = ports.get(value.name) or (node.inputs[place].value if place < len(node.inputs) else None)
            if outer in values:
                values[value] = values[outer]
        self.scope(inner, values, panel, level + 1, aside)
        for value, (_, made) in zip(node.outputs, inner.outputs, strict=False):
            if made in values:
                values[value] = (values[made][0], value.type)

    def _item(
        self,
        node: Node,
        values: dict[Value, tuple[Item, Type]],
        panel: Panel | None,
        count: int,
        label: str,
        aside: bool,
    ) -> Item:
        wires = [Wire(*values[i.value], i.port) for i in node.inputs if i.value in values]
        distinct = {wire.source for wire in wires}
        kind = "layer" if node.body is None else "folded"
        if node.op is not None and node.op.name in MERGES and len(distinct) > 1 and node.error is None:
            kind = "merge"
        type_ = node.outputs[0].type if node.outputs else UNKNOWN
        item = Item(kind, label, node, type_, panel, count, aside, wires)
        if kind == "merge" and node.kind == "cat":
            self.joined[item] = [(wire.source, str(wire.type)) for wire in wires]
            item.reads = self._joined(item)
        return self.add(item)

    def _joined(self, item: Item) -> list[Wire]:
        """A `cat` that starts with all that an earlier one joined reads that one: cat(a, b, c) is cat(cat(a, b), c).

        A dense block is drawn with a wire a layer, not with one for every pair of layers.
        """
        for earlier in reversed(list(self.joined)[:-1]):
            joined, mine = self.joined[earlier], [(wire.source, str(wire.type)) for wire in item.reads]
            same = joined == mine[: len(joined)] and _arguments(earlier) == _arguments(item)
            if same and len(joined) < len(mine):
                return [Wire(earlier, earlier.type, item.reads[0].port), *item.reads[len(joined) :]]
        return item.reads


def _arguments(item: Item) -> list[tuple[str, str]]:
    return [(name, value_text(bound.value)) for name, bound in item.node.args.items()] if item.node is not None else []


def _framed(node: Node, count: int) -> bool:
    """Whether an open composite gets a panel: a repeat never does, a straight group only to carry its count."""
    assert node.body is not None
    if node.body.kind == "repeat":
        return False
    return count > 1 or node.body.kind == "block" or not is_chain(node.body) or (broken(node) and bool(node.error))


def _find_skips(merge: Item) -> None:
    """Tells the main way into a merge from the ways that skip ahead, and marks the wires of the latter."""
    sources = list(dict.fromkeys(wire.source for wire in merge.reads))
    merge.trunk = max(sources, key=lambda s: (not s.shortcut, s.rank, s.number))
    for source in sources:
        if source is merge.trunk:
            continue
        way = _way_back(source)
        start = way[-1].reads[0].source if way and way[-1].reads else source
        forked = bool(merge.trunk.ancestors >> start.number & 1)
        short = len(way) <= 3 and merge.node is not None and merge.node.kind in ("add", "sub", "mul", "div")
        if not forked or not (not way or source.shortcut or short):
            continue
        merge.skips.add(source)
        for item in way:
            item.skips.update(wire.source for wire in item.reads)


def _way_back(item: Item) -> list[Item]:
    """The layers from `item` back to a fork, themselves read by nobody else; empty where `item` is the fork."""
    way: list[Item] = []
    while item.kind in ("layer", "folded") and len(item.readers) == 1 and len({w.source for w in item.reads}) == 1:
        way.append(item)
        item = item.reads[0].source
    return way


def _boxes(items: list[Item]) -> list[Box]:
    boxes: list[Box] = []
    home: dict[Item, Box] = {}
    for item in items:
        sources = list(dict.fromkeys(wire.source for wire in item.reads))
        last = sources[0] if len(sources) == 1 else None
        joins = (
            last is not None
            and item.kind == last.kind == "layer"
            and len(last.readers) == 1
            and item.panel is last.panel
            and item.shortcut == last.shortcut
        )
        if joins and last is not None:
            home[item] = home[last]
            home[item].items.append(item)
        else:
            home[item] = Box([item])
            boxes.append(home[item])
    return boxes
