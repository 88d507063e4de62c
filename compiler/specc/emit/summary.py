"""Graph → what the network is made of and what it costs: as data, as a table, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from specc.diagnostics.escape import visible, width
from specc.emit.arguments import brief, cut
from specc.emit.binding import Binding, binding
from specc.emit.costs import activation_bytes, buffers, frozen, leaves, macs, parameters, value_of
from specc.emit.memory import Memory, batch_of, training_memory
from specc.emit.numbers import bytes_text, short, thousands
from specc.emit.shape_text import shape_text, typed_text
from specc.graph.ir import Graph, Node, Scope
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type

_WIDEST = 110  # columns of the table
_PATH, _KIND = 36, 26  # the most columns of each; the output takes what is left, at least _SHAPE
_SHAPE = 16


@dataclass(frozen=True, slots=True)
class Line:
    """A layer, or a block with the totals of what is below."""

    path: str
    name: str
    level: int  # 1 for the network's own layers
    kind: str  # the op's or block's name
    output: Type
    parameters: int
    macs: int | Dim | None  # at the summary's sizes; a Dim where a symbol has no value, None where unknown
    leaf: bool
    share: str = ""  # the layer whose weights it has
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What `shortcut: auto` chose in one residual block."""

    path: str  # of the residual
    chosen: str  # "identity", or the layers


@dataclass(frozen=True, slots=True)
class Summary:
    """One forward pass of a network. Counts of numbers, except `activations`: bytes.

    `activations` is the memory of every layer's outputs, each held once, as training without checkpointing holds them;
    views of another tensor (`flatten`, `permute`, …), parameters and workspaces are not in it.
    """

    name: str
    inputs: Mapping[str, Type]
    outputs: Mapping[str, Type]
    lines: tuple[Line, ...]
    parameters: int
    frozen: int  # of the parameters, those that are not trained
    buffers: int
    macs: int | Dim | None
    activations: int | Dim | None
    shortcuts: tuple[Shortcut, ...]
    where: tuple[str, ...]
    requirements: tuple[str, ...]
    bound: Binding
    training: Memory | None  # None for a network with errors
    trained_at: Binding


def summarize(graph: Graph, bind: Mapping[str, int] | None = None) -> Summary:
    """The summary at the caller's sizes; totals count open sizes as `emit.binding` says (the batch as one)."""
    bound = binding(graph, bind)
    every = [node for node in graph.root.walk() if node.body is None]
    trained_at = _trained_at(graph, bound)
    broken = any(node.error is not None for node in graph.root.walk())
    return Summary(
        name=graph.name,
        inputs={value.name: bound.shown_type(value.type) for value in graph.root.inputs},
        outputs={name: bound.shown_type(value.type) for name, value in graph.root.outputs},
        lines=tuple(_lines(graph.root, bound, 1)),
        parameters=parameters(every),
        frozen=frozen(every),
        buffers=buffers(every),
        macs=value_of(macs(every), bound.counting),
        activations=value_of(activation_bytes(every), bound.counting),
        shortcuts=tuple(_shortcuts(graph.root)),
        where=tuple(map(str, graph.where)),
        requirements=tuple(map(str, graph.requirements)),
        bound=bound,
        training=None if broken else training_memory(graph, trained_at.counting, trained_at.batch),
        trained_at=trained_at,
    )


def _trained_at(graph: Graph, bound: Binding) -> Binding:
    """The sizes that training memory counts at: the caller's, and for the batch else that of `train.data`."""
    size = batch_of(graph)
    if size is None or bound.batch is None or bound.batch in bound.asked:
        return bound
    return binding(graph, {**bound.asked, bound.batch: size})


def to_text(summary: Summary, depth: int | None = None) -> str:
    """The table for people, at most 110 columns; what lies deeper than `depth` levels counts in its block's line."""
    bound = summary.bound
    lines = [line for line in summary.lines if depth is None or line.level <= depth]
    head = ("layer", "op", "output", "parameters", "multiply-adds")
    rows: list[tuple[str, ...]] = [
        (
            cut("  " * (line.level - 1) + line.name, _PATH),
            cut(f"{line.kind} of {line.share}" if line.share else line.kind, _KIND),
            visible(shape_text(line.output, bound)),
            thousands(line.parameters) if line.parameters else "–",
            _macs_text(line.macs),
        )
        for line in lines
    ]
    ends = [cut(f"{visible(name)} {typed_text(t, bound)}", 50) for name, t in summary.inputs.items()]
    made = [cut(f"{visible(name)} {typed_text(t, bound)}", 50) for name, t in summary.outputs.items()]
    text = [f"{visible(summary.name)}: {', '.join(ends) or 'nothing'} → {', '.join(made) or 'nothing'}", ""]
    text += _table(head, rows)
    text += ["", *_totals(summary), *_training(summary), *_chosen(summary), *_conditions(summary)]
    errors = [line for line in summary.lines if line.error is not None]
    text += ["", *(f"error at {visible(line.path)}: {visible(line.error or '')}" for line in errors)] if errors else []
    return "\n".join(line.rstrip() for line in text) + "\n"


