"""`specc render`: the architecture diagram, of a network with errors as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.cli.spec import add_bind, add_depth, add_spec, bound, compiled

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from specc.graph.ir import Graph

NAME = "render"
HELP = "draw the network"
EXAMPLE = """\
specc render specs/resnet18.yaml -o resnet18.svg
specc render specs/unet.yaml --format png --depth 1 --bind H=256 --bind W=256
specc render specs/mlp.yaml --format dot -o - | dot -Tpdf > mlp.pdf"""

FORMATS = ("svg", "png", "pdf", "dot")


def add_arguments(parser: ArgumentParser) -> None:
    add_spec(parser)
    parser.add_argument(
        "--format", choices=FORMATS, help="what to write (default: what the name after -o ends with, else svg)"
    )
    parser.add_argument(
        "-o", dest="output", metavar="FILE", help="where to (default: build/NAME/graph.FORMAT; `-` is stdout)"
    )
    add_depth(parser)
    add_bind(parser)
    parser.add_argument("--dark", action="store_true", help="for a dark background")


def run(args: Namespace) -> int:
    import sys
    from pathlib import Path

    from specc.cli.build import folder_of
    from specc.cli.files import write

    result = compiled(args)
    graph = result.graph
    if graph is None:
        return 1
    form = args.format or _from_ending(args.output)
    data = drawn(graph, form, depth=args.depth, bind=bound(args, graph), dark=args.dark)
    if args.output == "-":
        sys.stdout.buffer.write(data)
    else:
        path = Path(args.output) if args.output else folder_of(None, graph) / f"graph.{form}"
        write(path, data)
        print(path)
    return 0 if result.ok else 1


def _from_ending(output: str | None) -> str:
    ending = (output or "").rpartition(".")[2].lower()
    return ending if ending in FORMATS else "svg"


def drawn(
    graph: Graph, form: str, *, depth: int | None = None, bind: Mapping[str, int] | None = None, dark: bool = False
) -> bytes:
    """The diagram as bytes of the format. Raises `Problem` (C107) where no engine can draw it."""
    from specc.emit.dot import to_dot
    from specc.emit.render import RenderFailed, RenderUnavailable, render
    from specc.emit.svg import to_svg

    try:
        if form == "svg":
            return to_svg(graph, depth=depth, bind=bind, dark=dark).encode()
        return render(to_dot(graph, depth=depth, bind=bind, dark=dark), form)
    except (RenderUnavailable, RenderFailed) as error:
        from specc.cli.problem import Problem
        from specc.diagnostics import Diagnostic

        raise Problem(Diagnostic("C107", str(error), None), 2) from error
