"""Two graphs → what changed from one to the other: as data, as text, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from specc.diagnostics.escape import visible, width
from specc.emit.arguments import cut
from specc.emit.costs import numel, parameters
from specc.emit.json import plain_value
from specc.emit.numbers import bytes_text, plural, short, thousands
from specc.emit.summary import Summary, summarize
from specc.graph.ir import Graph, Node
from specc.record import NOTHING
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type

Count = int | Dim | None


class Layer(NamedTuple):
    """A layer as it is compared, in plain values."""

    path: str
    op: str
    args: Mapping[str, Any]
    given: frozenset[str]  # those of them that the spec writes
    reads: tuple[str, ...]  # the layers and inputs of its own scope
    output: Any  # as in JSON
    shape: str  # for people
    parameters: int
    frozen: int  # of them, those that are not trained


class Row(NamedTuple):
    """A layer that was removed (`-`), added (`+`), or is no longer the same or of the same name (`~`)."""

    mark: str
    layer: Layer
    was: Layer | None = None
    what: Mapping[str, tuple[Any, Any]] = NOTHING  # `op`, `args.out_features`, `reads`, `output`, `parameters`, …


class Difference(NamedTuple):
    before: Summary
    after: Summary
    layers: tuple[int, int]  # how many each has
    ends: Mapping[str, tuple[Any, Any]]  # inputs and outputs that differ, `input image`; None for none
    rows: tuple[Row, ...]  # in the order of execution; what was removed stands after what it followed

    @property
    def is_empty(self) -> bool:
        return not self.rows and not self.ends


def difference(before: Graph, after: Graph, bind: Mapping[str, int] | None = None) -> Difference:
    """What changed from `before` to `after`. Layers are the same where their paths are.

    A layer that is gone and one that is new with the same op, arguments and shapes are one that was renamed. Costs of
    both count at the sizes of `bind`, else at those that the first one counts at.
    """
    one = summarize(before, bind)
    shared = {name: size for name, size in one.bound.counting.items() if name in after.symbols}
    two = summarize(after, {**shared, **(bind or {})})
    old, new = _layers(before), _layers(after)
    names = _renamed(old, new)
    kept = {names[layer.path]: layer for layer in old if layer.path in names}
    gone: dict[str | None, list[Row]] = {}
    followed: str | None = None
    for layer in old:
        followed = names.get(layer.path, followed)
        if layer.path not in names:
            gone.setdefault(followed, []).append(Row("-", layer))
    rows = gone.get(None, [])
    for layer in new:
        was = kept.get(layer.path)
        what = _changes(was, layer, names) if was is not None else {}
        if was is None:
            rows.append(Row("+", layer))
        elif what or was.path != layer.path:
            rows.append(Row("~", layer, was, what))
        rows += gone.get(layer.path, [])
    return Difference(one, two, (len(old), len(new)), _ends_changed(before, after), tuple(rows))


def to_text(found: Difference) -> str:
    """For people: the totals, then a line a layer: `-` removed, `+` added, `~` changed."""
    one, two = found.before, found.after
    lines = [f"{visible(one.name)} → {visible(two.name)}", ""]
    if found.is_empty:
        return f"{lines[0]}: the same layers, shapes and parameters\n"
    at = f" at {two.bound.text}" if two.bound.text else ""
    marks = [row.mark for row in found.rows]
    renamed = sum(row.was is not None and row.was.path != row.layer.path for row in found.rows)
    counts = (
        (marks.count("-"), "removed"),
        (marks.count("+"), "added"),
        (renamed, "renamed"),
        (sum(bool(row.what) for row in found.rows), "changed"),
    )
    told = ", ".join(f"{thousands(count)} {word}" for count, word in counts if count) or "none differs"
    layers = " → ".join(map(thousands, dict.fromkeys(found.layers)))
    lines += [
        f"parameters     {_step(one.parameters, two.parameters, thousands)}",
        f"multiply-adds  {_step(one.macs, two.macs, short)}{at}",
        f"activations    {_step(one.activations, two.activations, bytes_text)}{at}",
        f"layers         {layers}: {told}",
    ]
    lines += [f"{visible(name):<14} {_shown(a)} → {_shown(b)}" for name, (a, b) in found.ends.items()]
    rows = [_cells(row) for row in found.rows]
    room = [min(max((width(row[n]) for row in rows), default=0), 40) for n in (1, 2)]
    lines += [""] if rows else []
    for mark, path, op, note in rows:
        columns = path + " " * (room[0] - width(path)), op + " " * (room[1] - width(op))
        lines.append(f"{mark} {columns[0]}  {columns[1]}  {note}".rstrip())
    return "\n".join(lines) + "\n"


def to_json(found: Difference) -> str:
    """`{"equal", "a", "b", "at", "parameters", "macs", "activation_bytes", "ends", "layers"}`.

    Totals are `{"a": 11689512, "b": 21797672}`. `ends` has the inputs and outputs that differ, `input image`, as
    tensors (see `summary.to_json`), null where one is not there. `layers` holds `removed` and `added`, layers with the
    arguments that are written, and `changed`: `{"path", "was": its path in A, "changes": {"args.out_features": …}}`.
    """
    one, two = found.before, found.after
    data = {
        "equal": found.is_empty,
        "a": one.name,
        "b": two.name,
        "at": dict(sorted(two.bound.counting.items())),
        "parameters": {"a": one.parameters, "b": two.parameters},
        "macs": {"a": _count(one.macs), "b": _count(two.macs)},
        "activation_bytes": {"a": _count(one.activations), "b": _count(two.activations)},
        "ends": {name: {"a": a, "b": b} for name, (a, b) in found.ends.items()},
        "layers": {
            "removed": [_layer_json(row.layer) for row in found.rows if row.mark == "-"],
            "added": [_layer_json(row.layer) for row in found.rows if row.mark == "+"],
            "changed": [
                {
                    "path": row.layer.path,
                    "was": row.was.path,
                    "changes": {name: {"a": a, "b": b} for name, (a, b) in row.what.items()},
                }
                for row in found.rows
                if row.was is not None
            ],
        },
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


# ---- the layers of a graph, and which of them are the same


def _layers(graph: Graph) -> list[Layer]:
    return [_layer(node) for node in graph.root.walk() if node.body is None]


def _layer(node: Node) -> Layer:
    types = [value.type for value in node.outputs]
    return Layer(
        path=node.path,
        op=f"{node.kind} of {node.share}" if node.share else node.kind,
        args={name: plain_value(bound.value) for name, bound in node.args.items()},
        given=frozenset(name for name, bound in node.args.items() if bound.given),
        reads=tuple(read.value.name for read in node.inputs),
        output=_tensor(types[0]) if len(types) == 1 else [_tensor(type_) for type_ in types],
        shape=", ".join(_shape_text(type_) for type_ in types),
        parameters=parameters([node]),
        frozen=sum(numel(owned) for owned in node.parameters.values() if not owned.trained),
    )


def _renamed(old: list[Layer], new: list[Layer]) -> dict[str, str]:
    """The path of each layer of the first network in the second one, of those that are in both."""
    there = {layer.path for layer in new}
    names = {layer.path: layer.path for layer in old if layer.path in there}
    modules, later = {_parent(layer) for layer in old}, {_parent(layer) for layer in new}
    waiting: dict[str, list[Layer]] = {}
    for layer in new:
        if layer.path not in names:
            waiting.setdefault(_signature(layer), []).append(layer)
    for layer in old:
        if layer.path in names:
            continue
        same = waiting.get(_signature(layer), [])
        near = [other for other in same if _parent(other) == _parent(layer)]
        # Between two modules that both networks have, nothing was moved: it is gone here and new there.
        near = near or [other for other in same if _parent(layer) not in later or _parent(other) not in modules]
        if near:
            names[layer.path] = near[0].path
            same.remove(near[0])
    return names


def _parent(layer: Layer) -> str:
    return layer.path.rpartition(".")[0]


def _signature(layer: Layer) -> str:
    """What a layer keeps when it is renamed."""
    return json.dumps([layer.op, layer.args, layer.output], sort_keys=True)


def _changes(before: Layer, after: Layer, names: Mapping[str, str]) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    if before.op != after.op:
        found["op"] = (before.op, after.op)
    for name in dict.fromkeys([*before.args, *after.args]):
        a, b = before.args.get(name), after.args.get(name)
        # What is inferred follows from the shapes, which are told.
        if a != b and (name in before.given or name in after.given):
            found[f"args.{name}"] = (a, b)
    read = tuple(_named(before.path, name, names) for name in before.reads)
    if read != after.reads:
        found["reads"] = (list(before.reads), list(after.reads))
    if before.output != after.output:
        found["output"] = (before.output, after.output)
    if before.parameters != after.parameters:
        found["parameters"] = (before.parameters, after.parameters)
    if before.frozen != after.frozen:
        found["frozen"] = (before.frozen, after.frozen)
    return found


def _named(reader: str, name: str, names: Mapping[str, str]) -> str:
    """What a layer of the reader's scope is called in the second network."""
    scope = reader.rpartition(".")[0]
    local, dot, field = name.partition(".")
    path = f"{scope}.{local}" if scope else local
    return names[path].rpartition(".")[2] + dot + field if path in names else name


