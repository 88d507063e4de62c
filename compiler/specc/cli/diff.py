"""`specc diff`: what changed between two networks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from specc.cli.spec import add_bind, add_set, bound

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "diff"
HELP = "show what changed between two networks: layers, shapes, parameters, cost"
EXAMPLE = """\
specc diff specs/resnet18.yaml specs/resnet50.yaml
specc diff old.yaml new.yaml --bind H=224 --bind W=224 --format json"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="the spec of the one network")
    parser.add_argument("b", metavar="B", help="the spec of the other")
    add_set(parser)
    add_bind(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people, or for machines")


def run(args: Namespace) -> int:
    from specc.compiler import compile_file
    from specc.emit.difference import difference, to_json, to_text

    results = [compile_file(path, args.overrides) for path in (args.a, args.b)]
    diagnostics = list(dict.fromkeys(d for result in results for d in result.diagnostics))
    if diagnostics:
        from specc.cli.terminal import show

        show(diagnostics, {name: text for result in results for name, text in result.sources.items()})
    one, two = (result.graph for result in results)
    if one is None or two is None or not all(result.ok for result in results):
        return 1
    bind = bound(args, one)
    bound(args, two)
    found = difference(one, two, bind)
    sys.stdout.write(to_json(found) if args.format == "json" else to_text(found))
    return 0
