"""Recurrent layers over sequences: https://pytorch.org/docs/stable/nn.html#recurrent-layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import INFERRED, Bool, Choice, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample, Saved
from specc.ops.recurrent_memory import Cell, onednn, stepwise
from specc.ops.write import Packed, Writer
from specc.shapes.dim import Dim, product
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Recurrent(Module, abstract=True):
    family = Family.RECURRENT
    positional = 2
    gates: ClassVar[int]  # so many vectors of the hidden size are computed at a step
    keeps_each: ClassVar[int]  # so many of them autograd keeps, the state apart, where torch runs step by step
    inputs: ClassVar[tuple[str, ...]] = ("input", "h_0?")
    outputs: ClassVar[tuple[str, ...]] = ("output", "h_n")
    input_size = Int("size of the last axis of the input", INFERRED, min=1)
    hidden_size = Int("size of the state", min=1)
    num_layers = Int("layers one above the other", 1, min=1)
    bias = Bool("whether biases are learned", True)
    batch_first = Bool("whether the batch comes before the time: [N, L, input]", False)
    dropout = Float(
        "probability of dropping an element of a layer's output, but for the last layer's", 0.0, min=0, max=1
    )
    bidirectional = Bool("whether a second pass runs from the end to the start", False)

    @classmethod
    def rank_help(cls, rank: int) -> str | None:
        return "flatten the axes between the time and the features" if rank > 3 else None

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        layout = "[N, L, features]" if call["batch_first"] else "[L, N, features]"
        call.require_rank(3, 2, layout=f"{layout} or [L, features]")
        call.require_weights()
        filled_features(call)
        _check_projection(call)
        x = call.x
        batched = x.rank == 3
        time = x.shape[1] if batched and call["batch_first"] else x.shape[0]
        call.require_at_least(
            time, 1, f"`{call.label}` ({cls.name}) runs over a sequence, but its input has length {time}"
        )
        batch = (x.shape[0 if call["batch_first"] else 1],) if batched else ()
        state = call.dim("proj_size") if _projected(call) else call.dim("hidden_size")
        stacked = Dim.of(call["num_layers"]) * _directions(call)
        hidden = x.with_shape((stacked, *batch, state))
        cell = x.with_shape((stacked, *batch, call.dim("hidden_size")))
        output = x.with_dim(-1, state * _directions(call))
        check_state(call, "h_0", hidden)
        if len(cls.outputs) == 2:
            return output, hidden
        check_pair(call, output)
        check_state(call, "c_0", cell)
        return output, hidden, cell

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        rows = cls.gates * call["hidden_size"]
        owned = {}
        for layer, direction, width, state in _cells(call):
            suffix = f"l{layer}{'_reverse' * direction}"
            owned[f"weight_ih_{suffix}"] = Owned((rows, width))
            owned[f"weight_hh_{suffix}"] = Owned((rows, state))
            if call["bias"]:
                owned[f"bias_ih_{suffix}"] = Owned((rows,))
                owned[f"bias_hh_{suffix}"] = Owned((rows,))
            if _projected(call):
                owned[f"weight_hr_{suffix}"] = Owned((state, call["hidden_size"]))
        return owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        """The products by the weights, at every step of every sequence."""
        per_step = 0
        for _, _, width, state in _cells(call):
            per_step += cls.gates * call["hidden_size"] * (width + state)
            if _projected(call):
                per_step += state * call["hidden_size"]
        return product(call.x.shape[:-1]) * per_step

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return stepwise(call, _cells(call), cls.keeps_each, _projected(call))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        width, hidden, layers = rng.randint(1, 4), rng.randint(1, 4), rng.randint(1, 3)
        args: dict[str, Any] = {"hidden_size": hidden if rng.random() < 0.97 else 0}
        optional = {
            "input_size": width if rng.random() < 0.85 else width + 1,
            "num_layers": layers,
            "bias": rng.random() < 0.5,
            "batch_first": rng.random() < 0.7,
            "dropout": rng.choice([0.0, 0.5, 0.5, 1.5]) if rng.random() < 0.5 else 0.1,
            "bidirectional": rng.random() < 0.7,
            "nonlinearity": rng.choice(["tanh", "relu"]),
            "proj_size": rng.choice([0, 1, 2]),
        }
        args |= {n: v for n, v in optional.items() if n in cls.args and rng.random() < 0.5}
        batch, time = rng.randint(0, 3), rng.randint(1, 4) - (rng.random() < 0.05)
        lead = rng.choice([(time,), (batch, time), (batch, time)]) if args.get("batch_first") else (time, batch)
        if rng.random() < 0.05:
            lead = (1, *lead)
        x = ((*lead, width), rng.choice(["float32"] * 12 + ["int64"]))
        if rng.random() < 0.5:
            return Sample(args, (x, *(None for _ in cls.inputs[1:])))
        count = args.get("num_layers", 1) * (2 if args.get("bidirectional") else 1) + (rng.random() < 0.1)
        own = (count,) if len(lead) == 1 else (count, batch + (rng.random() < 0.1))
        sizes = (args.get("proj_size", 0) or hidden, hidden + (rng.random() < 0.1))
        states = [((*own, sizes[k]), "float32") for k in range(len(cls.inputs) - 1)]
        return Sample(args, (x, *(s if rng.random() < 0.97 else None for s in states)))


def _directions(call: Call) -> int:
    return 2 if call["bidirectional"] else 1


def _projected(call: Call) -> bool:
    return "proj_size" in call.op.args and call["proj_size"] > 0


def _cells(call: Call) -> list[Cell]:
    """Every layer in every direction, in the order of the parameters."""
    state = call["proj_size"] if _projected(call) else call["hidden_size"]
    above = state * _directions(call)
    return [
        Cell(layer, direction, above if layer else call["input_size"], state)
        for layer in range(call["num_layers"])
        for direction in range(_directions(call))
    ]


def _check_projection(call: Call) -> None:
    if _projected(call) and call["proj_size"] >= call["hidden_size"]:
        call.report(
            "L204",
            f"`proj_size: {call['proj_size']}` of `{call.label}` must be smaller than its `hidden_size`, "
            f"which is {call['hidden_size']}",
            arg="proj_size",
            notes=(),
        )


def filled_features(call: Call) -> None:
    """Fills `input_size`; torch refuses a layer that reads no features (S306)."""
    if call.inferred("input_size", call.x.shape[-1], axis="features") == 0:
        call.report("S306", f"`{call.label}` ({call.op.name}) needs at least one feature, but its input has none")


def check_pair(call: Call, output: TensorType) -> None:
    """The two states of an LSTM are given together (N201)."""
    if call.has("h_0") != call.has("c_0"):
        given, missing = ("h_0", "c_0") if call.has("h_0") else ("c_0", "h_0")
        call.reject(
            "N201",
            f"`{call.label}` ({call.op.name}) is given `{given}` without `{missing}`",
            help=f"name both in `from`, `{{…, {given}: …, {missing}: …}}`, or neither: then both are zeros",
            recover=output,
        )


def check_state(call: Call, port: str, wanted: TensorType, *, any_dtype: bool = False) -> None:
    """A state given to start from must have the shape of the one that is returned, and the input's dtype."""
    if not call.has(port):
        return
    given = call.input(port)
    what = f"`{port}` of `{call.label}` ({call.op.name}) must be {wanted}, not {given}"
    if given.rank != wanted.rank:
        call.report("S302", what)
        return
    if given.dtype != call.x.dtype and not any_dtype:
        call.report("S307", f"`{port}` of `{call.label}` must be {call.x.dtype} as its input, not {given.dtype}")
    for a, b in zip(given.shape, wanted.shape, strict=True):
        call.require_equal(a, b, what)


