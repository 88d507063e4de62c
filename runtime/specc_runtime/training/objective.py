"""Loss, optimizer and scheduler by PyTorch's names, and how labels and outputs meet."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.optim import lr_scheduler

from specc.diagnostics import closest
from specc.ops import OPS
from specc.ops.arguments import Weights
from specc.training.catalogue import LOSSES, OPTIMIZERS, PER_BATCH_SCHEDULERS, REFUSED, SCHEDULERS
from specc_runtime.config import Named, named
from specc_runtime.errors import problem

Scheduler = lr_scheduler.LRScheduler


class Objective(nn.Module):
    """A loss over (output, class numbers): brings the labels into the form that the loss is defined on.

    `forward`: output [N, C] or, for two classes under a binary loss, [N] or [N, 1]; labels int64 [N]; gives a scalar.
    `scores`: the same output as [N, classes] for metrics. `probabilities`: float32 [N, classes].
    """

    def __init__(self, spec: Named, classes: int) -> None:
        super().__init__()
        _known("loss", spec.op, LOSSES)
        entry = LOSSES[spec.op]
        tensors = {name for name, arg in OPS[spec.op].args.items() if isinstance(arg, Weights)}
        args = {k: torch.tensor(v, dtype=torch.float32) if k in tensors else v for k, v in spec.args.items()}
        if args.get("reduction", "mean") != "mean":
            raise problem("R713", f"`{spec.op}` needs `reduction: mean` in training", help="remove `reduction`")
        self.loss = _built("loss", lambda: getattr(nn, spec.op)(**args))
        self.output, self.target, self.name, self.classes = entry.output, entry.target, spec.op, classes
        self.ignored = args.get("ignore_index")
        if entry.target not in ("classes", "binary") or (entry.target == "binary" and classes != 2):
            what = "two classes" if entry.target == "binary" else "a target of the output's shape"
            raise problem(
                "R712",
                f"`{spec.op}` takes {what}, and the data gives class numbers from 0 to {classes - 1}",
                help="use `CrossEntropyLoss` on logits, or `NLLLoss` on log-probabilities",
            )

    def forward(self, output: Tensor, labels: Tensor) -> Tensor:
        if self.target == "binary":
            labels = labels.to(output.dtype).view_as(output)  # never broadcast: [N] against [N, 1] would be N × N
        value: Tensor = self.loss(output.float(), labels.float() if self.target == "binary" else labels)
        return value

    def scores(self, output: Tensor) -> Tensor:
        if self.target == "binary":
            output = output.reshape(-1)
            middle = 0.0 if self.output == "logits" else 0.5
            return torch.stack([middle - output, output - middle], dim=1)
        return output

    def probabilities(self, output: Tensor) -> Tensor:
        output = output.float()
        if self.target == "binary":
            one = output.reshape(-1).sigmoid() if self.output == "logits" else output.reshape(-1)
            return torch.stack([1 - one, one], dim=1)
        if self.output == "log_probabilities":
            return output.exp()
        return output.softmax(dim=1)

    def check_output(self, output: Tensor, samples: int) -> None:
        """Raises `RunError` (R703) where the network's output cannot meet the labels."""
        shape = list(output.shape)
        if self.target == "binary":
            if shape not in ([samples], [samples, 1]):
                raise problem("R703", f"`{self.name}` takes an output [N] or [N, 1], and the network gives {shape}")
        elif len(shape) != 2 or shape[0] != samples:
            raise problem("R703", f"`{self.name}` takes an output [N, classes], and the network gives {shape}")
        elif shape[1] < self.classes:
            raise problem(
                "R703",
                f"the data has {self.classes} classes, and the network has {shape[1]} outputs",
                help=f"give the last layer {self.classes} outputs",
            )
        if not output.is_floating_point():
            raise problem("R703", f"the network gives {output.dtype}, and a loss takes floats")

    def check_labels(self, labels: Tensor) -> None:
        """Raises `RunError` (R704) for a class number out of range; on a GPU torch would abort the process instead."""
        wrong = (labels < 0) | (labels >= self.classes)
        if self.ignored is not None:
            wrong &= labels != self.ignored
        if bool(wrong.any()):
            value = int(labels[wrong][0])
            raise problem("R704", f"a label is {value}; with {self.classes} classes labels are 0 to {self.classes - 1}")


def build_optimizer(spec: Named, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Raises `RunError` (R713) where torch.optim has none of that name or refuses its arguments."""
    _known("optimizer", spec.op, OPTIMIZERS)
    trainable = [p for p in parameters if p.requires_grad]
    if not trainable:
        raise problem("R712", "the network has no parameters to train")
    args = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.args.items()}
    built: optim.Optimizer = _built("optimizer", lambda: getattr(optim, spec.op)(trainable, **args))
    return built


def build_scheduler(spec: Named, optimizer: optim.Optimizer, *, epochs: int, steps: int) -> Scheduler:
    """`epochs` and `steps` are the run's length; what follows from it (`total_steps`, `T_max`) is filled in."""
    _known("scheduler", spec.op, SCHEDULERS)
    args: dict[str, Any] = dict(spec.args)
    if spec.op == "OneCycleLR" and not {"total_steps", "epochs", "steps_per_epoch"} & args.keys():
        args["total_steps"] = steps
    if spec.op == "CosineAnnealingLR":
        args.setdefault("T_max", epochs)
    if spec.op in ("SequentialLR", "ChainedScheduler"):
        children = [named(child, "schedulers") for child in args.get("schedulers", [])]
        starts = [0, *(args.get("milestones", []))] if spec.op == "SequentialLR" else [0] * len(children)
        for child in children:
            if child.op in PER_BATCH_SCHEDULERS or child.op == "ReduceLROnPlateau":
                raise problem("R712", f"`{child.op}` inside `{spec.op}` is not supported")
        args["schedulers"] = [
            build_scheduler(child, optimizer, epochs=max(1, epochs - start), steps=steps)
            for child, start in zip(children, starts, strict=False)
        ]
        if spec.op == "ChainedScheduler":
            return _scheduler(lambda: lr_scheduler.ChainedScheduler(args["schedulers"], optimizer=optimizer))
    return _scheduler(lambda: getattr(lr_scheduler, spec.op)(optimizer, **args))


def _scheduler(build: Callable[[], Any]) -> Scheduler:
    scheduler: Scheduler = _built("scheduler", build)
    return scheduler


def _known(kind: str, name: str, table: Mapping[str, Any]) -> None:
    if name in table:
        return
    reason = REFUSED[kind].get(name)
    if reason is not None:
        raise problem("R713", f"the {kind} `{name}` cannot be used here: {reason}")
    near = closest(name, table)
    raise problem("R713", f"there is no {kind} `{name}`", help=f"did you mean `{near}`?" if near else None)


def _built(kind: str, build: Callable[[], Any]) -> Any:
    try:
        return build()
    except (TypeError, ValueError, KeyError, AssertionError, RuntimeError) as error:
        raise problem("R713", f"the {kind} refuses its arguments: {error}") from error
