"""One training run from start to end."""

import ast
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from specc_runtime.config import TrainConfig
from specc_runtime.data.loaders import set_epoch
from specc_runtime.errors import problem
from specc_runtime.training import checkpoint, folder, reports
from specc_runtime.training.apply import measure
from specc_runtime.training.device import pick, seed_everything
from specc_runtime.training.folder import Program
from specc_runtime.training.loop import Learner, evaluate, train_one_epoch
from specc_runtime.training.objective import Objective
from specc_runtime.training.progress import Progress
from specc_runtime.training.setup import (
    Split,
    build_learner,
    build_model,
    check_batch,
    check_sample,
    explained,
    open_data,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `metrics` are those of the best epoch on the test split; `history` has a line an epoch."""

    folder: Path
    metrics: dict[str, float]
    history: list[dict[str, Any]]
    best_epoch: int
    interrupted: bool = False


@dataclass(slots=True)
class _Position:
    """Where a run stands: the epochs that are complete, and the best one so far."""

    epoch: int = 0
    best_epoch: int = 0
    best: float = -math.inf  # higher is better
    waited: int = 0
    seconds: float = 0.0


def train(
    program: Program,
    *,
    device: str = "auto",
    out: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Trains and writes a run folder. Raises `RunError` for whatever keeps it from starting or going on.

    `out`: the folder, by default `runs/<name>-<n>`. `resume`: go on from the last checkpoint in `out`. An interrupt
    (Ctrl-C) ends the run after the last complete epoch; its results are written.
    """
    config, shown = program.config, progress or Progress()
    target = folder.claim(program.name, out, resume=resume)
    chosen = pick(device)
    seed_everything(config.seed)

    training, test = open_data(config, chosen, train=True), open_data(config, chosen, train=False)
    objective = Objective(config.loss, len(test.source.classes)).to(chosen)
    model = build_model(program, chosen)
    for split in (training, test):
        check_sample(program, split.samples[(0, 0)][0])
        if split.source.labels is not None:
            objective.check_labels(torch.tensor(split.source.labels))
    with explained(config):
        two = [test.samples[(0, i % len(test.samples))][0] for i in range(2)]
        check_batch(model, objective, two, chosen)

    per_epoch = math.ceil(len(training.batches) / config.accumulate)
    epochs = config.epochs if config.epochs is not None else math.ceil((config.steps or 1) / per_epoch)
    steps = config.steps if config.steps is not None else epochs * per_epoch
    learner, per_epoch_scheduler = build_learner(config, model, objective, chosen, epochs=epochs, steps=steps)

    position = _Position()
    history: list[dict[str, Any]] = []
    if resume:
        history = _restore(target, program, learner, per_epoch_scheduler, position)
    else:
        folder.begin(target, program, _describe(program, training, chosen, model))
        reports.samples(target / "samples.png", training.source)
    _greet(shown, program, training, test, model, chosen, position)

    interrupted = False
    try:
        with explained(config):
            while position.epoch < epochs and learner.step < steps and not _patience_over(config, position):
                line = _epoch(learner, training, test, config, position, shown, epochs=epochs, steps=steps)
                _advance(config, position, line, per_epoch_scheduler)
                folder.append_history(target, line)
                history.append(line)
                _save(target, learner, per_epoch_scheduler, position)
                reports.curves(target / "curves.png", history, best=position.best_epoch)
                shown.line(_summary(line, epochs, learner.precision))
    except KeyboardInterrupt:
        interrupted = True
        shown.line(f"interrupted in epoch {position.epoch + 1}; continue with --resume --out {target}")
    if not history:
        return Result(target, {}, history, 0, interrupted)

    best = checkpoint.load(target, "best")
    model.load_state_dict(best.weights)
    with explained(config):
        totals, found = measure(learner, test.batches)
    figures = totals.figures(config.metrics)
    reports.confusion(target / "confusion.png", totals.confusion.tolist(), test.source.classes)
    reports.predictions(target / "predictions.png", test.source, found)
    _farewell(shown, target, figures, position, history[-1], len(test.samples))
    return Result(target, figures, history, position.best_epoch, interrupted)


def _epoch(
    learner: Learner,
    training: Split,
    test: Split,
    config: TrainConfig,
    position: _Position,
    shown: Progress,
    *,
    epochs: int,
    steps: int,
) -> dict[str, Any]:
    epoch = position.epoch + 1
    start = time.monotonic()
    rates = [group["lr"] for group in learner.optimizer.param_groups]
    set_epoch(training.batches, epoch)
    with shown.track(f"epoch {epoch}/{epochs}", len(training.samples)) as observe:
        trained = train_one_epoch(learner, training.batches, observe, max_steps=steps)
    spent = time.monotonic() - start
    with shown.track(f"epoch {epoch}/{epochs}, test", len(test.samples)) as observe:
        tested = evaluate(learner, test.batches, observe)
    figures = {"train": trained.figures(config.metrics), "test": tested.figures(config.metrics)}
    if not math.isfinite(figures["test"]["loss"]):
        raise problem(
            "R706",
            f"the loss on the test images is {figures['test']['loss']} after step {learner.step}",
            "the epoch was not saved; the checkpoints before are intact",
            help="lower the learning rate, or add `clip_grad_norm: 1.0`",
        )
    return {
        "epoch": epoch,
        "step": learner.step,
        "lr": rates[0],
        **figures,
        "samples_per_second": round(int(trained.confusion.sum()) / max(spent, 1e-9), 1),
        "seconds": round(time.monotonic() - start, 3),
    }


def _advance(config: TrainConfig, position: _Position, line: dict[str, Any], scheduler: LRScheduler | None) -> None:
    """Counts the epoch, notes whether it is the best, and steps the scheduler that goes by epochs."""
    position.epoch = line["epoch"]
    position.seconds += line["seconds"]
    monitor = config.early_stop.monitor if config.early_stop else "accuracy"
    value = line["test"].get(monitor, line["test"]["loss"])
    value = value if monitor in line["test"] and monitor != "loss" else -value
    if value > position.best + (config.early_stop.min_delta if config.early_stop else 0.0):
        position.best, position.best_epoch, position.waited = value, position.epoch, 0
    else:
        position.waited += 1
    if isinstance(scheduler, ReduceLROnPlateau):
        scheduler.step(line["test"]["loss"])
    elif scheduler is not None:
        scheduler.step()


def _patience_over(config: TrainConfig, position: _Position) -> bool:
    return config.early_stop is not None and position.waited >= config.early_stop.patience


def _save(target: Path, learner: Learner, scheduler: LRScheduler | None, position: _Position) -> None:
    generators = {"cpu": torch.get_rng_state()}
    if learner.device.type == "cuda":
        generators["cuda"] = torch.cuda.get_rng_state(learner.device)
    stepped = scheduler or learner.per_batch
    checkpoint.save(
        target / "checkpoints",
        learner.model.state_dict(),
        {
            "optimizer": learner.optimizer.state_dict(),
            "scheduler": stepped.state_dict() if stepped is not None else None,
            "scaler": learner.scaler.state_dict(),
            "generators": generators,
        },
        {
            "epoch": position.epoch,
            "step": learner.step,
            "best_epoch": position.best_epoch,
            "best": position.best,
            "waited": position.waited,
            "seconds": round(position.seconds, 3),
        },
        best=position.best_epoch == position.epoch,
    )


def _code(source: str) -> str:
    """The source without comments and its header, whose digest changes with every edit of the spec (`epochs: 20`)."""
    tree = ast.parse(source)
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    return ast.dump(tree)


def _restore(
    target: Path, program: Program, learner: Learner, scheduler: LRScheduler | None, position: _Position
) -> list[dict[str, Any]]:
    if _code((target / folder.MODEL).read_text(encoding="utf-8")) != _code(program.source):
        raise problem(
            "R711",
            f"`{target}` was trained from another network than `{program.file}` describes now",
            help=f"start a new run, or resume from `{target / folder.SPEC}`",
        )
    saved = checkpoint.load(target, "last")
    stepped = scheduler or learner.per_batch
    try:
        learner.model.load_state_dict(saved.weights)
        learner.optimizer.load_state_dict(saved.training["optimizer"])
        if stepped is not None and saved.training["scheduler"] is not None:
            stepped.load_state_dict(saved.training["scheduler"])
        learner.scaler.load_state_dict(saved.training["scaler"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise problem(
            "R711", f"the checkpoint of `{target}` does not fit the spec's optimizer or scheduler: {error}"
        ) from error
    torch.set_rng_state(saved.training["generators"]["cpu"])
    if learner.device.type == "cuda" and "cuda" in saved.training["generators"]:
        torch.cuda.set_rng_state(saved.training["generators"]["cuda"], learner.device)
    state = saved.state
    learner.step = state["step"]
    position.epoch, position.best_epoch, position.best = state["epoch"], state["best_epoch"], state["best"]
    position.waited, position.seconds = state["waited"], state["seconds"]
    lines = folder.history(target, until=position.epoch)
    folder.rewrite_history(target, lines)
    return lines


def _describe(program: Program, training: Split, device: torch.device, model: nn.Module) -> dict[str, Any]:
    image, _ = training.source.data[training.source.indices[0]]
    return {
        "name": program.name,
        "spec": program.file,
        "train": dict(program.section),
        "classes": list(training.source.classes),
        "sample": list(training.samples[(0, 0)][0].shape),
        "image": {"mode": image.mode, "size": list(image.size)},
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "device": device.type,
        "torch": str(torch.__version__),
    }


def _greet(
    shown: Progress,
    program: Program,
    training: Split,
    test: Split,
    model: nn.Module,
    device: torch.device,
    position: _Position,
) -> None:
    count = sum(p.numel() for p in model.parameters() if p.requires_grad)
    images = f"{len(training.samples):,} training and {len(test.samples):,} test images of {training.source.name}"
    shown.line(f"{program.name}: {count:,} parameters, {images}, on {device}")
    if position.epoch:
        shown.line(f"resumed after epoch {position.epoch}")


def _summary(line: dict[str, Any], epochs: int, precision: str) -> str:
    parts = [f"epoch {line['epoch']:>{len(str(epochs))}}/{epochs}"]
    for split in ("train", "test"):
        figures = line[split]
        text = f"{split} loss {figures['loss']:.4f}"
        text += "".join(f" {name} {value:.2%}" for name, value in figures.items() if name != "loss")
        parts.append(text)
    parts.append(f"{line['samples_per_second']:,.0f} samples/s")
    return "  ".join(parts)


def _farewell(
    shown: Progress, target: Path, figures: dict[str, float], position: _Position, last: dict[str, Any], count: int
) -> None:
    name, form = ("accuracy", ".1%") if "accuracy" in figures else ("loss", ".4f")
    # The best epoch was chosen by this very figure, which flatters it: the last epoch's stands beside it.
    chosen = f"epoch {position.best_epoch}, the best of {last['epoch']} on these images"
    ended = f"; epoch {last['epoch']} had {last['test'][name]:{form}}" if last["epoch"] != position.best_epoch else ""
    shown.line(
        f"{name.capitalize()} of the network on the {count:,} test images: {figures[name]:{form}} ({chosen}{ended})"
    )
    shown.line("Open:")
    for file in (*folder.PICTURES, folder.METRICS, folder.MODEL):
        shown.line(f"  {target / file}")


def to_json(result: Result) -> str:
    """What a program that started the run wants to know, on one line."""
    return json.dumps(
        {
            "run": str(result.folder),
            "best_epoch": result.best_epoch,
            "epochs": len(result.history),
            "test": result.metrics,
        }
    )