_OUTPUTS = """
The input is [L, N, input_size], [N, L, input_size] with `batch_first`, or [L, input_size] unbatched. `output` has the
last layer's states of every step, both directions side by side; `h_n` the last step's of every layer and direction,
[num_layers * directions, N, hidden_size]. States to start from are optional inputs of `h_n`'s shape; zeros without.
"""


class RNN(_Recurrent):
    __doc__ = f"""An Elman network: every step's state is a squashed sum of its input and the state before.
{_OUTPUTS}"""

    gates = 1
    keeps_each = 0
    formula = (
        "hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh), or max(0, …) with nonlinearity: relu\n"
        "a further layer reads the hₜ of the one below, zeroed with probability dropout in training"
    )
    order = (
        "input_size", "hidden_size", "num_layers", "nonlinearity", "bias", "batch_first", "dropout", "bidirectional",
    )  # fmt: skip
    nonlinearity = Choice("what is applied to the sum", ("tanh", "relu"), "tanh")
    python = Writer("nn.RNN")
    example = ("[N, T, 64]", "{op: RNN, hidden_size: 128, batch_first: true}")


class GRU(_Recurrent):
    __doc__ = f"""Gated recurrent units (Cho et al. 2014): gates say how much of the state is kept at every step.
{_OUTPUTS}"""

    gates = 3
    keeps_each = 6  # three gates, the new state, and copies of what two products overwrite
    formula = (
        "r = σ(W_ir xₜ + b_ir + W_hr hₜ₋₁ + b_hr)\n"
        "z = σ(W_iz xₜ + b_iz + W_hz hₜ₋₁ + b_hz)\n"
        "n = tanh(W_in xₜ + b_in + r · (W_hn hₜ₋₁ + b_hn))\n"
        "hₜ = (1 − z) · n + z · hₜ₋₁"
    )
    python = Writer("nn.GRU")
    example = ("[N, T, 64]", "{op: GRU, hidden_size: 128, batch_first: true}")


class LSTM(_Recurrent):
    __doc__ = f"""Long short-term memory (Hochreiter & Schmidhuber 1997): a cell beside the state, and gates for both.
{_OUTPUTS}
`c_n` has the last cells. With `proj_size` the states are projected to that size, the cells are not. `h_0` and `c_0` are
given together or not at all.
"""

    gates = 4
    keeps_each = 6  # four gates, the squashed cell, and the state before its projection
    formula = (
        "i = σ(W_ii xₜ + b_ii + W_hi hₜ₋₁ + b_hi), f and o likewise\n"
        "g = tanh(W_ig xₜ + b_ig + W_hg hₜ₋₁ + b_hg)\n"
        "cₜ = f · cₜ₋₁ + i · g\n"
        "hₜ = o · tanh(cₜ), and W_hr (o · tanh(cₜ)) with proj_size"
    )
    inputs = ("input", "h_0?", "c_0?")
    outputs = ("output", "h_n", "c_n")
    unpack = "{output}, ({h_n}, {c_n})"
    proj_size = Int("size the state is projected to; 0 for no projection", 0, min=0)
    python = Packed("nn.LSTM")
    example = ("[N, T, 64]", "{op: LSTM, hidden_size: 128, batch_first: true}")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """oneDNN has no kernel for projections."""
        return super().saved(call) if _projected(call) else onednn(call, _cells(call))
