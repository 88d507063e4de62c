"""The `specc` command: finds the command's file, reads its arguments, and turns what happens into an exit status.

Exit status: 0 clean; 1 the spec (or what was asked of it) has problems; 2 the command line cannot be obeyed, or a tool
it needs is missing; 70 a bug in specc (BSD's EX_SOFTWARE); 130 interrupted; 141 the reader of the output went away.

What a command was asked for goes to stdout, everything said about it to stderr.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

BUG = 70
INTERRUPTED = 130
BROKEN_PIPE = 141
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

# Commands by what a person is doing. Each is the module of its name in `specc.cli`, imported only when it is called.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("write", ("init", "fmt")),
    ("check", ("check", "summary", "diff")),
    ("build", ("build", "render")),
    ("train", ("train", "eval", "predict")),
    ("look up", ("ops", "explain", "schema")),
)
COMMANDS = tuple(name for _, names in GROUPS for name in names)
_BRIEF = ("check", "summary", "build", "ops", "schema")  # they end before the garbage collector would free anything
_MODULES = {"eval": "evaluate"}  # a module called `eval` would shadow the built-in where it is imported


class Command(Protocol):
    """What a command's file holds."""

    NAME: str
    HELP: str  # one line
    EXAMPLE: str  # command lines, one a line

    def add_arguments(self, parser: ArgumentParser) -> None: ...

    def run(self, args: Namespace) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (by default the process's) and returns the exit status; nothing escapes."""
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is not None or not words or words[0] not in _BRIEF:
        return _status(words)
    # Collections took an eighth of a `specc check`, most of it at exit; what is frozen is not looked through there.
    gc.disable()
    status = _status(words)
    gc.freeze()
    return status


def _status(argv: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        # A terminal that is not UTF-8 shows `\u2295` where it cannot show ⊕.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(argv)
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _silence()
        return BROKEN_PIPE
    except OSError as error:
        # Files have their own reports (`C102`); what carries no name and says the device is full was stdout.
        if error.filename is not None or error.errno not in _FULL:
            return _bug(error)
        _silence()
        print(f"specc: cannot write the output: {os.strerror(error.errno).lower()}", file=sys.stderr)
        return 2
    except Exception as error:  # the promise is that no traceback reaches a user
        return _bug(error)
    return status


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        sys.stdout.write(_overview())
        return 0 if argv else 2
    if argv[0] in ("-V", "--version"):
        from importlib.metadata import version

        print(f"specc {version('specc')}")
        return 0
    if argv[0] not in COMMANDS:
        return _unknown(argv[0])
    command = load(argv[0])
    try:
        args = parser(command).parse_intermixed_args(argv[1:])
    except SystemExit as stop:  # argparse has printed the help or what is wrong
        return stop.code if isinstance(stop.code, int) else 2
    from specc.cli.problem import Problem

    try:
        return command.run(args)
    except Problem as problem:
        problem.show()
        return problem.status


def load(name: str) -> Command:
    """The file of the command `name`."""
    from importlib import import_module

    # The type checker takes any module here; tests/cli/test_main.py holds every command to the protocol.
    command: Command = import_module(f"specc.cli.{_MODULES.get(name, name)}")
    return command


def parser(command: Command) -> ArgumentParser:
    """The parser of one command, its help ending with the example."""
    from argparse import ArgumentParser, RawDescriptionHelpFormatter

    from specc.cli.terminal import columns

    example = "\n".join(f"  {line}" for line in command.EXAMPLE.strip().splitlines())
    parser = ArgumentParser(
        prog=f"specc {command.NAME}",
        description=f"{command.HELP[0].upper()}{command.HELP[1:]}.",
        epilog=f"example:\n{example}",
        # Left to find the width itself, argparse imports shutil, and with it every kind of compression.
        formatter_class=lambda prog: RawDescriptionHelpFormatter(prog, width=columns(sys.stdout)),
        allow_abbrev=False,
    )
    command.add_arguments(parser)
    return parser


def _overview() -> str:
    lines = ["usage: specc COMMAND …", "", "Neural networks from YAML: checked, drawn, and written as PyTorch.", ""]
    for title, names in GROUPS:
        lines.append(f"{title}:")
        lines += [f"  {name:<9} {load(name).HELP}" for name in names]
        lines.append("")
    lines.append("`specc COMMAND --help` shows its options and an example; `specc --version` the version.")
    return "\n".join(lines) + "\n"


def _unknown(word: str) -> int:
    from specc.diagnostics import closest
    from specc.diagnostics.escape import visible

    near = closest(word, COMMANDS)
    hint = f"; did you mean `{near}`?" if near else "; `specc --help` lists the commands"
    print(f"specc: there is no command `{visible(word)}`{hint}", file=sys.stderr)
    return 2


def _bug(error: Exception) -> int:
    if os.environ.get("SPECC_DEBUG"):
        import traceback

        traceback.print_exception(error)
        return BUG
    from specc.diagnostics.escape import visible

    said = visible(f"{type(error).__name__}: {error}")[:300]
    print(
        f"specc: {said}: a bug in specc, please report it with the spec; SPECC_DEBUG=1 shows the traceback",
        file=sys.stderr,
    )
    return BUG


def _silence() -> None:
    """Points stdout at nothing, so that the interpreter's last flush does not complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


if __name__ == "__main__":
    sys.exit(main())
