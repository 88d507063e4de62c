"""Quantiles: the value below which a given part of the elements lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Choice, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.reducing import KEEP, ONE, Reduction, axes, reduced
from specc.ops.write import Method
from specc.shapes.dim import Dim
from specc.shapes.dtype import bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_BETWEEN = ("linear", "lower", "higher", "midpoint", "nearest")
_FEW = 4  # elements of an axis from which on torch picks two of them without sorting all


class _Quantile(Reduction, abstract=True):
    positional = 1
    q = Float("which part, from 0 to 1", min=0, max=1)
    dim = Int(ONE, None)
    keepdim = Bool(KEEP, False)
    interpolation = Choice("what lies between two elements", _BETWEEN, "linear")
    formula = (
        "y = s[k] + (t − k) · (s[k + 1] − s[k]) with t = q · (n − 1), k = ⌊t⌋ and s the axis's n elements in order"
    )

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype(("float32", "float64"), "a float32 or float64 input")
        for axis, size in enumerate(call.x.shape):
            call.require_at_least(size, 1, f"`{call.label}` ({cls.name}) has nothing to order: axis {axis} is empty")
        return reduced(call, axes(call))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Two elements are weighted where there is something between them; a few elements are sorted."""
        x, places = call.x, bytes_of("int64")
        (axis,) = axes(call) if call["dim"] is not None and x.rank else (None,)
        length = x.numel if axis is None else x.shape[axis]
        rows, two = call.output[0].numel, call["interpolation"] in ("linear", "midpoint")
        weights = rows * bytes_of(x.dtype) if two else Dim.of(0)
        if two and length.is_const and length.value < _FEW:
            return Saved((), (), x.nbytes + x.numel * places + rows * (2 * places) + weights)
        picked = rows * (places * (1 + two)) + weights
        after = [] if axis is None or length == 1 else [size for size in x.shape[axis + 1 :] if size != 1]
        return Saved((), (), picked + x.nbytes) if after else Saved(("input",), (), picked)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        sample = super().sample(rng)
        sample.args.pop("dim", None)
        sample.args["q"] = rng.choice([0, 0.25, 0.5, 0.9, 1])
        if rng.random() < 0.5:
            sample.args["interpolation"] = rng.choice(_BETWEEN)
        shape = tuple(
            rng.choice([1, 2, 3, 4, 5, 6, 0][: 7 if rng.random() < 0.2 else 6]) for _ in range(rng.choice([0, 1, 2, 3]))
        )
        dtype = rng.choice(["float32"] * 5 + ["float64"] * 2 + ["float16", "int64"])
        rank = len(shape) or 1
        if rng.random() < 0.7:
            sample.args["dim"] = rng.randint(-rank, rank - (rng.random() < 0.9))
        return sample._replace(inputs=((shape, dtype),))


class quantile(_Quantile):
    """The quantile along an axis, or of all elements."""

    python = Method("quantile")
    example = ("[N, T]", "{op: quantile, q: 0.9, dim: 1}")


class nanquantile(_Quantile):
    """The quantile of what is not NaN, along an axis or of all elements."""

    python = Method("nanquantile")
    example = ("[N, T]", "{op: nanquantile, q: 0.9, dim: 1}")
