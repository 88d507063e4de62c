"""Selections whose size the data decide: what is nonzero, what a mask marks, what is unique."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Int
from specc.ops.broadcast import broadcast
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.write import Writer
from specc.shapes.dtype import is_complex
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random


class _Selection(Function, abstract=True):
    family = Family.SHAPE
    keeps = Saved()

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


class _Nonzero(_Selection, abstract=True):
    """The indices of the elements that are not 0, one row for each: their number is known only at run time."""

    formula = "out = the indices (i₁, …, i_d) with x[i₁, …, i_d] ≠ 0, in lexicographic order, as rows"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return TensorType.of((call.fresh("K", call.x.numel), call.x.rank), "int64")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 4)))
        return Sample({}, ((shape, rng.choice(DTYPES)),))


class nonzero(_Nonzero):
    """The indices of the elements that are not 0, one row for each.

    How many there are is known only when the network runs: the size is a symbol of its own.
    """

    python = Writer("torch.nonzero")
    example = ("[H, W]", "nonzero")


class argwhere(_Nonzero):
    """The indices of the elements that are not 0, one row for each: `nonzero` by NumPy's name."""

    python = Writer("torch.argwhere")
    example = ("[H, W] bool", "argwhere")


class masked_select(_Selection):
    """The elements that a boolean mask marks, as one axis; input and mask broadcast.

    How many there are is known only when the network runs: the size is a symbol of its own.
    """

    python = Writer("torch.masked_select")
    inputs = ("input", "mask")
    formula = "out = the elements x[i] with mask[i], in order"
    example = ("[N, T], [N, T] bool", "{op: masked_select, from: [x, mask]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(("bool",), "a boolean mask", "mask")
        shape = broadcast(call, [call.x, call.input("mask")])
        return TensorType.of((call.fresh("K", call.x.with_shape(shape).numel),), call.x.dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(inputs=("input", "mask"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 4)))
        mask = tuple(1 if rng.random() < 0.15 else size for size in shape[rng.choice([0, 0, 0, 1]) :])
        if rng.random() < 0.1:
            mask = (*mask[:-1], 5)
        dtype = "bool" if rng.random() < 0.9 else rng.choice(DTYPES)
        return Sample({}, ((shape, rng.choice(DTYPES)), (mask, dtype)))


class unique(_Selection):
    """The different elements of a tensor, sorted; or, with `dim`, its different slices.

    How many there are is known only when the network runs: the size is a symbol of its own. `return_inverse` gives
    besides where each element is among them, `return_counts` how often each occurs.
    """

    python = Writer("torch.unique")
    sorted = Bool("whether they ascend", True)
    return_inverse = Bool("whether to give the place of each input element among them", False)
    return_counts = Bool("whether to give how often each occurs", False)
    dim = Int("the axis whose slices are compared; all elements if left out", None)
    formula = "out = {x[i]}; inverse[i] = the k with out[k] = x[i]; counts[k] = |{i : x[i] = out[k]}|"
    example = ("[N, T] int64", "unique")

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, ...]:
        call.require_dtype([d for d in DTYPES if not is_complex(d)], "numbers that can be sorted")
        if call["dim"] is None:
            places, count = call.x.shape, call.fresh("K", call.x.numel, least=1)
            found = call.x.with_shape((count,))
        else:
            if not call.x.rank:
                call.reject(
                    "S309", f"`{call.label}` (unique) compares slices of an axis, but its input is 0-d", arg="dim"
                )
            axis = call.axis(call["dim"], call.x.rank)
            for other, size in enumerate(call.x.shape):
                if other != axis:
                    call.require_at_least(
                        size,
                        1,
                        f"`{call.label}` (unique) compares slices that have elements, but axis {other} has size {size}",
                    )
            places, count = call.x.shape[axis : axis + 1], call.fresh("K", call.x.shape[axis], least=1)
            found = call.x.with_dim(axis, count)
        outputs = [found]
        if call["return_inverse"]:
            outputs.append(TensorType(places, "int64"))
        if call["return_counts"]:
            outputs.append(TensorType((count,), "int64"))
        return tuple(outputs)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 3)))
        args: dict[str, object] = {
            name: rng.random() < 0.5 for name in ("sorted", "return_inverse", "return_counts") if rng.random() < 0.4
        }
        if rng.random() < 0.5:
            args["dim"] = rng.choice([None, 0, 1, -1, -2, 2])
        return Sample(args, ((shape, rng.choice(DTYPES)),), high=3)
