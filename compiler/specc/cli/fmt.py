"""`specc fmt`: specs in the canonical layout, comments and meaning kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from specc.diagnostics.escape import visible

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from specc.diagnostics import Sink

NAME = "fmt"
HELP = "lay specs out in the canonical form; comments are kept"
EXAMPLE = """\
specc fmt specs/*.yaml          # names the files that it changed
specc fmt specs/*.yaml --check  # changes nothing; status 1 where it would
specc fmt - < net.yaml          # from stdin to stdout"""

_STDIN = "<stdin>"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a spec file, or - for stdin")
    parser.add_argument("--check", action="store_true", help="write nothing; list the files that would change")


def run(args: Namespace) -> int:
    from specc.cli.terminal import say, show
    from specc.diagnostics import Sink
    from specc.source.layout import formatted

    problems, sources = Sink(), {}
    changed = refused = 0
    paths = list(dict.fromkeys(args.specs))
    for path in paths:
        name, sink = _STDIN if path == "-" else path, Sink()
        text = _read(path, name, sink)
        result = None if text is None else formatted(text, name, sink)
        if text is None or result is None:
            sources[name] = text or ""
            problems.diagnostics += sink.diagnostics
            refused += 1
            continue
        changed += result != text
        if path == "-" and not args.check:
            _to_stdout(result)
        elif result != text:
            if not args.check:
                _write(path, result)
            print(visible(name))
    if problems.diagnostics:
        show(problems.in_order(), sources)
    if paths != ["-"]:
        say(_closing(len(paths), changed, refused, check=args.check))
    return 1 if refused or (args.check and changed) else 0


def _read(path: str, name: str, sink: Sink) -> str | None:
    from specc.source.files import decoded, load
    from specc.source.limits import DEFAULT

    if path != "-":
        return load(path, sink)
    return decoded(sys.stdin.buffer.read(DEFAULT.file_bytes + 1), name, sink)


def _to_stdout(text: str) -> None:
    """In UTF-8, which specs are in, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())


def _write(path: str, text: str) -> None:
    from specc.cli.files import overwrite
    from specc.cli.problem import Problem

    try:
        overwrite(Path(path), text.encode())
    except Problem as problem:  # there is no other place to write it to
        raise Problem(problem.diagnostic._replace(help=None), problem.status) from problem


def _closing(specs: int, changed: int, refused: int, *, check: bool) -> str:
    """`2 specs reformatted, 1 unchanged`."""
    counts = (
        (changed, "would be reformatted" if check else "reformatted"),
        (specs - changed - refused, "unchanged"),
        (refused, "with errors"),
    )
    told = [f"{count} {what}" for count, what in counts if count]
    return f"{'spec' if specs == 1 else 'specs'}: {', '.join(told)}"
