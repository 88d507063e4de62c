"""Everything a run needs before its first step, checked: data, model, objective, optimizer, scheduler."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from specc.training.catalogue import PER_BATCH_SCHEDULERS
from specc_runtime.config import TrainConfig
from specc_runtime.data.datasets import Source, open_split
from specc_runtime.data.loaders import Loader, Samples, loader
from specc_runtime.data.transforms import pipeline
from specc_runtime.errors import RunError, problem
from specc_runtime.module import from_source
from specc_runtime.training.folder import Program
from specc_runtime.training.loop import Learner
from specc_runtime.training.objective import Objective, build_optimizer, build_scheduler


@dataclass(frozen=True, slots=True)
class Split:
    """One split of the data, ready to iterate."""

    source: Source
    samples: Samples
    batches: Loader


def open_data(config: TrainConfig, device: torch.device, *, train: bool) -> Split:
    """The training split (shuffled, augmented) or the test split. Raises `RunError`."""
    source = open_split(config.data, train=train)
    samples = Samples(
        source, pipeline(config.data, train=train), seed=config.seed, random=train and bool(config.data.augment)
    )
    batches = loader(
        samples,
        batch_size=config.data.batch_size,
        train=train,
        workers=config.data.workers,
        pin=device.type == "cuda",
    )
    return Split(source, samples, batches)


def build_model(program: Program, device: torch.device) -> nn.Module:
    """The network on the device. Raises `RunError` (R712) where it has not exactly one input and one output."""
    if len(program.inputs) != 1:
        raise problem(
            "R712",
            f"training needs a network with one input, and `{program.name}` has {len(program.inputs)}",
            help="train it from Python: `specc_runtime.load` gives the module",
        )
    return from_source(program.source, program.name, program.file).to(device)


def check_sample(program: Program, sample: Tensor) -> None:
    """Compares one sample [C, H, W] with the network's input. Raises `RunError` (R703)."""
    ((name, (shape, dtype)),) = program.inputs.items()
    got = list(sample.shape)
    if dtype != "float32":
        raise problem("R703", f"the input `{name}` is {dtype}, and images are float32")
    sizes = shape[1:]
    fits = len(sizes) == len(got) and all(isinstance(s, str) or s == g for s, g in zip(sizes, got, strict=True))
    if not fits:
        wanted = ", ".join(map(str, sizes))
        resize = f"`transform: [{{op: Resize, size: [{sizes[1]}, {sizes[2]}]}}]`" if len(sizes) == 3 else ""
        mend = f"{resize} in `data` changes the size" if resize and len(got) == 3 and sizes[0] == got[0] else None
        raise problem(
            "R703",
            f"a sample of the data is {got}, and the input `{name}` takes [{wanted}]",
            help=mend or "change the input's shape, or add transforms such as Resize, Grayscale or RGB to `data`",
        )


def check_batch(model: nn.Module, objective: Objective, images: Sequence[Tensor], device: torch.device) -> None:
    """Runs two samples through the network before step 1, and looks at what comes out. Raises `RunError` (R703)."""
    model.eval()
    batch = torch.stack(list(images)).to(device)
    try:
        with torch.no_grad():
            output = model(batch)
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise problem(
            "R703", f"the network cannot take a batch of shape {list(batch.shape)}", str(error).splitlines()[0]
        ) from error
    if not isinstance(output, Tensor):
        raise problem("R712", "training needs a network with one output", f"this one gives a {type(output).__name__}")
    objective.check_output(output, len(batch))


def build_learner(
    config: TrainConfig, model: nn.Module, objective: Objective, device: torch.device, *, epochs: int, steps: int
) -> tuple[Learner, LRScheduler | None]:
    """What steps are taken with, and the scheduler that is stepped after each epoch (None where there is none)."""
    optimizer: Optimizer = build_optimizer(config.optimizer, model.parameters())
    scheduler = None
    if config.scheduler is not None:
        scheduler = build_scheduler(config.scheduler, optimizer, epochs=epochs, steps=steps)
    by_batch = config.scheduler is not None and config.scheduler.op in PER_BATCH_SCHEDULERS
    learner = Learner(
        model,
        objective,
        optimizer,
        device,
        torch.amp.GradScaler(device.type, enabled=config.precision == "16"),
        per_batch=scheduler if by_batch else None,
        precision=config.precision,
        accumulate=config.accumulate,
        clip_grad_norm=config.clip_grad_norm,
    )
    return learner, None if by_batch else scheduler


@contextmanager
def explained(config: TrainConfig) -> Iterator[None]:
    """Turns what PyTorch raises for want of memory, workers or equal sizes into diagnostics."""
    try:
        yield
    except RunError:
        raise
    except (RuntimeError, ConnectionError, ValueError) as error:
        text = str(error)
        raise _explanation(config, error, text) or error from error


def _explanation(config: TrainConfig, error: Exception, text: str) -> Any:
    if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in text or "out of memory" in text:
        size = config.data.batch_size
        return problem(
            "R715",
            f"there is not enough memory for batches of {size}",
            text.splitlines()[0],
            help=f"try `batch_size: {max(1, size // 2)}`; `accumulate: 2` keeps the effective batch",
        )
    if "equal size" in text or "storage that is not resizable" in text:
        return problem(
            "R703",
            "the images of the data have different sizes",
            help="bring them to one size: `transform: [{op: Resize, size: 256}, {op: CenterCrop, size: 224}]`",
        )
    if isinstance(error, ConnectionError) or "DataLoader worker" in text:
        return problem(
            "R716",
            "a process that loads data has died",
            text.splitlines()[0] if text else "the connection to it was lost",
            help="it may have run out of memory: try fewer `workers`, or `workers: 0` to see its error",
        )
    if "Tried to step" in text:
        return problem("R713", f"the scheduler is at its end: {text.splitlines()[0]}")
    return None
