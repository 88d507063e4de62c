"""`specc summary`: layers, shapes, parameters and cost, up to the error where there is one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from specc.cli.spec import add_bind, add_depth, add_spec, bound, compiled

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "summary"
HELP = "show the layers with their shapes, parameters and multiply-adds"
EXAMPLE = """\
specc summary specs/resnet18.yaml --depth 1
specc summary specs/resnet18.yaml --bind N=64 --bind H=224 --bind W=224 --format json"""


def add_arguments(parser: ArgumentParser) -> None:
    add_spec(parser)
    add_bind(parser)
    add_depth(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="a table, or for machines")


def run(args: Namespace) -> int:
    from specc.emit.summary import summarize, to_json, to_text

    result = compiled(args)
    if result.graph is None:
        return 1
    summary = summarize(result.graph, bind=bound(args, result.graph))
    sys.stdout.write(to_json(summary) if args.format == "json" else to_text(summary, depth=args.depth))
    return 0 if result.ok else 1
