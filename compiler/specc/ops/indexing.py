"""Parts of a tensor: one slice, a range of them, or whatever Python's subscript names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int, Size
from specc.ops.axes import Axes, require_axes
from specc.ops.call import Call
from specc.ops.declare import Sample
from specc.ops.sampling import a_dim, a_dtype, a_shape
from specc.ops.write import Method
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class select(Axes):
    """One slice along an axis, which is dropped: `x[:, 0]`."""

    python = Method("select")
    positional = 2
    dim = Int("the axis")
    index = Int("which slice; negative counts from the end")
    example = ("[N, T, D]", "{op: select, dim: 1, index: 0}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_axes(call)
        axis, index = call.axis(call["dim"], call.x.rank), call["index"]
        size = call.x.shape[axis]
        least = index + 1 if index >= 0 else -index
        call.require_at_least(
            size,
            least,
            f"`{call.label}` (select) takes index {index} of axis {axis}, which has size {size}",
            arg="index",
        )
        return call.x.with_shape((*call.x.shape[:axis], *call.x.shape[axis + 1 :]))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 6) for _ in range(rng.choice([0, 1, 2, 2, 3, 3])))
        return Sample(
            {"dim": a_dim(rng, len(shape)), "index": rng.choice([0, 0, -1, 1, 2, -3])}, ((shape, a_dtype(rng)),)
        )


class narrow(Axes):
    """`length` slices along an axis from `start` on."""

    python = Method("narrow")
    positional = 3
    dim = Int("the axis")
    start = Size("the first slice; negative counts from the end")
    length = Size("how many slices")
    example = ("[N, T, D]", "{op: narrow, dim: 1, start: 0, length: 1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_axes(call)
        axis = call.axis(call["dim"], call.x.rank)
        size, start, length = call.x.shape[axis], call["start"], call.dim("length")
        if length.is_const and length.value < 0:
            call.reject("L204", f"`length` of `{call.label}` must not be negative", arg="length", notes=())
        what = f"`{call.label}` (narrow) takes {length} from {start} on of axis {axis}, which has size {size}"
        if isinstance(start, int) and start < 0:
            call.require_at_least(size, -start, what, arg="start")
            call.require_at_least(Dim.of(-start), length, what, arg="length")
        else:
            call.require_at_least(size, length + start, what, arg="length")
        return call.x.with_dim(axis, length)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0, 6) for _ in range(rng.choice([0, 1, 2, 2, 3, 3])))
        length = rng.choice([0, 1, 1, 1, 2, 3]) if rng.random() < 0.97 else -1
        args = {"dim": a_dim(rng, len(shape)), "start": rng.choice([0, 0, 1, 2, -1, -2]), "length": length}
        return Sample(args, ((shape, a_dtype(rng)),))
