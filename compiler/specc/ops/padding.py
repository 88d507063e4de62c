"""Borders around a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Choice, Float, Ints
from specc.ops.borders import MODES, bordered, check_value, kept
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.spatial import sample_dtype
from specc.ops.write import Writer
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class pad(Function):
    """A border: `pad` lists the last axis's start and end, then the last but one's, and so on."""

    family = Family.SHAPE
    python = Writer("F.pad")
    formula = (
        "constant: y = x inside, value in the border\n"
        "reflect: y[i] = x[|i|] before the start, x[2·(L − 1) − i] after the end\n"
        "replicate: y[i] = x[min(max(i, 0), L − 1)]\n"
        "circular: y[i] = x[i mod L]\n"
        "L_out = L + start + end for each axis that is padded"
    )
    positional = 1
    pad = Ints("two sizes for every axis, from the last; negative ones cut")
    mode = Choice("what the border holds", MODES, "constant")
    value = Float("the constant; 0 if left out", None)
    example = ("[N, C, H, W]", "{op: pad, pad: [1, 1, 1, 1]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        sides, mode, value = call["pad"], call["mode"], call["value"]
        axes = len(sides) // 2
        if len(sides) % 2:
            call.reject(
                "S310", f"`pad` of `{call.label}` needs two sizes for every axis, but has {len(sides)}", arg="pad"
            )
        if mode == "constant":
            if axes > call.x.rank:
                call.reject(
                    "S302",
                    f"`pad` of `{call.label}` is for {axes} axes, but its input is {call.x.rank}-d",
                    arg="pad",
                )
            padded = bordered(call, sides, mode, "pad")
            check_value(call, value, sides)
            return padded
        if not 1 <= axes <= 3:
            call.reject(
                "S310",
                f"`mode: {mode}` of `{call.label}` (pad) pads 1 to 3 axes, but `pad` has sizes for {axes}",
                arg="pad",
                help="leave `mode` out to pad any number of axes with a constant",
            )
        if value not in (None, 0):
            call.report(
                "S310",
                f"`value` of `{call.label}` (pad) is for the mode `constant` only",
                arg="value",
                help="remove `value`",
                edits=call.removed("value"),
                notes=(),
            )
        return bordered(call, sides, mode, "pad")

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept(call["mode"])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        mode = rng.choice(["constant", "constant", *MODES])
        low = -2 if rng.random() < 0.4 else 0
        if mode == "constant":
            shape = tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 5)))
            axes = rng.randint(0, len(shape) + (rng.random() < 0.06))
        else:
            axes = rng.randint(1, 3)
            least = 0 if rng.random() < 0.1 else 1
            shape = tuple(rng.randint(least, 5) for _ in range(axes + rng.choice([1, 2, 2, 2])))
            shape = shape[1:] if rng.random() < 0.06 else shape
        sizes = [rng.randint(low, rng.choice([1, 1, 3])) for _ in range(2 * axes + (rng.random() < 0.03))]
        args: dict[str, Any] = {"pad": sizes}
        if mode != "constant" or rng.random() < 0.2:
            args["mode"] = mode
        if rng.random() < (0.4 if mode == "constant" else 0.1):
            args["value"] = rng.choice([0, 0.5, -1, 1e6])
        return Sample(args, ((shape, sample_dtype(rng)),))