def _ends(graph: Graph) -> dict[str, Any]:
    return {
        **{f"input {name}": _tensor(type_) for name, type_ in graph.inputs.items()},
        **{f"output {name}": _tensor(type_) for name, type_ in graph.outputs.items()},
    }


def _ends_changed(before: Graph, after: Graph) -> dict[str, tuple[Any, Any]]:
    a, b = _ends(before), _ends(after)
    return {name: (a.get(name), b.get(name)) for name in dict.fromkeys([*a, *b]) if a.get(name) != b.get(name)}


# ---- text


def _cells(row: Row) -> tuple[str, str, str, str]:
    layer, what = row.layer, row.what
    told = [f"was {visible(row.was.path)}"] if row.was is not None and row.was.path != layer.path else []
    if row.mark != "~":
        told = [visible(layer.shape), *([plural(layer.parameters, "parameter")] if layer.parameters else [])]
    told += [f"{visible(name.removeprefix('args.'))} {_shown(a)} → {_shown(b)}" for name, (a, b) in what.items()]
    return row.mark, visible(layer.path), visible(layer.op), "; ".join(told)


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "shape" in value:
        text = f"[{', '.join(map(str, value['shape']))}]"
        return visible(text if value["dtype"] == "float32" else f"{text} {value['dtype']}")
    if isinstance(value, list):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return thousands(value) if isinstance(value, int) else visible(str(value))


def _step(before: Count, after: Count, text: Callable[[int], str]) -> str:
    """`11,689,512 → 21,797,672 (+86.5 %)`, or one number where they are equal."""
    a, b = (text(n) if isinstance(n, int) else "?" if n is None else cut(str(n), 40) for n in (before, after))
    if before == after:
        return a
    if not isinstance(before, int) or not isinstance(after, int) or before == 0:
        return f"{a} → {b}"
    return f"{a} → {b} ({(after - before) / before:+.1%})"


# ---- JSON


def _layer_json(layer: Layer) -> dict[str, Any]:
    return {
        "path": layer.path,
        "op": layer.op,
        "args": {name: value for name, value in layer.args.items() if name in layer.given},
        "output": layer.output,
        "parameters": layer.parameters,
    }


def _tensor(type_: Type) -> dict[str, object] | None:
    return type_.to_json() if isinstance(type_, TensorType) else None


def _shape_text(type_: Type) -> str:
    return _shown(_tensor(type_)) if isinstance(type_, TensorType) else "?"


def _count(count: Count) -> int | str | None:
    return count if count is None or isinstance(count, int) else str(count)