def to_json(summary: Summary) -> str:
    """`{"name", "inputs", "outputs", "parameters", "buffers", "macs", "activation_bytes", "at", "training", "layers"}`.

    Where some of the parameters are not trained, `frozen` says how many.

    A tensor is `{"shape": [2, "H"], "dtype": "float32"}`, null where unknown; a count is a number, the text of its
    expression where a symbol has no value, null where unknown. `at` holds the symbols' values that totals count at.
    `activation_bytes` is the memory of every layer's outputs, whether anything keeps them or not; `training` what
    a training step takes at the sizes of its own `at` (see `emit.memory`), null for a network with errors.
    """
    data = {
        "name": summary.name,
        "inputs": {name: _tensor(t) for name, t in summary.inputs.items()},
        "outputs": {name: _tensor(t) for name, t in summary.outputs.items()},
        "parameters": summary.parameters,
        **({"frozen": summary.frozen} if summary.frozen else {}),
        "buffers": summary.buffers,
        "macs": _count(summary.macs),
        "activation_bytes": _count(summary.activations),
        "at": dict(sorted(summary.bound.counting.items())),
        "training": _training_json(summary),
        "where": list(summary.where),
        "requirements": list(summary.requirements),
        "shortcuts": [{"path": s.path, "chosen": s.chosen} for s in summary.shortcuts],
        "layers": [
            {
                "path": line.path,
                "op": line.kind,
                "output": _tensor(line.output),
                "parameters": line.parameters,
                "macs": _count(line.macs),
            }
            for line in summary.lines
            if line.leaf
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _lines(scope: Scope, bound: Binding, level: int) -> Iterator[Line]:
    from specc.emit.dot import kind_of

    for node in scope.nodes:
        below = list(leaves(node))
        output = node.outputs[0].type if node.outputs else None
        yield Line(
            path=node.path,
            name=node.name,
            level=level,
            kind=kind_of(node),
            share=node.share,
            output=bound.shown_type(output) if output is not None else TensorType(()),
            parameters=parameters(below),
            macs=value_of(macs(below), bound.counting),
            leaf=node.body is None,
            error=node.error,
        )
        if node.body is not None:
            yield from _lines(node.body, bound, level + 1)


def _shortcuts(scope: Scope, path: str = "") -> Iterator[Shortcut]:
    """Every residual whose shortcut the compiler chose."""
    for node in scope.nodes:
        if node.role == "shortcut" and node.optional and node.condition is None:
            yield Shortcut(path, _described(node))
        if node.body is None:
            continue
        if node.body.residual and any(expr is None for _, expr in node.body.absent):
            yield Shortcut(node.path, "identity")
        yield from _shortcuts(node.body, node.path)


def _described(node: Node) -> str:
    parts = (f"{leaf.kind} {brief(leaf)}".strip() for leaf in leaves(node))
    return ", ".join(parts)


def _totals(summary: Summary) -> list[str]:
    at, each = _at(summary.bound), _each(summary.bound)
    trained = f"parameters     {thousands(summary.parameters - summary.frozen)} trainable"
    trained += f", {thousands(summary.frozen)} frozen" if summary.frozen else ""
    held = f", {thousands(summary.buffers)} numbers in buffers" if summary.buffers else ""
    memory = summary.activations
    shown = bytes_text(memory) if isinstance(memory, int) else _long(memory)
    total = summary.macs
    return [
        trained + held,
        f"multiply-adds  {short(total) if isinstance(total, int) else _long(total)}{at}{each}",
        f"activations    {shown}{at}{each}: every layer's outputs, views not counted",
    ]


def _at(bound: Binding) -> str:
    return f" at {bound.text}" if bound.text else ""


def _each(bound: Binding) -> str:
    """A batch of one, which `text` leaves out."""
    return f" ({bound.batch} = 1)" if bound.batch is not None and bound.counting.get(bound.batch) == 1 else ""


def _training(summary: Summary) -> list[str]:
    memory = summary.training
    if memory is None:
        return []
    name = memory.optimizer_name
    unknown = f"what `{visible(memory.unknown)}` keeps is not known" if memory.unknown else ""
    peak = memory.peak
    if peak is None:
        where = ""
    else:
        where = (
            "in the optimizer's step"
            if peak.phase == "optimizer"
            else f"in the {peak.phase} pass, at {visible(peak.path)}"
        )
    rows = [
        ("weights", memory.parameters, ""),
        ("buffers", memory.buffers, ""),
        ("gradients", memory.gradients, ""),
        ("optimizer", memory.optimizer, visible(name) if name else "the spec names none"),
        ("batch", memory.inputs, ""),
        ("activations", memory.activations, unknown or "kept for the backward pass"),
        ("peak", None if peak is None else peak.size, where),
    ]
    texts = [(name, "?" if size is None else bytes_text(size), note) for name, size, note in rows]
    room = max(len(size) for _, size, _ in texts)
    lines = [f"  {name:12} {size:>{room}}  {note}" for name, size, note in texts]
    return ["", f"training memory{_at(summary.trained_at)}{_each(summary.trained_at)}", *lines]


def _chosen(summary: Summary) -> list[str]:
    groups: dict[str, list[str]] = {}
    for shortcut in summary.shortcuts:
        groups.setdefault(shortcut.chosen, []).append(shortcut.path or summary.name)
    if not groups:
        return []
    lines = ["", "shortcuts chosen"]
    for chosen, paths in groups.items():
        lines += _wrapped(f"  {visible(chosen)}: ", [visible(p) for p in paths])
    return lines


def _conditions(summary: Summary) -> list[str]:
    lines: list[str] = []
    if summary.where:
        lines += ["", *_wrapped("given       ", list(summary.where))]
    if summary.requirements:
        lines += ["", *_wrapped("must hold   ", list(summary.requirements))]
    return lines


def _wrapped(first: str, items: list[str]) -> list[str]:
    import textwrap

    later = " " * min(width(first), 30)
    return textwrap.wrap(", ".join(items), _WIDEST, initial_indent=first, subsequent_indent=later)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Columns in line, wide characters counted as two; the two last are numbers and stand at the right."""
    widths = [max(width(row[i]) for row in (head, *rows)) for i in range(len(head))]
    room = max(_WIDEST - sum(widths) + widths[2] - 2 * (len(widths) - 1), _SHAPE)
    if widths[2] > room:
        rows = [(*row[:2], cut(row[2], room), *row[3:]) for row in rows]
        widths[2] = room
    lines = [_joined(row, widths) for row in (head, *rows)]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    return [lines[0], rule, *lines[1:], rule]


def _joined(row: tuple[str, ...], widths: list[int]) -> str:
    cells = []
    for place, (text, room) in enumerate(zip(row, widths, strict=True)):
        gap = " " * (room - width(text))
        cells.append(gap + text if place >= 3 else text + gap)
    return "  ".join(cells)


def _macs_text(count: int | Dim | None) -> str:
    if count is None:
        return "?"
    if isinstance(count, int):
        return short(count) if count else "–"
    return cut(str(count), 16)


def _long(count: Dim | None) -> str:
    return "?" if count is None else cut(str(count), 70)


def _count(count: int | Dim | None) -> int | str | None:
    return count if count is None or isinstance(count, int) else str(count)


def _training_json(summary: Summary) -> dict[str, object] | None:
    memory = summary.training
    if memory is None:
        return None
    peak = memory.peak
    return {
        "at": dict(sorted(summary.trained_at.counting.items())),
        "batch": memory.batch,
        "parameter_bytes": memory.parameters,
        "buffer_bytes": memory.buffers,
        "gradient_bytes": memory.gradients,
        "optimizer": memory.optimizer_name or None,
        "optimizer_bytes": memory.optimizer,
        "input_bytes": memory.inputs,
        "kept_bytes": memory.activations,
        "peak_bytes": None if peak is None else peak.size,
        "peak_in": None if peak is None else peak.phase,
        "peak_at": None if peak is None else peak.path or None,
        "unknown": memory.unknown or None,
    }


def _tensor(type_: Type) -> dict[str, object] | None:
    return type_.to_json() if isinstance(type_, TensorType) else None
