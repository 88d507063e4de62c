"""`specc schema`: the JSON Schema of specs, for editors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "schema"
HELP = "write the JSON Schema of specs, with which an editor completes and checks them"
EXAMPLE = """\
specc schema -o specc.schema.json
# then as the first line of a spec:
# yaml-language-server: $schema=./specc.schema.json"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("-o", dest="output", metavar="FILE", help="write it to FILE instead of stdout")


def run(args: Namespace) -> int:
    import json

    from specc.source.schema import spec_schema

    text = json.dumps(spec_schema(), indent=2, ensure_ascii=False) + "\n"
    if args.output is None:
        sys.stdout.write(text)
        return 0
    from pathlib import Path

    from specc.cli.files import write

    write(Path(args.output), text.encode())
    print(args.output)
    return 0
