"""`specc explain`: what a code means, with a spec that has it and its mend."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "explain"
HELP = "explain a code of a diagnostic, or list them"
EXAMPLE = """\
specc explain S303
specc explain"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="a code: S301, W515, …")


def run(args: Namespace) -> int:
    from specc.diagnostics.codes import CODES
    from specc.reference.codes import explanation, listing, nearest

    if args.code is None:
        sys.stdout.write(listing())
        return 0
    code = args.code.strip("[]").upper()
    if code not in CODES:
        from specc.cli.problem import problem

        near = nearest(args.code)
        mend = f"did you mean `{near}` ({CODES[near].title})?" if near else "`specc explain` lists them"
        raise problem("C110", f"there is no code `{args.code}`", help=mend, status=2)
    from specc.cli.terminal import columns, in_colour

    colour, width = in_colour(sys.stdout), min(columns(sys.stdout), 100)
    sys.stdout.write(explanation(CODES[code], columns=width, colour=colour))
    return 0
