"""Borders around a tensor, and tensors made of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Choice, DType, Float, Int, Ints, Size
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample
from specc.ops.write import Range, Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class pad(Function):
    """A border: `pad` lists the last axis's left and right, then the last but one's, and so on."""

    family = Family.SHAPE
    python = Writer("F.pad")
    positional = 1
    pad = Ints("two sizes for every axis, from the last; negative ones cut")
    mode = Choice("what the border holds", ("constant", "reflect", "replicate", "circular"), "constant")
    value = Float("the constant; 0 if left out", None)
    example = ("[N, C, H, W]", "{op: pad, pad: [1, 1, 1, 1]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        sizes, mode, x = call["pad"], call["mode"], call.x
        axes = len(sizes) // 2
        if len(sizes) % 2:
            call.reject(
                "S310", f"`pad` of `{call.label}` needs two sizes for every axis, but has {len(sizes)}", arg="pad"
            )
        if mode == "constant" and axes > x.rank:
            call.reject("S302", f"`pad` of `{call.label}` is for {axes} axes, but its input is {x.rank}-d", arg="pad")
        if mode != "constant":
            _check_border(call, axes)
        shape = list(x.shape)
        for k in range(axes):
            left, right = sizes[2 * k], sizes[2 * k + 1]
            size = x.shape[-1 - k]
            if mode == "reflect":
                least, why = max(left, right) + 1, f"`{mode}` needs more elements than it adds"
                call.require_at_least(size, least, f"`{call.label}` (pad): {why}, but axis {x.rank - 1 - k} has {size}")
            if mode == "circular":
                least, why = max(left, right), f"`{mode}` needs as many elements as it adds"
                call.require_at_least(size, least, f"`{call.label}` (pad): {why}, but axis {x.rank - 1 - k} has {size}")
            padded = size + (left + right)
            least = 0 if mode == "constant" else 1
            for part in (size + min(left, 0) + min(right, 0), padded) if mode == "constant" else (padded,):
                call.require_at_least(part, least, f"`{call.label}` (pad) cuts axis {x.rank - 1 - k} to size {part}")
            shape[-1 - k] = padded
        return x.with_shape(shape)

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        mode = rng.choice(["constant", "constant", "reflect", "replicate", "circular"])
        if mode == "constant":
            shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 4)))
            sizes = [rng.choice([0, 0, 1, 2, -1, 3]) for _ in range(2 * rng.randint(0, len(shape)))]
            if rng.random() < 0.06:
                sizes += rng.choice([[1], [1, 1]])
            args: dict[str, Any] = {"pad": sizes}
            if rng.random() < 0.4:
                args["value"] = 0.5
            dtype = "float32"
        else:
            axes = rng.randint(1, 3)
            shape = tuple(rng.randint(1, 4) for _ in range(axes + rng.choice([1, 2, 2, 2])))
            if rng.random() < 0.06:
                shape = shape[1:]
            args = {"pad": [rng.randint(0, 3) for _ in range(2 * axes)], "mode": mode}
            if rng.random() < 0.05:
                args["value"] = 0.5
            dtype = rng.choice(["float32", "float32", "float64"])
        return Sample(args, ((shape, dtype),))


def _check_border(call: Call, axes: int) -> None:
    """What the modes other than `constant` ask for: 1 to 3 axes, and a channel axis before them."""
    mode, rank = call["mode"], call.x.rank
    name = f"`{call.label}` (pad)"
    if not 1 <= axes <= 3 or rank not in (axes + 1, axes + 2):
        call.reject(
            "S302",
            f"{name} in mode `{mode}` pads the last 1 to 3 axes of [N, C, …] or [C, …], not {axes} of a {rank}-d input",
            arg="pad",
        )
    if call["value"] not in (None, 0):
        call.report("S310", f"`value` of {name} is for the mode `constant` only", arg="value", notes=())
    call.require_floating()
    if any(size < 0 for size in call["pad"]):
        call.reject("L204", f"`pad` of {name} may only be negative in the mode `constant`", arg="pad", notes=())


class arange(Function):
    """The integers from `start` to before `end`."""

    family = Family.SHAPE
    inputs = ()
    python = Range("torch.arange")
    start = Size("the first", 0)
    end = Size("the first beyond the last")
    step = Int("the distance between two", 1)
    dtype = DType("their dtype; int64 if left out", None)
    example = ("", "{op: arange, end: 128}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        start, end, step = Dim.of(call["start"]), call.dim("end"), call["step"]
        name = f"`{call.label}` (arange)"
        if step == 0:
            call.reject("L204", f"`step` of {name} must not be 0", arg="step")
        if call["dtype"] == "bool":
            call.reject("S307", f"{name} counts, which booleans cannot", arg="dtype")
        length = end - start if step > 0 else start - end
        call.require_at_least(length, 0, f"{name} cannot go from {start} to {end} by steps of {step}", arg="end")
        count = end if start == 0 and step == 1 else (length + (abs(step) - 1)) // abs(step)
        return TensorType((count,), call["dtype"] or "int64")

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args: dict[str, Any] = {"end": rng.randint(-1, 9)}
        if rng.random() < 0.5:
            args["start"] = rng.randint(-3, 5)
        if rng.random() < 0.4:
            args["step"] = rng.choice([1, 2, 3, -1, -2, 0])
        if rng.random() < 0.4:
            args["dtype"] = rng.choice(["float32", "int64", "int32", "bfloat16", "bool"])
        return Sample(args, ())
