"""Graph → DOT: the picture in the language of graphviz.

All text passes `_text` (labels, which are graphviz's HTML) or `quoted` (attributes). Only `Arial`'s widths are built
into every engine, so it is what the text names; `emit.svg` puts a stack of fonts in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specc.emit.arguments import brief, cut
from specc.emit.binding import Binding, binding
from specc.emit.costs import leaves, macs, parameters, value_of
from specc.emit.diagram import MERGES, Box, Diagram, Item, Panel, Wire, draw
from specc.emit.labels import cell, markup, markup_lines, quoted, reserved_width, row, styled, table, wrapped
from specc.emit.numbers import plural, short, thousands
from specc.emit.palette import Theme, Tint, theme, tint
from specc.emit.shape_text import shape_text, typed_text
from specc.graph.ir import Graph, Node
from specc.shapes.tensor import Type

FONT = "Arial"
PAGE_WIDTH = 7.5  # inches; a wider picture is scaled down to it
_MESSAGE_COLUMNS = 52


def to_dot(graph: Graph, *, depth: int | None = None, bind: Mapping[str, int] | None = None, dark: bool = False) -> str:
    """The graph as DOT text, deterministic; `depth` folds what lies deeper, `bind` gives open sizes their numbers.

    The title's totals count at `bind`, at the training data's size, or at a usual one, and say which.
    """
    return "\n".join(_Writer(graph, depth, binding(graph, bind), theme(dark)).lines()) + "\n"


class _Writer:
    def __init__(self, graph: Graph, depth: int | None, bound: Binding, colours: Theme) -> None:
        self.graph = graph
        self.bound = bound
        self.colours = colours
        self.diagram: Diagram = draw(graph, depth)
        self.names = {item: f"n{box.items[0].number}" for box in self.diagram.boxes for item in box.items}
        self.boxes = {item: box for box in self.diagram.boxes for item in box.items}

    def lines(self) -> Iterator[str]:
        c = self.colours
        yield "digraph specc {"
        yield f'  graph [bgcolor="{c.page}" fontname="{FONT}" fontsize=10 fontcolor="{c.ink}" labelloc=t labeljust=l'
        yield f'    nodesep=0.3 ranksep=0.3 pad=0.2 size="{PAGE_WIDTH},1000" outputorder=edgesfirst'
        yield f"    tooltip={quoted(self.graph.name)} label=<{self._title()}>]"
        yield f'  node [shape=plain fontname="{FONT}" fontsize=10 fontcolor="{c.ink}" color="{c.border}"]'
        yield f'  edge [fontname="{FONT}" fontsize=8 fontcolor="{c.quiet}" color="{c.line}" arrowsize=0.6 penwidth=1]'
        yield from self._inside(None, "  ")
        yield from self._edges()
        yield "}"

    # Title -------------------------------------------------------------------------------------------------------

    def _title(self) -> str:
        nodes = list(leaves_of(self.graph))
        parts = [plural(parameters(nodes), "parameter")]
        total = value_of(macs(n for n in nodes if n.error is None), self.bound.counting)
        if isinstance(total, int):
            where = f" at {self.bound.text}" if self.bound.text else ""
            parts.append(f"{short(total)} multiply-adds{where}")
        elif total is not None:
            parts.append(f"{cut(str(total), 60)} multiply-adds")
        c = self.colours
        rows = [
            row(cell(styled(self.graph.name, 15, c.ink, bold=True), left=True)),
            row(cell(styled(" · ".join(parts), 9, c.quiet), left=True)),
        ]
        errors = sum(node.error is not None for node in self.graph.root.walk())
        if errors:
            rows.append(row(cell(styled(plural(errors, "error"), 9, c.error.text, bold=True), left=True)))
        return table("".join(rows), padding=1)

    # Panels and nodes --------------------------------------------------------------------------------------------

    def _inside(self, panel: Panel | None, pad: str) -> Iterator[str]:
        """Boxes and panels that stand directly in `panel`, in the order of execution."""
        opened: set[Panel] = set()
        for box in self.diagram.boxes:
            inner = self._child(panel, box)
            if inner is None and box.panel is panel:
                yield from self._box(box, pad)
            elif inner is not None and inner not in opened:
                opened.add(inner)
                yield from self._panel(inner, pad)

    @staticmethod
    def _child(panel: Panel | None, box: Box) -> Panel | None:
        """The panel directly inside `panel` around the box, if there is one."""
        last: Panel | None = None
        for around in box.panel.chain() if box.panel is not None else ():
            if around is panel:
                return last
            last = around
        return last if panel is None else None

    def _panel(self, panel: Panel, pad: str) -> Iterator[str]:
        c = self.colours
        body = panel.node.body
        cells = [
            cell(styled(panel.label, 10, c.ink, bold=True), left=True, least=reserved_width(panel.label, 10, bold=True))
        ]
        if body is not None and body.title:
            cells.append(cell(styled(body.title, 10, c.quiet), left=True, least=reserved_width(body.title, 10)))
        if panel.node.share:
            said = f"weights of {panel.node.share}"
            cells.append(cell(styled(said, 10, c.quiet), left=True, least=reserved_width(said, 10)))
        if panel.count > 1:
            cells.append(cell(styled(f"×{panel.count}", 10, c.ink, bold=True)))
        if panel.node.error is not None:
            cells.append(cell(styled(cut(panel.node.error, _MESSAGE_COLUMNS), 9, c.error.text)))
        fill = c.panel if panel.parent is None or panel.parent.parent is not None else c.nested
        edge = c.border if panel.node.error is None else c.error.text
        lines = [*self._tip_head(panel.label, panel.node.kind, panel.count), *self._tip_costs(panel.node, panel.count)]
        yield f"{pad}subgraph cluster_{panel.number} {{"
        yield f'{pad}  graph [style="rounded,filled" fillcolor="{fill}" color="{edge}" margin=8 labeljust=l'
        yield f"{pad}    id={quoted('p:' + panel.node.path)} tooltip={quoted(*lines)}"
        yield f"{pad}    label=<{table(row(''.join(cells)), padding=2)}>]"
        yield from self._inside(panel, pad + "  ")
        yield f"{pad}}}"

    def _box(self, box: Box, pad: str) -> Iterator[str]:
        item = box.items[0]
        name = self.names[item]
        tips = [line for row in box.items for line in ([*self._tip(row), ""] if len(box.items) > 1 else self._tip(row))]
        common = f"tooltip={quoted(*tips)}"
        if item.kind in ("input", "output"):
            yield f"{pad}{name} [{common} label=<{self._terminal(item)}>]"
        elif item.kind == "merge":
            yield f"{pad}{name} [{common} id={quoted('p:' + item.name)} {self._merge(item)}]"
        else:
            yield f"{pad}{name} [{common} label=<{self._rows(box)}>]"

    def _terminal(self, item: Item) -> str:
        c = self.colours
        shape = typed_text(item.type, self.bound)
        colour = c.error.text if shape.startswith("?") else c.quiet
        cells = cell(styled(item.name, 10, c.ink, bold=True), least=reserved_width(item.name, 10, bold=True))
        cells += cell(styled(shape, 9, colour))
        return table(row(cells), border=1, colour=c.ink, padding=4, background=c.page)

    def _merge(self, item: Item) -> str:
        c = self.colours
        sign = MERGES[item.node.kind] if item.node is not None else "?"
        drawn = f'style=filled fillcolor="{c.page}" color="{c.ink}" fontcolor="{c.ink}"'
        if len(sign) == 1:
            return f"shape=circle fixedsize=true width=0.24 fontsize=13 {drawn} label={quoted(sign)}"
        return f'shape=box margin="0.06,0.02" height=0.2 width=0.2 fontsize=9 {drawn} label={quoted(sign)}'

    def _rows(self, box: Box) -> str:
        """One tint fills the box; rows of several stand on a card, so that they keep clear of its round corners."""
        tints = {self._tint(item).background for item in box.items}
        plain = len(tints) == 1
        rows = "".join(self._item_rows(i, last=i is box.items[-1], plain=plain) for i in box.items)
        if plain:
            return table(rows, border=1, colour=self._frame(box), background=tints.pop())
        card = row(cell(table(rows)))
        return table(card, border=1, colour=self._frame(box), background=self.colours.page, padding=4)

    def _tint(self, item: Item) -> Tint:
        if item.node is not None and item.node.error is not None:
            return self.colours.error
        return tint(self.colours, item.node.op.family if item.node is not None and item.node.op is not None else None)

    def _frame(self, box: Box) -> str:
        return self.colours.error.text if any(i.node and i.node.error for i in box.items) else self.colours.border

    def _item_rows(self, item: Item, *, last: bool, plain: bool) -> str:
        node = item.node
        assert node is not None
        c = self.colours
        shade = self._tint(item)
        title = kind_of(node, item.count)
        name = item.name
        if item.panel is not None:
            name = name.removeprefix(item.panel.prefix)
        details = [name if name else item.name]
        more = brief(node) if node.body is None else plural(self._parameters(item), "parameter")
        details += [more] if more else []
        details += [f"weights of {node.share or node.module}"] if node.share or node.borrows else []
        text = " · ".join(details)
        ids = f' ID="{markup("p:" + node.path)}" TOOLTIP="{markup_lines(self._tip(item))}"'
        look = ' VALIGN="TOP"' + ("" if plain else f' BGCOLOR="{shade.background}"')  # sizes 10 and 9 in line
        left = cell(
            styled(title, 10, shade.text, bold=True),
            left=True,
            least=reserved_width(title, 10, bold=True),
            more=look + ids,
        )
        port = ' PORT="o"' if last else ""
        right = cell(styled(text, 9, c.ink), left=True, least=reserved_width(text, 9), more=look + ids + port)
        rows = row(left + right)
        if node.error is not None:
            said = '<BR ALIGN="LEFT"/>'.join(markup(line) for line in wrapped(node.error, _MESSAGE_COLUMNS))
            message = f'<FONT POINT-SIZE="9" COLOR="{c.error.text}">{said}<BR ALIGN="LEFT"/></FONT>'
            rows += f'<TR><TD ALIGN="LEFT" BALIGN="LEFT" COLSPAN="2"{look}>{message}</TD></TR>'
        return rows

    @staticmethod
    def _parameters(item: Item) -> int:
        assert item.node is not None
        return parameters(leaves(item.node)) * (1 if item.node.module else item.count)  # of one module, or of each

    # Tooltips ----------------------------------------------------------------------------------------------------

    def _tip(self, item: Item) -> list[str]:
        if item.node is None:
            return [f"{item.kind} {item.name}: {typed_text(item.type, self.bound)}"]
        node = item.node
        lines = self._tip_head(item.name, node.kind, item.count)
        if node.error is not None:
            lines.append(f"error: {node.error}")
        taken = ", ".join(shape_text(i.value.type, self.bound, batch=True) for i in node.inputs)
        made = ", ".join(shape_text(v.type, self.bound, batch=True) for v in node.outputs)
        lines.append(f"{taken or 'nothing'} → {made or '?'}")
        return [*lines, *self._tip_costs(node, item.count), *([node.doc] if node.doc else [])]

    @staticmethod
    def _tip_head(path: str, kind: str, count: int) -> list[str]:
        return [f"{path}: {kind}" + (f" ×{count}" if count > 1 else "")]

    def _tip_costs(self, node: object, count: int) -> list[str]:
        from specc.graph.ir import Node

        assert isinstance(node, Node)
        below = list(leaves(node))
        each = " each" if count > 1 else ""
        own = "" if node.module else each
        lines = [f"{plural(parameters(below), 'parameter')}{own}"] if parameters(below) else []
        total = value_of(macs(below), self.bound.counting)
        if total is not None and total != 0:
            shown = thousands(total) if isinstance(total, int) else cut(str(total), 80)
            where = f" at {self.bound.text}" if self.bound.text else ""
            lines.append(f"{shown} multiply-adds{each}{where}")
        return lines

    # Edges -------------------------------------------------------------------------------------------------------

    def _edges(self) -> Iterator[str]:
        announced: dict[Item, str] = {}
        for item in self.diagram.items:
            heard = ""
            wires = sorted(item.reads, key=lambda w: (w.source in item.skips, w.source is not item.trunk))
            drawn: set[tuple[Item, str]] = set()
            several = (
                len({w.port for w in item.reads}) > 1
                and len({w.source for w in item.reads}) > 1
                and item.kind != "merge"
            )
            for wire in wires:
                shape = self._said(wire.type)
                if self.boxes[wire.source] is self.boxes[item] or (wire.source, shape) in drawn:
                    heard = heard or announced.get(wire.source, "")
                    continue
                drawn.add((wire.source, shape))
                known = announced.get(wire.source, "")
                conflict = item.node is not None and item.node.error is not None
                telling = conflict or (shape != known and self._worth_a_label(wire, item, shape))
                if telling and wire.source not in item.skips:
                    announced[wire.source] = shape  # its other readers know it too
                heard = heard or (shape if telling else known)
                yield self._edge(wire, item, shape if telling else "", wire.port if several else "")
            announced[item] = self._said(item.type) if item.kind == "input" else heard

    def _said(self, type_: Type) -> str:
        return shape_text(type_, self.bound)

    def _worth_a_label(self, wire: Wire, item: Item, shape: str) -> bool:
        if shape == "?":
            return True
        if item.kind == "output":
            return False
        if item.kind == "merge" and item.node is not None and item.node.kind not in ("cat", "stack"):
            return shape != self._said(item.type)
        # Inside a panel the shape that leaves it waits for the way out.
        inside = item.panel is not None and wire.source.panel is item.panel and item.panel.output is not None
        return not (inside and item.panel is not None and shape == self._said(item.panel.output or item.type))

    def _edge(self, wire: Wire, item: Item, label: str, port: str) -> str:
        c = self.colours
        source = wire.source
        skip = source in item.skips
        attributes = []
        tail, head = self.names[source], self.names[item]
        bad = label == "?" or (item.node is not None and item.node.error is not None)
        if bad:
            attributes.append(f'color="{c.error.text}" penwidth=1.4')
        elif skip:
            attributes.append(f'color="{c.skip}" penwidth=2 weight=1')
            if item.kind == "merge" and len(source.readers) > 1:
                tail, head = f"{tail}:o:e" if source.kind in ("layer", "folded") else f"{tail}:e", f"{head}:e"
        else:
            main = item.trunk is None or (item.trunk is source and bool(item.skips))
            attributes.append(f"weight={100 if main and item.kind != 'output' else 4}")
        said = [text for text in (port, label) if text]
        if said:
            colour = c.error.text if bad else c.quiet
            text = styled(" · ".join(said), 8, colour)
            wide = reserved_width(" · ".join(said), 8)
            attributes.append(f"label=<{table(row(cell(text, left=True, least=wide)), padding=3)}>")
        tip = f"{source.name} → {item.name}: {shape_text(wire.type, self.bound, batch=True)}"
        attributes.append(f"tooltip={quoted(tip)} labeltooltip={quoted(tip)}")
        return f"  {tail} -> {head} [{' '.join(attributes)}]"


def kind_of(node: Node, count: int = 1) -> str:
    """The op's or block's name and how often it is applied: `Conv2d`, `BasicBlock ×2`; a bare group is a `group`."""
    kind = node.kind
    if node.body is not None and node.body.kind == "repeat":
        kinds = {inner.kind for inner in node.body.nodes}
        count *= len(node.body.nodes)
        kind = kinds.pop() if len(kinds) == 1 else "layers"
        if node.body.shared and count > 1:
            return f"{kind or 'group'}, {count} times"
    kind = kind or "group"
    return kind if count == 1 else f"{kind} ×{count}"


def leaves_of(graph: Graph) -> Iterator[Node]:
    return (node for node in graph.root.walk() if node.body is None)
