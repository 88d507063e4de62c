"""What the commands that read a spec share: their arguments, and compiling with every problem shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.cli.problem import problem

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from specc.compiler import Result
    from specc.graph.ir import Graph


def add_spec(parser: ArgumentParser, *, several: bool = False) -> None:
    """The spec (as `args.spec`, or `args.specs` where there may be several) and `--set`."""
    if several:
        parser.add_argument("specs", nargs="+", metavar="SPEC", help="a spec file")
    else:
        parser.add_argument("spec", metavar="SPEC", help="the spec file")
    add_set(parser)


def add_set(parser: ArgumentParser) -> None:
    """`--set`, as `args.overrides`."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="KEY.PATH=VALUE",
        help="override a value of the spec; may be repeated",
    )


def add_bind(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--bind",
        action="append",
        default=[],
        type=_binding,
        metavar="SYMBOL=SIZE",
        help="the size of a symbol of the inputs (--bind N=64); may be repeated",
    )


def add_depth(parser: ArgumentParser) -> None:
    parser.add_argument("--depth", type=_depth, metavar="K", help="fold what is nested deeper than K levels")


def _binding(text: str) -> tuple[str, int]:
    name, equals, size = text.partition("=")
    if not equals or not name.strip().isidentifier() or not _natural(size):
        raise _refused(f"{text!r} is not of the form SYMBOL=SIZE, as in N=64")
    return name.strip(), int(size)


def _depth(text: str) -> int:
    if not _natural(text) or int(text) < 1:
        raise _refused(f"{text!r} is not a number of levels, 1 or more")
    return int(text)


def _natural(text: str) -> bool:
    digits = text.strip()
    return digits.isascii() and digits.isdigit() and len(digits) <= 15


def _refused(message: str) -> Exception:
    from argparse import ArgumentTypeError

    return ArgumentTypeError(message)


def compiled(args: Namespace) -> Result:
    """The spec of the command line, compiled; its problems are shown, and are the caller's to act on."""
    from specc.compiler import compile_file

    result = compile_file(args.spec, args.overrides)
    if result.diagnostics:
        from specc.cli.terminal import show

        show(result.diagnostics, result.sources)
    return result


def bound(args: Namespace, graph: Graph) -> Mapping[str, int] | None:
    """The sizes of `--bind`, each for a symbol that the spec has; None where none is given."""
    symbols = graph.symbols if args.bind else ()
    for name, _ in args.bind:
        if name not in symbols:
            from specc.diagnostics import closest

            held = "its symbols are " + ", ".join(f"`{s}`" for s in symbols) if symbols else "all its sizes are fixed"
            near = closest(name, symbols)
            raise problem(
                "C103",
                f"`--bind {name}=…`: `{graph.name}` has no symbol `{name}`",
                held,
                help=f"did you mean `{near}`?" if near else None,
                status=2,
            )
    return dict(args.bind) or None
