"""What the reference says of an op, as data: everything follows from its declaration and its example."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from specc.compiler import compile_text
from specc.emit.numbers import thousands
from specc.ops import OPS
from specc.ops.arguments import Arg, shown
from specc.ops.library import stem
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType, Type

if TYPE_CHECKING:
    from specc.graph.ir import Graph, Node
    from specc.ops import Op
    from specc.ops.declare import Owned

_SHAPE = re.compile(r"\[([^\]]*)\]\s*([a-z]+[0-9]+|bool)?")  # of an example: `[N, T] int64`
_FROM = re.compile(r", from: (\[[^\]]*\]|\{[^}]*\}|\w+)")
_DOCS = "https://docs.pytorch.org/docs/stable/generated/{}.html"
_VISION = "https://docs.pytorch.org/vision/stable/generated/{}.html"
_EINOPS = "https://einops.rocks/api/{}/"


class Argument(NamedTuple):
    name: str
    default: str  # "required", "inferred", or "= 1" as a spec writes it
    kind: str  # what may be written: "an integer, at least 1"
    doc: str


class Example(NamedTuple):
    """The smallest spec with the op in it, and what comes of it."""

    spec: str
    python: tuple[str, ...]  # the lines that the layer is in the generated module
    gives: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]  # (name, shape and dtype)
    buffers: tuple[tuple[str, str], ...]
    numbers: int  # in the parameters
    macs: str
    keeps: str


class Page(NamedTuple):
    name: str
    family: str
    module: bool  # a class that owns its parameters, rather than a function
    summary: str  # one sentence
    more: tuple[str, ...]  # what else there is to know, by paragraph
    formula: tuple[str, ...]
    arguments: tuple[Argument, ...]
    inputs: tuple[tuple[str, str], ...]  # (name, remark)
    outputs: tuple[tuple[str, str], ...]  # of several: (name, remark)
    example: Example
    target: str  # torch.nn.Conv2d
    url: str
    related: tuple[str, ...]


def page(op: type[Op]) -> Page:
    """The page of an op. ValueError where the declaration's example is not one."""
    summary, more = _sentences(op)
    return Page(
        name=op.name,
        family=op.family.value,
        module=op.stateful,
        summary=summary,
        more=more,
        formula=tuple(line.strip() for line in op.formula.strip().splitlines()),
        arguments=tuple(
            Argument(name, "optional" if name == "…" else describe_default(arg), describe_type(arg), arg.doc)
            for name, arg in _listed(op)
        ),
        inputs=tuple((name, _remark(optional, variadic)) for name, optional, variadic in op.ports()),
        outputs=_outputs(op),
        example=example(op),
        target=op.target(),
        url=link(op.target()),
        related=tuple(related(op.name)),
    )


def summary_of(op: type[Op]) -> str:
    """The first sentence, without its full stop."""
    return _sentences(op)[0].rstrip(".")


def _sentences(op: type[Op]) -> tuple[str, tuple[str, ...]]:
    """The first sentence of the docstring, and the paragraphs of the rest."""
    first, *paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", op.doc)]
    summary, _, rest = re.sub(r"\.(?= [A-Z`])", ".\0", first, count=1).partition("\0")
    return summary, tuple(part for part in (rest.strip(), *paragraphs) if part)


def _listed(op: type[Op]) -> Iterator[tuple[str, Arg]]:
    yield from op.args.items()
    if op.extra is not None:
        yield "…", op.extra


def describe_default(arg: Arg) -> str:
    """`required`, `inferred`, or the default as a spec writes it."""
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


def _remark(optional: bool, variadic: bool) -> str:
    return "may be left out" if optional else "one or more" if variadic else ""


def _outputs(op: type[Op]) -> tuple[tuple[str, str], ...]:
    if len(op.outputs) < 2:
        return ()
    return tuple((name.rstrip("?"), "where it is asked for" if name.endswith("?") else "") for name in op.outputs)


def link(target: str) -> str:
    """Where the maker of what is called documents it."""
    if target.startswith("einops."):
        return _EINOPS.format(target.removeprefix("einops."))
    return (_VISION if target.startswith("torchvision.") else _DOCS).format(target)


