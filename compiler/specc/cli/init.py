"""`specc init`: a commented spec to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "init"
HELP = "write a commented spec to start from"
EXAMPLE = """\
specc init                      # mlp.yaml
specc init resnet -o net.yaml
specc init unet -o -            # to stdout"""

TEMPLATES = ("mlp", "cnn", "resnet", "unet", "transformer")  # files of compiler/specc/cli/templates


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "template", nargs="?", choices=TEMPLATES, default="mlp", help="the kind of network (default: mlp)"
    )
    parser.add_argument("-o", dest="output", metavar="FILE", help="where to write it (default: TEMPLATE.yaml)")


def template(name: str) -> str:
    """The text of a starting spec."""
    from importlib.resources import files

    return (files("specc.cli") / "templates" / f"{name}.yaml").read_text(encoding="utf-8")


def run(args: Namespace) -> int:
    import sys
    from pathlib import Path

    from specc.cli.files import create
    from specc.cli.terminal import say

    text = template(args.template)
    if args.output == "-":
        sys.stdout.write(text)
        return 0
    path = Path(args.output or f"{args.template}.yaml")
    create(path, text.encode())
    print(path)
    say(f"next: specc check {path}")
    return 0
