"""The reference as a manual page, in the order of man-pages(7): NAME, SYNOPSIS, DESCRIPTION … SEE ALSO."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from specc.emit.arguments import cut
from specc.emit.numbers import thousands
from specc.ops import OPS
from specc.ops.declare import Family
from specc.reference.page import Argument, Example, Page, page, summary_of

if TYPE_CHECKING:
    from specc.ops import Op

_INDENT = "    "


def manual(op: type[Op], *, columns: int = 100) -> str:
    """The page of one op."""
    about = page(op)
    room = columns - len(_INDENT)
    sections = [
        ("NAME", _wrapped(f"{about.name} – {about.summary.rstrip('.')}", room, hang=len(about.name) + 3)),
        ("SYNOPSIS", _wrapped(synopsis(about), room, hang=4)),
        ("DESCRIPTION", [line for text in about.more for line in ("", *_wrapped(text, room))][1:]),
        ("FORMULA", [line for text in about.formula for line in _wrapped(text, room, hang=4)]),
        ("ARGUMENTS", _arguments(about.arguments, room)),
        ("INPUTS", _list(about.inputs) or ["none: it makes its output itself"]),
        ("OUTPUTS", _list(about.outputs)),
        ("EXAMPLE", _example(about.example, room)),
        ("OWNS", _owns(about.example)),
        ("COST", _cost(about.example, room)),
        ("SEE ALSO", [*_wrapped(", ".join(about.related), room), about.target, about.url]),
    ]
    head = _head(about, columns)
    text = "\n".join(_section(title, body) for title, body in sections if any(body))
    return f"{head}\n\n{text}"


def listing(columns: int | None = None) -> str:
    """Every op with the first sentence of its docstring, by family; lines are cut to `columns`."""
    width = max(map(len, OPS)) + 2
    lines = []
    for family, members in families().items():
        lines.append(family.value)
        rows = [f"  {op.name:<{width}}{summary_of(op)}" for op in members]
        lines += rows if columns is None else [cut(row, columns) for row in rows]
        lines.append("")
    count = sum(map(len, families().values()))
    closing = (
        f"{count} ops. `specc ops NAME` shows one; names are those of torch.nn, torch.nn.functional, torch, "
        "torchvision.ops and einops."
    )
    lines += _wrapped(closing, columns or 100)
    return "\n".join(lines) + "\n"


def families() -> dict[Family, list[type[Op]]]:
    """The ops of every family that has any, modules before functions, by name."""
    found: dict[Family, list[type[Op]]] = {}
    for family in Family:
        members = [op for op in OPS.values() if op.family is family]
        if members:
            found[family] = sorted(members, key=lambda op: (not op.stateful, op.name.casefold()))
    return found


def synopsis(about: Page) -> str:
    """The layer with what must be written, then what may be: `{op: Conv2d, out_channels: …, stride: 1}`."""
    required = [f"{arg.name}: …" for arg in about.arguments if arg.default == "required"]
    optional = [f"{arg.name}: {arg.default[2:]}" for arg in about.arguments if arg.default.startswith("= ")]
    optional += [f"{arg.name}: …" for arg in about.arguments if arg.default == "inferred"]
    written = ", ".join([f"op: {about.name}", *required])
    more = f" [, {', '.join(optional)}]" if optional else ""
    return f"{{{written}{more}}}"


def _head(about: Page, columns: int) -> str:
    """As man sets it: the name left and right, what it belongs to between."""
    left, right = about.name, about.target.rpartition(".")[0]
    middle = f"specc · {about.family}"
    gap = max(columns - len(left) - len(middle) - len(right), 4)
    return f"{left}{' ' * (gap // 2)}{middle}{' ' * (gap - gap // 2)}{right}"


def _section(title: str, body: list[str]) -> str:
    return "\n".join([title, *(f"{_INDENT}{line}".rstrip() for line in body)]) + "\n"


def _wrapped(text: str, room: int, hang: int = 0) -> list[str]:
    return textwrap.wrap(text, room, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False)


def _arguments(arguments: tuple[Argument, ...], room: int) -> list[str]:
    """Name and default, and below them what may be written and what it is for."""
    if not arguments:
        return ["none"]
    name_width = max(len(arg.name) for arg in arguments) + 2
    default_width = max(len(arg.default) for arg in arguments) + 2
    beside = name_width + default_width
    lines = []
    for arg in arguments:
        described = _wrapped(f"{arg.doc}; {arg.kind}", max(room - beside, 30))
        lines.append(f"{arg.name:<{name_width}}{arg.default:<{default_width}}{described[0]}")
        lines += [" " * beside + more for more in described[1:]]
    return lines


def _list(rows: tuple[tuple[str, str], ...]) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0) + 2
    return [f"{name:<{width}}{remark}".rstrip() for name, remark in rows]


def _example(shown: Example, room: int) -> list[str]:
    """The spec, the shapes, and the Python."""
    return [
        *shown.spec.splitlines(),
        "",
        *_wrapped(f"gives {', '.join(shown.gives)}", room, hang=6),
        "",
        "in the generated module",
        *(f"{_INDENT}{line}" for line in shown.python),
    ]


def _owns(shown: Example) -> list[str]:
    rows = [("parameter", *row) for row in shown.parameters] + [("buffer", *row) for row in shown.buffers]
    width = max((len(name) for _, name, _ in rows), default=0)
    lines = [f"{what:<9}  {name:<{width}}  {shape}" for what, name, shape in rows]
    return [*lines, f"in the example; {thousands(shown.numbers)} numbers in parameters"] if lines else []


def _cost(shown: Example, room: int) -> list[str]:
    return [
        *_wrapped(f"multiply-adds  {shown.macs}", room, hang=15),
        *_wrapped(f"backward pass  keeps {shown.keeps}", room, hang=15),
    ]
