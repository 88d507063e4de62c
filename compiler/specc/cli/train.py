"""`specc train`: trains the network of a spec and writes a run folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from specc.cli.spec import add_spec

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "train"
HELP = "train the network as the spec's `train` section says; everything goes into a run folder"
EXAMPLE = """\
specc train specs/mlp.yaml
specc train specs/resnet18.yaml --device cuda --out runs/first --epochs 5
specc train specs/resnet18.yaml --out runs/first --resume"""


def add_arguments(parser: ArgumentParser) -> None:
    add_spec(parser)
    add_device(parser)
    parser.add_argument("--out", type=Path, metavar="RUN", help="the run folder (by default runs/NAME-1, -2 …)")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
    parser.add_argument("--epochs", type=_count, metavar="E", help="train so many epochs, whatever the spec says")


def add_device(parser: ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", metavar="auto|cpu|cuda|mps", help="where to compute (auto)")


def _count(text: str) -> int:
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 9):
        raise ArgumentTypeError(f"{text!r} is not a number of epochs, 1 or more")
    return int(text)


def run(args: Namespace) -> int:
    from specc.cli.spec import compiled

    result = compiled(args)
    if result.graph is None or not result.ok:
        return 1
    if not torch_is_there():
        return 2
    from specc_runtime import RunError
    from specc_runtime.program import of_graph

    try:
        program = of_graph(result.graph, epochs=args.epochs)
        from specc_runtime.training.run import to_json, train

        ended = train(program, device=args.device, out=args.out, resume=args.resume)
    except RunError as error:
        return refused(error)
    if not sys.stdout.isatty():  # a person has read it all above
        print(to_json(ended))
    return 130 if ended.interrupted else 0


def torch_is_there() -> bool:
    """Whether PyTorch is installed; says how to get it where it is not."""
    from importlib.util import find_spec

    missing = [name for name in ("torch", "torchvision", "safetensors", "matplotlib") if find_spec(name) is None]
    if missing:
        print(f'this needs {", ".join(missing)}: pip install "specc[torch]"', file=sys.stderr)
    return not missing


def refused(error: object) -> int:
    """Shows the diagnostic that a `RunError` carries."""
    from specc.cli.terminal import show

    show([error.diagnostic], {}, closing=False)  # type: ignore[attr-defined]  # the runtime is imported late
    return 1
