"""The training loop: one epoch of training, one pass of evaluation."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from specc_runtime.config import Precision
from specc_runtime.data.loaders import Loader
from specc_runtime.errors import problem
from specc_runtime.training.metrics import Totals
from specc_runtime.training.objective import Objective, Scheduler

Observer = Callable[[int, float], None]
"""Told the number of samples and the mean loss of each batch."""


@dataclass(slots=True)
class Learner:
    """What a step works on. `model` may be the network or a wrapper of it (DistributedDataParallel).

    `per_batch` is a scheduler stepped after every optimizer step; `step` counts optimizer steps since the start of the
    run.
    """

    model: nn.Module
    objective: Objective
    optimizer: Optimizer
    device: torch.device
    scaler: torch.amp.GradScaler
    per_batch: Scheduler | None = None
    precision: Precision = "32"
    accumulate: int = 1
    clip_grad_norm: float | None = None
    step: int = 0

    def autocast(self) -> torch.autocast:
        dtype = torch.float16 if self.precision == "16" else torch.bfloat16
        return torch.autocast(self.device.type, dtype, enabled=self.precision != "32")


def train_one_epoch(learner: Learner, batches: Loader, observe: Observer, *, max_steps: int | None = None) -> Totals:
    """One pass over the training data; stops early when `learner.step` reaches `max_steps`.

    Raises `RunError`: R706 where the loss is not finite (before it reaches the weights), R704 for a label out of range.
    """
    model, objective, optimizer = learner.model, learner.objective, learner.optimizer
    totals = Totals.zeros(objective.classes, learner.device)
    group = 1
    model.train()
    for index, (images, labels) in enumerate(batches):
        if index % learner.accumulate == 0:
            optimizer.zero_grad()
            group = min(learner.accumulate, len(batches) - index)  # the last group may be smaller
        objective.check_labels(labels)
        images = images.to(learner.device, non_blocking=True)
        labels = labels.to(learner.device, non_blocking=True)

        with learner.autocast():
            output = model(images)
        loss = objective(output, labels)
        value = _finite(loss, learner.step + 1)
        learner.scaler.scale(loss / group).backward()
        totals.add(loss, objective.scores(output), labels)
        observe(len(labels), value)

        if (index + 1) % learner.accumulate == 0 or index + 1 == len(batches):
            _step(learner)
            if learner.step == max_steps:
                break
    return totals


@torch.no_grad()
def evaluate(
    learner: Learner, batches: Loader, observe: Observer, collect: Callable[[Tensor, Tensor], None] | None = None
) -> Totals:
    """One pass over held-out data: no gradients, dropout off, batch normalisation by its running statistics.

    `collect` is given the output and the labels of each batch.
    """
    model, objective = learner.model, learner.objective
    totals = Totals.zeros(objective.classes, learner.device)
    model.eval()
    for images, labels in batches:
        objective.check_labels(labels)
        images = images.to(learner.device, non_blocking=True)
        labels = labels.to(learner.device, non_blocking=True)
        with learner.autocast():
            output = model(images)
        loss = objective(output, labels)
        totals.add(loss, objective.scores(output), labels)
        observe(len(labels), loss.item())
        if collect is not None:
            collect(output, labels)
    return totals


def _step(learner: Learner) -> None:
    if learner.clip_grad_norm is not None:
        learner.scaler.unscale_(learner.optimizer)
        nn.utils.clip_grad_norm_(learner.model.parameters(), learner.clip_grad_norm)
    before = learner.scaler.get_scale()
    learner.scaler.step(learner.optimizer)
    learner.scaler.update()
    learner.step += 1
    # Under float16 the scaler skips a step whose gradients overflow, and lowers its scale; the schedule waits with it.
    if learner.per_batch is not None and learner.scaler.get_scale() >= before:
        learner.per_batch.step()


def _finite(loss: Tensor, step: int) -> float:
    value = loss.item()
    if not math.isfinite(value):
        raise problem(
            "R706",
            f"the loss is {value} at step {step}",
            "nothing of this step was applied or saved",
            help="lower the learning rate, add `clip_grad_norm: 1.0`, or check the data for extreme values",
        )
    return value