def related(name: str) -> list[str]:
    """The ops whose names differ by the number of axes or by being a module or a function."""
    root = stem(name)
    return [other for other in OPS if other != name and stem(other) == root]


# The example --------------------------------------------------------------------------------------------------------


def example_spec(op: type[Op]) -> str:
    """The smallest spec with the op's example in it, as YAML; it compiles."""
    shapes, layer = op.example
    given = [(f"[{dims}]", dtype) for dims, dtype in _SHAPE.findall(shapes)]
    names = _input_names(op, len(given))
    lines = ["inputs:"]
    for name, (shape, dtype) in zip(names, given, strict=True):
        lines.append(f"  {name}: {{shape: {shape}, dtype: {dtype}}}" if dtype else f"  {name}: {shape}")
    if len(names) > 1:
        layer = _FROM.sub("", layer)
        written = layer.removesuffix("}") if layer.startswith("{") else f"{{op: {layer}"
        layer = f"{written}, from: [{', '.join(names)}]}}"
    lines += ["layers:", f"  layer: {layer}"]
    if not given:  # what no input reaches is no network: the layer is added to one
        lines[1:1] = ["  x: [1]"]
        lines.append("  sum: {op: add, from: [layer, x]}")
    return "\n".join(lines) + "\n"


def _input_names(op: type[Op], count: int) -> list[str]:
    if count < 2:
        return ["x"][:count]
    ports = op.ports()
    if any(variadic for _, _, variadic in ports):
        return [chr(ord("a") + k) for k in range(count)]
    return ["x" if name in ("input", "self") else name for name, _, _ in ports[:count]]


def example(op: type[Op]) -> Example:
    """The op's example, compiled."""
    text = example_spec(op)
    result = compile_text(text, f"{op.name}.yaml")
    graph = result.graph
    if not result.ok or graph is None:
        raise ValueError(f"the example of {op.name} does not hold: {[d.message for d in result.diagnostics]}\n{text}")
    node = graph.root.nodes[0]
    return Example(
        spec=text,
        python=tuple(_python(graph)),
        gives=tuple(_type(value.type) for value in node.outputs),
        parameters=_owned(node.parameters),
        buffers=_owned(node.buffers),
        numbers=graph.parameter_count,
        macs=_size(node.macs),
        keeps=_keeps(node),
    )


def _type(type_: Type) -> str:
    """The shape, and a dtype that is not float32."""
    dtype = type_.dtype if isinstance(type_, TensorType) else "?"
    return str(type_) if dtype == "float32" else f"{type_} {dtype}"


def _python(graph: Graph) -> Iterator[str]:
    """The statements of the generated module, without what every module has."""
    import ast

    from specc.emit.python import to_python

    source = to_python(graph)
    lines = source.splitlines()
    methods = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for statement in (statement for method in methods for statement in method.body):
        text = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
        if not text.lstrip().startswith(('"""', "super().__init__")):
            yield from textwrap.dedent(text).splitlines()


def _owned(owned: Mapping[str, Owned]) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{list(entry.shape)} {entry.dtype}") for name, entry in owned.items())


def _size(size: Dim | int | None) -> str:
    """A count with its thousands apart where it is a number."""
    if size is None:
        return "?"
    dim = Dim.of(size)
    return thousands(dim.value) if dim.is_const else str(dim)


def _keeps(node: Node) -> str:
    """What autograd keeps for the backward pass, in words."""
    if node.saved is None:
        return "?"
    parts = [f"`{port}`" for port in node.saved.inputs]
    names = node.op.fields() if node.op is not None else ()
    several = len(node.outputs) > 1
    parts += [f"`{names[k]}`" if several and k < len(names) else "its output" for k in node.saved.outputs]
    extra = Dim.of(node.saved.extra)
    if not (extra.is_const and extra.value == 0):
        parts.append(f"{_size(extra)} bytes besides" if parts else f"{_size(extra)} bytes")
    return ", ".join(parts) or "nothing"
