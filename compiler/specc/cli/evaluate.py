"""`specc eval`: the figures of a trained run on a split of its data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from specc.cli.train import add_device, refused, torch_is_there

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "eval"
HELP = "measure a trained run on its test or training data"
EXAMPLE = """\
specc eval runs/mlp-1
specc eval runs/mlp-1 --split train --checkpoint last"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder")
    parser.add_argument("--split", choices=("test", "train"), default="test", help="which part of the data (test)")
    parser.add_argument("--checkpoint", choices=("best", "last"), default="best", help="which weights (best)")
    add_device(parser)


def run(args: Namespace) -> int:
    if not torch_is_there():
        return 2
    import json

    from specc_runtime import RunError
    from specc_runtime.program import of_file
    from specc_runtime.training.apply import evaluate_run
    from specc_runtime.training.progress import Progress

    try:
        figures = evaluate_run(
            args.run, of_file, split=args.split, device=args.device, which=args.checkpoint, progress=Progress()
        )
    except RunError as error:
        return refused(error)
    print(_said(figures, args.split), file=sys.stderr)
    if not sys.stdout.isatty():
        print(json.dumps(figures))
    return 0


def _said(figures: dict[str, float], split: str) -> str:
    """`Accuracy of the network on the 360 test images: 98.9% (loss 0.0520)`; every metric a line."""
    on = f"of the network on the {figures['samples']:,} {split} images"
    shown = [(name, value) for name, value in figures.items() if name not in ("loss", "samples")]
    loss = f"loss {figures['loss']:.4f}"
    if not shown:
        return f"{loss.capitalize()} {on}"
    return "\n".join(f"{name.replace('_', ' ').capitalize()} {on}: {value:.1%} ({loss})" for name, value in shown)
