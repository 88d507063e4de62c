"""The memory of a training step: what `specc summary` says beside what torch takes.

    python -m bench.memory

A step is forward, loss, backward and optimizer, as the training loop runs them; the peak is that of the third step,
when the optimizer has its state. On the CPU, weights included, by two measures:

- *tensors*: the bytes of all tensors' storages alive at once, counted after every kernel. That is what the estimate is
  of. (While torch is watched so it adds up gradients in a new tensor that otherwise it adds in place.)
- *allocator*: the peak of torch's own allocation events. These also have what a kernel takes while it runs, such as
  oneDNN's copies of inputs and weights in another layout, which depend on the processor and the build.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tests.alive import Alive
from torch import Tensor, nn

import specc
import specc_runtime
from specc.cli.init import template
from specc.emit.summary import summarize

ROOT = Path(__file__).parent.parent
SGD = "train.optimizer={op: SGD, lr: 0.1, momentum: 0.9, weight_decay: 1e-4}"
ADAM = "train.optimizer={op: Adam, lr: 1e-3}"


class Model(NamedTuple):
    """A spec that ships, or a template of `specc init`; the sizes but the batch's, and the batches."""

    name: str
    sizes: dict[str, int]
    batches: tuple[int, ...]
    optimizer: str


MODELS = (
    Model("mlp", {}, (16, 256, 4096), ADAM),
    Model("resnet18", {"H": 64, "W": 64}, (2, 16, 64), SGD),
    Model("mobilenet_v2", {"H": 64, "W": 64}, (2, 16, 64), SGD),
    Model("transformer", {"T": 128}, (2, 16, 64), ADAM),
)


class Run(NamedTuple):
    """A network in training: one step as `specc_runtime.training.loop` runs it, and what there is between two."""

    step: Callable[[], None]
    held: Callable[[], Iterator[Tensor]]


def graph_of(model: Model) -> specc.Graph:
    overrides = ["train.loss=CrossEntropyLoss", model.optimizer]
    file = ROOT / "specs" / f"{model.name}.yaml"
    if file.exists():
        return specc.compile(file, overrides=overrides)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{model.name}.yaml"
        file.write_text(template(model.name) + "train: {data: {dataset: Digits}}\n", encoding="utf-8")
        return specc.compile(file, overrides=overrides)


def estimate(graph: specc.Graph, sizes: dict[str, int]) -> int:
    memory = summarize(graph, sizes).training
    assert memory is not None
    assert memory.peak is not None, memory.unknown
    return memory.peak.size


def start(graph: specc.Graph, model: Model, batch: int) -> Run:
    torch.manual_seed(0)
    sizes = {**model.sizes, "N": batch}
    network = specc_runtime.from_source(specc.to_python(graph), graph.name, graph.file).train()
    optimizer = _optimizer(model.optimizer, network)
    inputs = [_random(type_.evaluate(sizes), type_.dtype) for type_ in graph.inputs.values()]
    (output,) = graph.outputs.values()
    count, classes, *rest = output.evaluate(sizes)
    labels = torch.randint(0, classes, (count, *rest))
    loss = nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        result = network(*inputs)
        value = loss(result, labels)
        value.backward()
        optimizer.step()

    def held() -> Iterator[Tensor]:
        yield from (*inputs, labels, *network.buffers())
        for parameter in network.parameters():
            yield parameter
            if parameter.grad is not None:
                yield parameter.grad
        for state in optimizer.state.values():
            yield from (value for value in state.values() if isinstance(value, Tensor))

    step()
    step()
    return Run(step, held)


def _optimizer(text: str, network: nn.Module) -> torch.optim.Optimizer:
    if text == ADAM:
        return torch.optim.Adam(network.parameters(), lr=1e-3)
    return torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)


def _random(shape: tuple[int, ...], dtype: str) -> Tensor:
    return torch.randn(shape) if dtype == "float32" else torch.randint(0, 10, shape)


def tensors_peak(run: Run) -> int:
    """The most bytes of tensors alive at once in a step."""
    alive = Alive(run.held())
    with alive:
        run.step()
    return alive.peak


def allocator_peak(run: Run) -> int:
    """The most bytes that the allocator has given out at once in a step."""
    before = Alive(run.held()).now
    with _quiet(), torch.profiler.profile(profile_memory=True) as profile:
        run.step()
    now = most = 0
    sizes: dict[int, int] = {}  # by address: what was there before the profile and is freed in it counts in `before`
    for event in sorted(_allocations(profile), key=lambda e: e.start_time_ns):
        fields = event.typed[1]
        size = sizes.pop(fields.ptr, 0) if fields.alloc_size < 0 else fields.alloc_size
        if fields.alloc_size > 0:
            sizes[fields.ptr] = size
        now += size if fields.alloc_size > 0 else -size
        most = max(most, now)
    gradients = sum(t.nbytes for t in run.held() if isinstance(t, nn.Parameter))  # freed as the step begins
    return before - gradients + most


def _allocations(profile: Any) -> Iterator[Any]:
    """The events of the allocator, wherever they are in the tree of what ran."""
    from torch._C._profiler import _EventType

    rest = list(profile.profiler.kineto_results.experimental_event_tree())
    while rest:
        event = rest.pop()
        rest += event.children
        if event.tag == _EventType.Allocation:
            yield event


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The profiler writes to the process's standard error what it did not find."""
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def main() -> None:
    print("training memory, MiB        estimate   tensors  ratio   allocator  ratio")
    for model in MODELS:
        graph = graph_of(model)
        for batch in model.batches:
            sizes = {**model.sizes, "N": batch}
            run = start(graph, model, batch)
            said, tensors, allocator = estimate(graph, sizes), tensors_peak(run), allocator_peak(run)
            at = ", ".join(f"{name}={size}" for name, size in sizes.items())
            print(
                f"{model.name:13} {at:17} {said / 2**20:8.1f}  {tensors / 2**20:8.1f}  {said / tensors:5.3f}"
                f"  {allocator / 2**20:9.1f}  {said / allocator:5.3f}"
            )


if __name__ == "__main__":
    main()
