"""`specc check`: every problem of every spec, in one run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from specc.cli.spec import add_spec

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from specc.compiler import Result
    from specc.diagnostics import Diagnostic

NAME = "check"
HELP = "report every problem of the specs: names, arguments, shapes, dtypes, training"
EXAMPLE = """\
specc check specs/resnet18.yaml
specc check specs/*.yaml --format github --strict
specc check specs/resnet18.yaml --set params.width=16"""


def add_arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True)
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="text on stderr for people (the default), or for machines on stdout",
    )
    parser.add_argument("--strict", action="store_true", help="let warnings count as problems")


def run(args: Namespace) -> int:
    from specc.compiler import compile_file

    results = [(path, compile_file(path, args.overrides)) for path in args.specs]
    # Specs that use the same file share its problems.
    diagnostics = list(dict.fromkeys(d for _, result in results for d in result.diagnostics))
    failed = any(_counts(d, args.strict) for d in diagnostics)
    if args.format == "text":
        _text(results, diagnostics, args.strict)
    else:
        sys.stdout.write(_machine(args.format, diagnostics, ok=not failed))
    return 1 if failed else 0


def _counts(diagnostic: Diagnostic, strict: bool) -> bool:
    return strict or diagnostic.severity.value == "error"


def _text(results: list[tuple[str, Result]], diagnostics: list[Diagnostic], strict: bool) -> None:
    from specc.cli.terminal import say, show

    if diagnostics:
        sources = {name: text for _, result in results for name, text in result.sources.items()}
        show(diagnostics, sources)
    for path, result in results:
        if result.graph is not None and not any(_counts(d, strict) for d in result.diagnostics):
            from specc.diagnostics.escape import visible

            warned = len(result.diagnostics)
            warnings = f" · {warned} warning{'s' * (warned > 1)}" if warned else ""
            say(f"{visible(path)}: ok · {result.graph.parameter_count:,} parameters{warnings}")


def _machine(form: str, diagnostics: list[Diagnostic], *, ok: bool) -> str:
    from specc.diagnostics.formats import to_github, to_json, to_sarif

    if form == "json":
        return to_json(diagnostics, ok)
    return to_github(diagnostics) if form == "github" else to_sarif(diagnostics)
