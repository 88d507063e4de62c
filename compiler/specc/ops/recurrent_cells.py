"""One step of a recurrent layer: https://pytorch.org/docs/stable/nn.html#recurrent-layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import INFERRED, Bool, Choice, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample, Saved
from specc.ops.recurrent import check_pair, check_state
from specc.ops.recurrent_memory import FLOAT
from specc.ops.write import Packed
from specc.shapes.dim import Dim
from specc.shapes.dtype import bytes_of, promote
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Cell(Module, abstract=True):
    family = Family.RECURRENT
    positional = 2
    gates: ClassVar[int]  # so many vectors of the hidden size are computed
    further: ClassVar[int]  # so many vectors autograd keeps beside the gates; with none it keeps the next state alone
    inputs: ClassVar[tuple[str, ...]] = ("input", "hx?")
    input_size = Int("size of the last axis of the input", INFERRED, min=0)
    hidden_size = Int("size of the state", min=0)
    bias = Bool("whether biases are learned", True)

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, ...]:
        call.require_rank(1, 2, layout="[features] or [N, features]")
        call.require_weights()
        call.inferred("input_size", call.x.shape[-1], axis="features")
        state = call.x.with_dim(-1, call.dim("hidden_size"))
        states = [name for name, _, _ in cls.ports()[1:]]
        check_state(call, states[0], state)
        if len(states) == 1:
            return state
        check_pair(call, state)
        cell = state
        if call.has(states[1]):  # multiplied element by element, so any dtype will do
            cell = state.with_dtype(promote(state.dtype, call.input(states[1]).dtype))
            check_state(call, states[1], state, any_dtype=True)
        return cell, cell

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        rows, hidden = cls.gates * call["hidden_size"], call["hidden_size"]
        owned = {"weight_ih": Owned((rows, call["input_size"])), "weight_hh": Owned((rows, hidden))}
        if call["bias"]:
            owned |= {"bias_ih": Owned((rows,)), "bias_hh": Owned((rows,))}
        return owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        each: int = cls.gates * (call["input_size"] + call["hidden_size"])
        return call.output[0].numel * each

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The input, the states (zeros in one tensor where they are left out), and what the step computes."""
        given = [name for name, _, _ in cls.ports()[1:] if call.has(name)]
        state, zeros = call.output[0], 0 if given else FLOAT
        if cls.further == 0:
            return Saved(("input", *given), (0,), state.numel * zeros)
        return Saved(
            ("input", *given), (), state.numel * (cls.gates * FLOAT + cls.further * bytes_of(state.dtype) + zeros)
        )

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        width, hidden = rng.randint(1, 5), rng.randint(1, 5)
        args: dict[str, Any] = {"hidden_size": hidden}
        if rng.random() < 0.4:
            args["input_size"] = width + (rng.random() < 0.15)
        if rng.random() < 0.4:
            args["bias"] = rng.random() < 0.3
        if "nonlinearity" in cls.args and rng.random() < 0.5:
            args["nonlinearity"] = rng.choice(["tanh", "relu", "relu"])
        lead = () if rng.random() < 0.3 else (rng.randint(1, 4),)
        if rng.random() < 0.05:
            lead = (2, *lead)
        x = ((*lead, width), rng.choice(["float32"] * 15 + ["float64", "int64"]))
        if rng.random() < 0.4:
            return Sample(args, (x, *(None for _ in cls.inputs[1:])))
        own = tuple(size + (rng.random() < 0.06) for size in lead)
        states = [((*own, hidden + (rng.random() < 0.06)), "float32") for _ in cls.inputs[1:]]
        return Sample(args, (x, *(state if rng.random() < 0.96 else None for state in states)))


class RNNCell(_Cell):
    """One step of an Elman network: the next state from an input and a state.

    The input is [N, input_size], or [input_size] unbatched; the state `hx` is [N, hidden_size] or [hidden_size], zeros
    where it is left out.
    """

    gates = 1
    further = 0
    formula = "h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or max(0, …) with nonlinearity: relu"
    nonlinearity = Choice("what is applied to the sum", ("tanh", "relu"), "tanh")
    example = ("[N, 64]", "{op: RNNCell, hidden_size: 128}")


class GRUCell(_Cell):
    """One step of gated recurrent units (Cho et al. 2014): the next state from an input and a state.

    The input is [N, input_size], or [input_size] unbatched; the state `hx` is [N, hidden_size] or [hidden_size], zeros
    where it is left out.
    """

    gates = 3
    further = 3  # the new state, and copies of what two products overwrite
    formula = (
        "r = σ(W_ir x + b_ir + W_hr h + b_hr)\n"
        "z = σ(W_iz x + b_iz + W_hz h + b_hz)\n"
        "n = tanh(W_in x + b_in + r · (W_hn h + b_hn))\n"
        "h' = (1 − z) · n + z · h"
    )
    example = ("[N, 64]", "{op: GRUCell, hidden_size: 128}")


class LSTMCell(_Cell):
    """One step of long short-term memory (Hochreiter & Schmidhuber 1997): the next state `h_1` and cell `c_1`.

    The input is [N, input_size], or [input_size] unbatched; the state `h_0` and the cell `c_0` are [N, hidden_size] or
    [hidden_size], given together or not at all: zeros then.
    """

    gates = 4
    further = 1  # the squashed cell
    formula = (
        "i = σ(W_ii x + b_ii + W_hi h + b_hi), f and o likewise\n"
        "g = tanh(W_ig x + b_ig + W_hg h + b_hg)\n"
        "c' = f · c + i · g\n"
        "h' = o · tanh(c')"
    )
    inputs = ("input", "h_0?", "c_0?")
    outputs = ("h_1", "c_1")
    python = Packed("nn.LSTMCell")
    example = ("[N, 64]", "{op: LSTMCell, hidden_size: 128}")
