"""The largest, the least, the middle and the most frequent of elements, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Int, Ints
from specc.ops.broadcast import broadcast
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.operands import common_dtype, refuse, tensors
from specc.ops.reducing import DIMS, KEEP, ONE, Reduction, axes, reduced, require_dim, require_elements
from specc.ops.write import Method
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Most(Reduction, abstract=True):
    dim = Ints(DIMS, (), scalar=True)
    keepdim = Bool(KEEP, False)
    keeps = Saved(("input",), (0,))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        refuse(call, call.x.dtype, "complex")
        over = axes(call)
        require_elements(call, over)
        return reduced(call, over)


class amax(_Most):
    """The largest element over axes, or over all."""

    python = Method("amax")
    formula = "y = max x over the axes"
    example = ("[N, C, H, W]", "{op: amax, dim: [2, 3]}")


class amin(_Most):
    """The smallest element over axes, or over all."""

    python = Method("amin")
    formula = "y = min x over the axes"
    example = ("[N, C, H, W]", "{op: amin, dim: [2, 3]}")


class _Chosen(Reduction, abstract=True):
    """Along an axis the values and the index of each; without `dim` one value of all."""

    outputs = ("values", "indices?")
    dim = Int(ONE, None)
    keepdim = Bool(KEEP, False)

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, TensorType]:
        refuse(call, call.x.dtype, *cls.refuses())
        require_dim(call)
        over = axes(call)
        if call["dim"] is None:
            cls.require_some(call, over)
            return reduced(call, over)
        require_elements(call, over)
        values = reduced(call, over)
        return values, values.with_dtype("int64")

    @classmethod
    def refuses(cls) -> tuple[str, ...]:
        return ("complex",)

    @classmethod
    def require_some(cls, call: Call, over: list[int]) -> None:
        require_elements(call, over)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input",), (0,)) if call["dim"] is None else Saved((), (1,))


class _Extreme(_Chosen, abstract=True):
    """With a second input, whose shape broadcasts, the extreme of each pair."""

    inputs = ("input", "other?")

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, TensorType]:
        if not call.has("other"):
            return super().infer(call)
        if call["dim"] is not None or call["keepdim"]:
            call.reject(
                "S310",
                f"`{call.label}` ({cls.name}) compares two inputs, or the elements of one along `dim`, not both",
                arg="dim" if call["dim"] is not None else "keepdim",
            )
        both = [call.x, call.input("other")]
        dtype = common_dtype(call, both)
        refuse(call, dtype, "complex")
        return TensorType(broadcast(call, both), dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input", "other")) if call.has("other") else super().saved(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, tensors(rng, 2)) if rng.random() < 0.25 else super().sample(rng)


class max(_Extreme):
    """The largest element along an axis, and where it is; without `dim` of all; of two inputs the larger."""

    python = Method("max")
    formula = "values = max x over the axis, indices = the place of one that is largest"
    example = ("[N, T, D]", "{op: max, dim: 1}")


class min(_Extreme):
    """The smallest element along an axis, and where it is; without `dim` of all; of two inputs the smaller."""

    python = Method("min")
    formula = "values = min x over the axis, indices = the place of one that is smallest"
    example = ("[N, T, D]", "{op: min, dim: 1}")


class _Middle(_Chosen, abstract=True):
    @classmethod
    def refuses(cls) -> tuple[str, ...]:
        return ("bool", "complex")

    @classmethod
    def require_some(cls, call: Call, over: list[int]) -> None:
        """The median of nothing is NaN."""


class median(_Middle):
    """The median along an axis, and where it is; without `dim` of all. Of two middle elements it is the lower."""

    python = Method("median")
    formula = "values = the ⌈n/2⌉-th smallest of the axis's n elements, NaN where one is"
    example = ("[N, T, D]", "{op: median, dim: 1}")


class nanmedian(_Middle):
    """The median of what is not NaN, along an axis, and where it is; without `dim` of all."""

    python = Method("nanmedian")
    formula = "values = the ⌈n/2⌉-th smallest of the axis's n elements that are not NaN"
    example = ("[N, T, D]", "{op: nanmedian, dim: 1}")


class mode(Reduction):
    """The most frequent element along an axis, and where it last occurs."""

    python = Method("mode")
    formula = "values = the element of the axis that occurs most often, the least of several"
    outputs = ("values", "indices")
    dim = Int("axis to reduce", -1)
    keepdim = Bool(KEEP, False)
    example = ("[N, T, D]", "{op: mode, dim: 1}")
    keeps = Saved((), (1,))

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        if call.x.rank:  # a single element is compared with none
            refuse(call, call.x.dtype, "complex")
        over = axes(call)
        require_elements(call, over)
        values = reduced(call, over)
        return values, values.with_dtype("int64")


class aminmax(Reduction):
    """The smallest and the largest element along an axis, or of all."""

    python = Method("aminmax")
    formula = "min = min x, max = max x over the axis"
    outputs = ("min", "max")
    dim = Int(ONE, None)
    keepdim = Bool(KEEP, False)
    example = ("[N, T, D]", "{op: aminmax, dim: 1}")
    keeps = Saved(("input",), (0, 1))

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, TensorType]:
        refuse(call, call.x.dtype, "complex")
        over = axes(call)
        require_elements(call, over)
        return reduced(call, over), reduced(call, over)


class _Place(Reduction, abstract=True):
    dim = Int("axis to reduce; the flattened input if left out", None)
    keepdim = Bool(KEEP, False)
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        refuse(call, call.x.dtype, "bool", "complex")
        over = axes(call)
        require_elements(call, over)
        return reduced(call, over).with_dtype("int64")


class argmax(_Place):
    """The index of the largest element along an axis, or in the flattened input."""

    python = Method("argmax")
    formula = "y = the place of one that is largest"
    example = ("[N, C]", "{op: argmax, dim: 1}")


class argmin(_Place):
    """The index of the smallest element along an axis, or in the flattened input."""

    python = Method("argmin")
    formula = "y = the place of one that is smallest"
    example = ("[N, C]", "{op: argmin, dim: 1}")
