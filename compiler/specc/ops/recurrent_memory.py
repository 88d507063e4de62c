"""What autograd keeps of a recurrent layer on the CPU: of the steps one by one, or of oneDNN's kernel for `LSTM`."""

from __future__ import annotations

from typing import NamedTuple

from specc.ops.call import Call
from specc.ops.declare import Saved
from specc.shapes.dim import Dim

FLOAT = 4  # bytes; weights are float32
_PAGE = 4096


class Cell(NamedTuple):
    """One direction of one layer: the features it reads, and the size of its state."""

    layer: int
    direction: int
    width: int
    state: int


class Sequence(NamedTuple):
    """The sizes of a recurrent layer's input: steps, sequences, and whether a copy with its axes swapped is read."""

    time: Dim
    batch: Dim
    swapped: bool


def sequence(call: Call) -> Sequence:
    x = call.x
    if x.rank == 2:
        return Sequence(x.shape[0], Dim.of(1), False)
    time = 1 if call["batch_first"] else 0
    # an axis of length 1 may be swapped and the memory stays in order
    swapped = bool(call["batch_first"]) and 1 not in (x.shape[0], x.shape[1])
    return Sequence(x.shape[time], x.shape[1 - time], swapped)


def stepwise(call: Call, cells: list[Cell], each: int, projected: bool) -> Saved:
    """Of `RNN`, `GRU` and an `LSTM` with a projection: torch runs step by step, and a step keeps `each` vectors of the
    hidden size, and the states that the step before gave it (but for the first, given or zeros). One without further
    vectors keeps the state it gives.
    """
    time, batch, swapped = sequence(call)
    hidden, directions = call["hidden_size"], cells[-1].direction + 1
    states = cells[0].state + (hidden if projected else 0)  # h, and c beside it
    step = time * (each * hidden) + (time - 1 if each else time) * states
    kept = batch * step * len(cells) + _starts(call, cells, batch)
    kept = kept + _between(call, cells, time * batch, raw=False)
    if swapped:
        kept = kept + call.x.numel * directions
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[call.op.name]
    read = time * batch * (gates * hidden)  # a layer's inputs, by all gates, before its first step
    return Saved(_ports(call, swapped), (), kept * FLOAT, forward=read * FLOAT)


def onednn(call: Call, cells: list[Cell]) -> Saved:
    """Of an `LSTM`: oneDNN keeps its input, states, output and a workspace of every layer and direction."""
    time, batch, swapped = sequence(call)
    hidden, steps = call["hidden_size"], time * batch
    alone = cells[-1].direction == 0
    kept = batch * (2 * hidden * len(cells)) + _starts(call, cells, batch)  # the last states, and the first
    kept = kept + _between(call, cells, steps, raw=alone)
    # every direction's output; that of a single last one is the layer's
    kept = kept + steps * (hidden * (len(cells) - alone))
    if swapped:
        kept = kept + call.x.numel
    if not call["bias"]:  # torch hands on zeros of the weights' shapes
        kept = kept + sum(4 * hidden * (cell.width + hidden) for cell in cells)
    extra = kept * FLOAT
    for cell in cells:
        extra = extra + _workspace(time, batch, cell.width, hidden)
    return Saved(_ports(call, swapped), (0,) if alone else (), extra)


def _ports(call: Call, swapped: bool) -> tuple[str, ...]:
    names = [name for name, _, _ in call.op.ports()]
    return tuple(names[1:]) if swapped else tuple(names)


def _starts(call: Call, cells: list[Cell], batch: Dim) -> Dim:
    """The zeros that stand for states left out."""
    sizes = {"h_0": cells[0].state, "c_0": call["hidden_size"]}
    wanted: int = sum(sizes[name] for name, _, _ in call.op.ports() if name in sizes and not call.has(name))
    return batch * (wanted * len(cells))


def _between(call: Call, cells: list[Cell], steps: Dim, *, raw: bool) -> Dim:
    """What the layers after the first read, and the masks of the dropout before them.

    `raw`: what a layer reads without dropout is kept as the output of the one before.
    """
    total = Dim.of(0)
    dropout = call["dropout"]
    for cell in cells:
        if cell.layer == 0 or cell.direction:
            continue
        read = steps * cell.width
        mask = Dim.of(0) if dropout == 0 else Dim.of(1) if dropout == 1 else read  # of probability 1: a single zero
        total = total + mask + (0 if raw and dropout == 0 else read)
    return total


def _workspace(time: Dim, batch: Dim, width: int, hidden: int) -> Dim:
    """Bytes of oneDNN's workspace (`rnn_utils::set_workspace_sizes`) for one layer in one direction.

    The gates; states and their gradients before and after the layer and at every step's two ends; the same of the
    cells, and the states once more as they enter a step. Rows are padded for the cache, sections begin on pages.
    """
    ends = (time + 1) * batch * 2
    states, cells = _page(ends * _row(max(width, hidden))), _page(ends * hidden)
    return _page(time * batch * _row(4 * hidden)) + states * 3 + cells * 2 + _page(time * batch * _row(hidden))


def _row(size: int) -> int:
    """The length that oneDNN gives a row of so many floats: whole cache lines, not a multiple of 1 KiB."""
    row = -(-size // 16) * 16
    return row + 16 if row % 256 == 0 else row


def _page(floats: Dim) -> Dim:
    return (floats * FLOAT + _PAGE - 1) // _PAGE * _PAGE
