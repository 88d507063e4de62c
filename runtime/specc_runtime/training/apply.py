"""A trained run applied: to a split of its data, to image files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from specc_runtime.config import TrainConfig
from specc_runtime.data.loaders import Loader
from specc_runtime.data.transforms import pipeline
from specc_runtime.errors import problem
from specc_runtime.training import checkpoint, folder
from specc_runtime.training.device import pick
from specc_runtime.training.folder import Program
from specc_runtime.training.loop import Learner, evaluate
from specc_runtime.training.metrics import Totals
from specc_runtime.training.objective import Objective
from specc_runtime.training.progress import Progress
from specc_runtime.training.reports import Prediction
from specc_runtime.training.setup import build_model, check_sample, explained, open_data

Compile = Callable[[Path], Program]
"""From the resolved spec in a run folder to a program."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A class and its probability (0 to 1)."""

    name: str
    index: int
    probability: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A run read back: its network with the weights of a checkpoint, in evaluation mode on `device`."""

    program: Program
    model: nn.Module
    objective: Objective
    classes: tuple[str, ...]
    info: dict[str, Any]
    device: torch.device
    epoch: int


def measure(learner: Learner, batches: Loader, progress: Progress | None = None) -> tuple[Totals, list[Prediction]]:
    """One pass in order over held-out data: the totals, and what was predicted for each sample."""
    found: list[Prediction] = []

    def collect(output: Tensor, labels: Tensor) -> None:
        probability, predicted = learner.objective.probabilities(output).max(dim=1)
        for truth, guess, share in zip(labels.tolist(), predicted.tolist(), probability.tolist(), strict=True):
            found.append(Prediction(len(found), truth, guess, share))

    shown = progress or Progress(quiet=True)
    with shown.track("test", len(batches.dataset)) as observe:  # type: ignore[arg-type]  # Samples has a length
        totals = evaluate(learner, batches, observe, collect)
    return totals, found


def open_run(run: Path, compile_spec: Compile, *, device: str = "auto", which: str = "best") -> Trained:
    """The network of a run folder with the weights of its `best` or `last` checkpoint.

    The network is compiled from the folder's spec, never executed from its `model.py`: a run folder is data, and may
    come from someone else. Raises `RunError`: R711 not a run's folder, R710 a damaged checkpoint, R705 the device.
    """
    info = folder.info(run)
    chosen = pick(device)
    program = compile_spec(run / folder.SPEC)
    classes = tuple(str(name) for name in info["classes"])
    objective = Objective(program.config.loss, len(classes)).to(chosen)
    saved = checkpoint.load(run, which)
    model = build_model(program, chosen)
    try:
        model.load_state_dict(saved.weights)
    except RuntimeError as error:
        raise problem(
            "R711",
            f"the checkpoint of `{run}` does not fit the network of its spec",
            str(error).splitlines()[-1].strip(),
        ) from error
    model.eval()
    return Trained(program, model, objective, classes, info, chosen, int(saved.state["epoch"]))


def evaluate_run(
    run: Path,
    compile_spec: Compile,
    *,
    split: str = "test",
    device: str = "auto",
    which: str = "best",
    progress: Progress | None = None,
) -> dict[str, float]:
    """The loss and the spec's metrics on the `test` or `train` split, not augmented; `samples` is their number."""
    if split not in ("test", "train"):
        raise problem("R713", f"there is no split `{split}`", help="one of test, train")
    trained = open_run(run, compile_spec, device=device, which=which)
    config = trained.program.config
    plain = replace(config, data=replace(config.data, augment=()))
    data = open_data(plain, trained.device, train=split == "train")
    learner = _idle(trained, config)
    with explained(config):
        totals, _ = measure(learner, data.batches, progress)
    return {**totals.figures(config.metrics), "samples": int(totals.confusion.sum())}


def predict_run(
    run: Path,
    files: Sequence[Path],
    compile_spec: Compile,
    *,
    device: str = "auto",
    which: str = "best",
    top: int = 3,
) -> list[tuple[Path, list[Guess]]]:
    """The `top` likeliest classes of each image file, likeliest first.

    An image is brought to the mode and, where all images of the data have one size, to the size of the data; then it
    goes through the transforms of the test split. Raises `RunError` (R714) for a file that is no image.
    """
    trained = open_run(run, compile_spec, device=device, which=which)
    config = trained.program.config
    transform = pipeline(config.data, train=False)
    results: list[tuple[Path, list[Guess]]] = []
    for file in files:
        tensor = transform(_image(file, trained.info, config))
        check_sample(trained.program, tensor)
        with torch.no_grad(), _idle(trained, config).autocast():
            output = trained.model(tensor.unsqueeze(0).to(trained.device))
        shares = trained.objective.probabilities(output)[0, : len(trained.classes)].cpu()
        best = shares.topk(min(top, len(shares)))
        guesses = [
            Guess(trained.classes[index], index, share)
            for share, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ]
        results.append((file, guesses))
    return results


def _idle(trained: Trained, config: TrainConfig) -> Learner:
    """A learner that never steps: evaluation needs none of an optimizer's state."""
    spare = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.0)
    scaler = torch.amp.GradScaler(trained.device.type, enabled=False)
    return Learner(trained.model, trained.objective, spare, trained.device, scaler, precision=config.precision)


_VARYING = frozenset({"Resize", "CenterCrop"})


def _image(file: Path, info: dict[str, Any], config: TrainConfig) -> Image.Image:
    try:
        with Image.open(file) as opened:
            image = opened.convert(info.get("image", {}).get("mode", "RGB"))
    except FileNotFoundError as error:
        raise problem("R714", f"there is no file `{file}`") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise problem("R714", f"`{file}` cannot be read as an image: {error}") from error
    size = tuple(info.get("image", {}).get("size", image.size))
    if image.size != size and not any(step.op in _VARYING for step in config.data.transform):
        return image.resize(size, Image.Resampling.BILINEAR)
    return image
