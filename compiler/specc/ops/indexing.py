"""Parts of a tensor: one slice, a range of them, or whatever Python's subscript names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Int, Size
from specc.ops.axes import Axes, require_axes
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.sampling import a_dim, a_dtype, a_shape
from specc.ops.slices import Bound, slice_length
from specc.ops.subscripts import DOTS, TENSOR, Bracketed, Subscript
from specc.ops.write import Method
from specc.shapes.constraints import Proved, at_least
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class select(Axes):
    """One slice along an axis, which is dropped: `x[:, 0]`."""

    python = Method("select")
    view = True
    formula = "out[…] = x[…, index, …]"
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
    view = True
    formula = "out[…, i, …] = x[…, start + i, …]"
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


class getitem(Axes):
    """Whatever Python's subscript names: `x[:, 1:, 0]`.

    Numbers pick a slice and drop its axis, `start:stop:step` keeps a range of an axis, `...` stands for all axes not
    named, `null` (None) for a new axis of size 1. `indices` stands for a second input of integers, whose axes take the
    place of the axis that they index; alone it needs no `index`: `table[indices]`.
    """

    python = Bracketed("__getitem__")
    inputs = ("input", "indices?")
    positional = 1
    formula = "out = x[index]: for `:, 1:, 0`, out[i, j] = x[i, j + 1, 0]; for a tensor k, out[i…, j…] = x[k[i…], j…]"
    index = Subscript("what stands between the brackets", None)
    example = ("[N, T, D]", '{op: getitem, index: ":, 1:, 0"}')

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        items = cls._items(call)
        shape = list(call.x.shape)
        used = sum(item is not None and item != DOTS for item in items)
        if used > len(shape):
            call.reject(
                "S302", f"`index` of `{call.label}` names {used} axes, but its input is {call.x.rank}-d", arg="index"
            )
        if DOTS not in items:
            items = [*items, DOTS]
        out: list[Dim] = []
        axis = 0
        for item in items:
            if item is None:
                out.append(Dim.of(1))
                continue
            if item == DOTS:
                rest = len(shape) - used
                out += shape[axis : axis + rest]
                axis += rest
                continue
            if item == TENSOR:
                out += cls._indexed(call, axis, shape[axis])
            elif isinstance(item, tuple):
                out.append(cls._sliced(call, shape[axis], *item))
            else:
                _require_place(call, item, axis, shape[axis])
            axis += 1
        return call.x.with_shape(out)

    @classmethod
    def _items(cls, call: Call) -> list[Any]:
        """The subscript's items; `indices` must stand among them if and only if it is connected."""
        value = call["index"]
        has = call.has("indices")
        if value is None:
            if not has:
                call.reject(
                    "L202", f"`{call.label}` (getitem) needs `index`", help='write what it picks: `index: ":, 0"`'
                )
            return [TENSOR]
        items = list(value) if isinstance(value, tuple) else [value]
        if has and TENSOR not in items:
            call.reject(
                "S310",
                f"`index` of `{call.label}` (getitem) does not say where its second input goes",
                arg="index",
                help="`indices` stands for it: `:, indices`",
            )
        if not has and TENSOR in items:
            call.reject(
                "N404", f"`index` of `{call.label}` (getitem) names `indices`, but it reads one layer", arg="index",
                help="read two: `from: [x, order]`",
            )  # fmt: skip
        return items

    @classmethod
    def _sliced(cls, call: Call, size: Dim, start: Bound, stop: Bound, step: Bound) -> Dim:
        if not isinstance(step, int | None) or (step is not None and step < 1):
            call.reject(
                "L204", f"the step of a slice in `index` of `{call.label}` must be at least 1, not {step}", arg="index",
                help="`flip` reverses an axis",
            )  # fmt: skip
        if start is None and stop is None and step in (None, 1):
            return size
        return slice_length(call, size, start, stop, step or 1, arg="index")

    @classmethod
    def _indexed(cls, call: Call, axis: int, size: Dim) -> tuple[Dim, ...]:
        call.require_dtype(("int64", "int32"), "integers as indices", "indices", help="`masked_select` takes a mask")
        indices = call.input("indices")
        if not indices.rank:
            call.reject("S302", f"`{call.label}` (getitem) needs indices with at least one axis, but they are 0-d")
        if indices.numel != 0:
            call.require_at_least(size, 1, f"`{call.label}` (getitem) indexes axis {axis}, which is empty")
        return indices.shape

    @classmethod
    def shares(cls, call: Call) -> bool:
        return not call.has("indices")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("indices",) if call.has("indices") else ())

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = a_shape(rng, 1 if rng.random() < 0.9 else 0, 4)
        if rng.random() < 0.12:
            return Sample({}, ((shape, a_dtype(rng)), (a_shape(rng, 1, 3), rng.choice(["int64", "int32"]))), high=1)
        items = []
        for size in shape[: rng.randint(0, len(shape))]:
            if rng.random() < 0.3:
                items.append(str(rng.randint(-size, size - 1) if size and rng.random() < 0.95 else size))
            else:
                start, stop = (str(rng.randint(-3, 4)) if rng.random() < 0.5 else "" for _ in range(2))
                step = f":{rng.randint(1, 3) if rng.random() < 0.95 else 0}" if rng.random() < 0.25 else ""
                items.append(f"{start}:{stop}{step}")
        for extra, chance in (("...", 0.2), ("null", 0.15), ("None", 0.1)):
            if rng.random() < chance:
                items.insert(rng.randint(0, len(items)), extra)
        inputs: list[tuple[tuple[int, ...], str]] = [(shape, a_dtype(rng))]
        if rng.random() < 0.3 and len([i for i in items if i not in ("...", "null", "None")]) < len(shape):
            items.insert(rng.randint(0, len(items)), TENSOR)
            inputs.append((a_shape(rng, 1, 2), rng.choice(["int64", "int64", "int32"])))
        return Sample({"index": ", ".join(items) or ":"}, tuple(inputs), high=1)


def _require_place(call: Call, place: int | Dim, axis: int, size: Dim) -> None:
    """The axis is long enough to have that place; negative ones count from the end (S306)."""
    found = Dim.of(place)
    what = f"`{call.label}` (getitem) takes place {place} of axis {axis}, which has size {size}"
    if not found.is_const and not isinstance(at_least(found, Dim.of(0), call.facts), Proved):
        call.reject(
            "S304",
            f"`{call.label}` (getitem) counts from the end where `{place}` is negative, which is not known",
            arg="index",
            help=f"add `where: [{place} >= 0]`",
        )
    least = -found if found.is_const and found.value < 0 else found + 1
    call.require_at_least(size, least, what, arg="index")
