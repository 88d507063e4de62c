"""`specc ops`: the op reference, read from the declarations."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from specc.ops import Op
    from specc.ops.arguments import Arg
    from specc.ops.evaluate import Outcome

NAME = "ops"
HELP = "list the ops, or show one with its arguments, shapes and parameters"
EXAMPLE = """\
specc ops
specc ops Conv2d"""

_INDENT = "    "
_SHAPE = re.compile(r"\[([^\]]*)\]\s*([a-z]+[0-9]+)?")  # of an example: `[N, T] int64`


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="an op: Conv2d, flatten, …")


def run(args: Namespace) -> int:
    from specc.ops import OPS

    if args.name is None:
        sys.stdout.write(listing())
        return 0
    if args.name not in OPS:
        from specc.cli.problem import problem
        from specc.diagnostics import closest

        near = closest(args.name, OPS)
        mend = f"did you mean `{near}`?" if near else "`specc ops` lists them"
        raise problem("C108", f"there is no op `{args.name}`", help=mend, status=2)
    from specc.cli.terminal import columns

    sys.stdout.write(page(OPS[args.name], columns=min(columns(sys.stdout), 100)))
    return 0


def listing() -> str:
    """Every op with the first sentence of its docstring, by family."""
    from specc.ops import OPS, Family

    width = max(map(len, OPS)) + 2
    lines = []
    for family in Family:
        members = sorted((op for op in OPS.values() if op.family is family), key=lambda op: op.name.casefold())
        if members:
            lines.append(family.value)
            lines += [f"  {op.name:<{width}}{_first_line(op)}" for op in members]
            lines.append("")
    lines.append("`specc ops NAME` shows one; the names are those of torch.nn, torch and torch.nn.functional.")
    return "\n".join(lines) + "\n"


def page(op: type[Op], *, columns: int = 100) -> str:
    """The reference of one op as a manual page."""
    where = "module" if op.stateful else "function"
    sections = [
        (f"{op.name} · {op.family.value}, a {where} of PyTorch", [op.doc]),
        ("arguments", _arguments(op, columns)),
        ("reads", [_port(*port) for port in op.ports()] or ["nothing: it makes its output itself"]),
        ("gives", _gives(op)),
        ("example", _example(op)),
        ("owns", _owns(op)),
    ]
    return "\n".join(_section(title, body, columns) for title, body in sections if body)


def _section(title: str, body: list[str], columns: int) -> str:
    import textwrap

    lines = [title]
    for text in body:
        for line in text.splitlines():
            # Lines that are set already (with blanks in front) keep their breaks.
            short = len(line) <= columns - len(_INDENT)
            lines += [_INDENT + part for part in ([line] if short else textwrap.wrap(line, columns - len(_INDENT)))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _first_line(op: type[Op]) -> str:
    return op.doc.splitlines()[0].rstrip(".")


def _arguments(op: type[Op], columns: int) -> list[str]:
    import textwrap

    known = op.arguments(["…"])
    if not known:
        return []
    rows = [(name, describe_default(arg), describe_type(arg), arg.doc) for name, arg in known.items()]
    name_width = max(len(row[0]) for row in rows) + 2
    default_width = max(len(row[1]) for row in rows) + 2
    lead = " " * (name_width + default_width)
    room = max(columns - len(_INDENT) - len(lead), 30)
    lines = []
    for name, default, kind, doc in rows:
        described = textwrap.wrap(f"{doc}; {kind}", room, break_long_words=False)
        lines.append(f"{name:<{name_width}}{default:<{default_width}}{described[0]}")
        lines += [lead + more for more in described[1:]]
    return lines


def describe_default(arg: Arg) -> str:
    """`required`, `inferred`, or the default as a spec writes it."""
    from specc.ops.arguments import shown

    if arg.required:
        return "required"
    return "inferred" if arg.inferred else f"= {shown(arg.default).strip('`')}"


def describe_type(arg: Arg) -> str:
    """What a spec may write: `an integer`, `one of …`, with `or null` where that is allowed."""
    words = getattr(arg, "words", ())
    kind = arg.kind
    if words and not kind.startswith("one of"):
        kind += " or one of " + ", ".join(words)
    low, high = getattr(arg, "min", None), getattr(arg, "max", None)
    if low is not None and high is not None:
        kind += f", {low} to {high}"
    elif low is not None:
        kind += f", at least {low}"
    elif high is not None:
        kind += f", at most {high}"
    return kind.replace("`", "") + (", or null" if arg.nullable else "")


def _port(name: str, optional: bool, variadic: bool) -> str:
    note = " (may be left out)" if optional else " (one or more)" if variadic else ""
    return name + note


def _gives(op: type[Op]) -> list[str]:
    names = (name.replace("?", " (where an argument asks for it)") for name in op.outputs)
    return [", ".join(names)] if len(op.outputs) > 1 else []


def _example(op: type[Op]) -> list[str]:
    """The layer as a spec writes it, what it is given, and what it gives."""
    shapes, layer = op.example
    outputs = ", ".join(map(str, example_outcome(op).outputs))
    return [f"layer: {layer}", *([f"  reads {shapes}"] if shapes else []), f"  gives {outputs}"]


def _owns(op: type[Op]) -> list[str]:
    """The parameters and buffers of the example."""
    outcome = example_outcome(op)
    rows = [(what, name, entry) for what, owned in (("parameter", outcome.parameters), ("buffer", outcome.buffers))
            for name, entry in owned.items()]  # fmt: skip
    width = max((len(name) for _, name, _ in rows), default=0)
    lines = [f"{what:<9}  {name:<{width}}  {list(entry.shape)} {entry.dtype}" for what, name, entry in rows]
    return [*lines, "(in the example)"] if lines else []


def example_outcome(op: type[Op]) -> Outcome:
    """The op's example through its rule. ValueError where the declaration's example is not one."""
    from specc.diagnostics import Sink
    from specc.ops.evaluate import evaluate
    from specc.shapes.tensor import TensorType
    from specc.source.nodes import plain
    from specc.source.yaml import parse

    shapes, text = op.example
    sink = Sink()
    node = parse(text, "example", sink)
    layer = plain(node) if node is not None else None
    args: dict[str, object] = {}
    if isinstance(layer, dict):
        args = {key: value for key, value in layer.items() if key != "op"}
    types: list[TensorType | None] = []
    for dims, dtype in _SHAPE.findall(shapes):
        sizes = [int(d) if d.isdigit() else d for d in (part.strip() for part in dims.split(",")) if d]
        types.append(TensorType.of(sizes, dtype or "float32"))
    outcome = evaluate(op, args, types, sink=sink)
    if not outcome.ok:
        raise ValueError(f"the example of {op.name} does not hold: {sink.diagnostics}")
    return outcome
