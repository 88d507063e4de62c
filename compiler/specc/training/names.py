"""Names of PyTorch and their arguments, as `train` writes them: a word, or a mapping with `op`."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as MappingABC
from typing import NamedTuple

from specc.diagnostics import Note, Sink, Span, closest
from specc.source.nodes import Entry, Mapping, Plain, Scalar
from specc.source.nodes import Node as SourceNode
from specc.training import catalogue
from specc.training.catalogue import arguments

_NUMBERS = frozenset({
    "lr", "momentum", "dampening", "weight_decay", "eps", "gamma", "p", "step_size", "T_max", "T_0", "eta_min", "alpha",
    "rho", "factor", "patience", "total_iters", "power", "total_steps", "epochs", "steps_per_epoch", "pct_start",
    "div_factor", "final_div_factor",
})  # fmt: skip


class Named(NamedTuple):
    """A name with its arguments: as nodes, for spans."""

    name: str
    span: Span
    args: Mapping | None

    @property
    def given(self) -> list[Entry]:
        """The arguments as written."""
        return [] if self.args is None else [entry for entry in self.args.entries if entry.key.value != "op"]


def named(node: SourceNode | None) -> Named | None:
    """None where the node names nothing, as a `target:` of one's own."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Named(node.value, node.span, None)
    if isinstance(node, Mapping):
        op = node.get("op")
        if isinstance(op, Scalar) and isinstance(op.value, str):
            return Named(op.value, op.span, node)
    return None


def known(found: Named, kind: str, names: Collection[str], sink: Sink) -> bool:
    """Whether the name can be used; what cannot is reported (T601)."""
    if found.name in names:
        return True
    reason = catalogue.REFUSED.get(kind, {}).get(found.name)
    if reason is not None:
        sink.error("T601", f"the {kind} `{found.name}` cannot be used here: {reason}", found.span)
    else:
        near = closest(found.name, names)
        sink.error("T601", f"PyTorch has no {kind} `{found.name}`", found.span, near=near)
    return False


def unknown_argument(found: Named, entry: Entry, names: Collection[str], sink: Sink) -> None:
    """Reports an argument that PyTorch does not have (L201)."""
    near = closest(str(entry.key.value), names)
    takes = ", ".join(f"`{name}`" for name in names) or "no arguments"
    sink.error(
        "L201",
        f"`{found.name}` has no argument `{entry.key.value}`",
        entry.key.span,
        notes=() if near else (Note(f"it takes {takes}"),),
        near=near,
    )


def checked(node: SourceNode | None, kind: str, table: MappingABC[str, str], sink: Sink) -> Named | None:
    """Reports an unknown name, unknown and missing arguments; a `target:` of one's own is left alone."""
    found = named(node)
    if found is None or not known(found, kind, table, sink):
        return found
    listed = arguments(table[found.name])
    for entry in found.given:
        key = str(entry.key.value)
        if key not in listed.names:
            unknown_argument(found, entry, listed.names, sink)
        elif key in _NUMBERS and isinstance(entry.value, Scalar) and not _number(entry.value.value):
            sink.error("L203", f"`{key}` of `{found.name}` is a number, not `{entry.value.text}`", entry.value.span)
    filled = catalogue.SCHEDULER_FILLS.get(found.name, frozenset()) if kind == "scheduler" else frozenset()
    written = {str(entry.key.value) for entry in found.given}
    for key in listed.required:
        if key not in written and key not in filled:
            mend = f"write `{{op: {found.name}, {key}: …}}`"
            sink.error("L202", f"`{found.name}` needs `{key}`", found.span, help=mend)
    return found


def _number(value: Plain) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
