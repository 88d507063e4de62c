"""`specc predict`: a trained run applied to image files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from specc.cli.train import add_device, refused, torch_is_there

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

NAME = "predict"
HELP = "what a trained run sees in image files"
EXAMPLE = """\
specc predict runs/mlp-1 seven.png
specc predict runs/mlp-1 *.png --top 1 --format json"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="an image")
    parser.add_argument("--top", type=int, default=3, metavar="K", help="so many classes for each (3)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people, or for machines")
    parser.add_argument("--checkpoint", choices=("best", "last"), default="best", help="which weights (best)")
    add_device(parser)


def run(args: Namespace) -> int:
    if not torch_is_there():
        return 2
    import json

    from specc.diagnostics.escape import visible
    from specc_runtime import RunError
    from specc_runtime.program import of_file
    from specc_runtime.training.apply import predict_run

    try:
        found = predict_run(
            args.run, args.files, of_file, device=args.device, which=args.checkpoint, top=max(1, args.top)
        )
    except RunError as error:
        return refused(error)
    for file, guesses in found:
        if args.format == "json":
            top = [{"class": g.name, "index": g.index, "probability": round(g.probability, 6)} for g in guesses]
            print(json.dumps({"file": str(file), "top": top}, ensure_ascii=False))
        else:
            shares = "  ".join(f"{visible(g.name)} {g.probability:.1%}" for g in guesses)
            print(f"{visible(str(file))}: {shares}")
    return 0
