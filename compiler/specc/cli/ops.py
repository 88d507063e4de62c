"""`specc ops`: the op reference, read from the declarations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "ops"
HELP = "list the ops, or show one with its arguments, shapes and parameters"
EXAMPLE = """\
specc ops
specc ops Conv2d"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="an op: Conv2d, flatten, …")


def run(args: Namespace) -> int:
    from specc.cli.terminal import columns
    from specc.ops import OPS
    from specc.reference.manual import listing, manual

    if args.name is None:  # whole lines for what reads a pipe
        sys.stdout.write(listing(columns(sys.stdout) if sys.stdout.isatty() else None))
        return 0
    if args.name not in OPS:
        from specc.cli.problem import problem
        from specc.diagnostics import closest

        near = closest(args.name, OPS)
        mend = f"did you mean `{near}`?" if near else "`specc ops` lists them"
        raise problem("C108", f"there is no op `{args.name}`", help=mend, status=2)
    sys.stdout.write(manual(OPS[args.name], columns=min(columns(sys.stdout), 100)))
    return 0
