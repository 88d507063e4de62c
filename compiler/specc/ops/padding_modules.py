"""Borders around sequences, images and volumes, as modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Float, Ints
from specc.ops.borders import bordered, check_value, kept
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample, Saved
from specc.ops.spatial import sample_dtype, sibling
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_SIZES = "L_out = L + start + end for each of the last axes"


class _Pad(Module, abstract=True):
    family = Family.SHAPE
    positional = 1
    mode: ClassVar[str] = "constant"
    padding = Ints(
        "elements added at the start and the end of each axis, from the last axis, or one number for all; negative "
        "ones cut",
        scalar=True,
    )

    @classmethod
    def rank_help(cls, rank: int) -> str | None:
        return sibling(cls.name, cls.spatial, rank) if rank - 2 in (1, 2, 3) else None

    @classmethod
    def sides(cls, call: Call) -> tuple[int, ...]:
        value, count = call["padding"], 2 * cls.spatial
        if isinstance(value, tuple) and len(value) != count:
            call.reject(
                "S310",
                f"`padding` of `{call.label}` must be a number or a list of {count}, not of {len(value)}",
                arg="padding",
                notes=(),
            )
        return value if isinstance(value, tuple) else (value,) * count

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return bordered(call, cls.sides(call), cls.mode, "padding")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept(cls.mode)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        low, high = (-2 if rng.random() < 0.3 else 0), (4 if rng.random() < 0.3 else 1)
        count = 2 * cls.spatial
        padding = rng.randint(low, high) if rng.random() < 0.5 else [rng.randint(low, high) for _ in range(count)]
        lead = rng.choice([1, 2, 2]) if rng.random() < 0.85 else rng.choice([0, 3])
        short = rng.random() < 0.04
        least = 0 if rng.random() < 0.1 else 1
        shape = (
            *(rng.randint(least, 3) for _ in range(lead)),
            *(rng.randint(least, 6) for _ in range(cls.spatial - short)),
        )
        return Sample({"padding": padding}, ((shape, sample_dtype(rng)),))


class _ConstantPad(_Pad, abstract=True):
    """Any number of axes may come before the padded ones."""

    formula = f"y = x inside, value in the border\n{_SIZES}"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        sides = cls.sides(call)
        if call.x.rank < cls.spatial:
            call.reject(
                "S302",
                f"`{call.label}` ({cls.name}) pads the last {cls.spatial} axes, but its input is {call.x.rank}-d",
            )
        padded = super().infer(call)
        if "value" in cls.args:
            check_value(call, call["value"], sides)
        return padded

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        base = super().sample(rng)
        if "value" in cls.args:
            base.args["value"] = rng.choice([0, 1, 0.5, -1, 300, 1e6])
        return base


class _ZeroPad(_ConstantPad, abstract=True):
    formula = f"y = x inside, 0 in the border\n{_SIZES}"


class _Filled(_ConstantPad, abstract=True):
    positional = 2
    value = Float("what the border holds")


class _ReflectionPad(_Pad, abstract=True):
    mode = "reflect"
    formula = f"y[i] = x[|i|] before the start, x[2·(L − 1) − i] after the end\n{_SIZES}"


class _ReplicationPad(_Pad, abstract=True):
    mode = "replicate"
    formula = f"y[i] = x[min(max(i, 0), L − 1)]\n{_SIZES}"


class _CircularPad(_Pad, abstract=True):
    mode = "circular"
    formula = f"y[i] = x[i mod L]\n{_SIZES}"


class ZeroPad1d(_ZeroPad):
    """Zeros at both ends of a sequence."""

    spatial = 1
    example = ("[N, C, L]", "{op: ZeroPad1d, padding: 1}")


class ZeroPad2d(_ZeroPad):
    """Zeros around an image."""

    spatial = 2
    example = ("[N, C, H, W]", "{op: ZeroPad2d, padding: 1}")


class ZeroPad3d(_ZeroPad):
    """Zeros around a volume."""

    spatial = 3
    example = ("[N, C, D, H, W]", "{op: ZeroPad3d, padding: 1}")


class ConstantPad1d(_Filled):
    """One value at both ends of a sequence."""

    spatial = 1
    example = ("[N, C, L]", "{op: ConstantPad1d, padding: 1, value: 0.5}")


class ConstantPad2d(_Filled):
    """One value around an image."""

    spatial = 2
    example = ("[N, C, H, W]", "{op: ConstantPad2d, padding: 1, value: 0.5}")


class ConstantPad3d(_Filled):
    """One value around a volume."""

    spatial = 3
    example = ("[N, C, D, H, W]", "{op: ConstantPad3d, padding: 1, value: 0.5}")


class ReflectionPad1d(_ReflectionPad):
    """The sequence reflected at its ends, which are not repeated."""

    spatial = 1
    example = ("[N, C, L]", "{op: ReflectionPad1d, padding: 1}")


class ReflectionPad2d(_ReflectionPad):
    """The image reflected at its border, which is not repeated."""

    spatial = 2
    example = ("[N, C, H, W]", "{op: ReflectionPad2d, padding: 1}")


class ReflectionPad3d(_ReflectionPad):
    """The volume reflected at its border, which is not repeated."""

    spatial = 3
    example = ("[N, C, D, H, W]", "{op: ReflectionPad3d, padding: 1}")


class ReplicationPad1d(_ReplicationPad):
    """The first and the last element of a sequence repeated."""

    spatial = 1
    example = ("[N, C, L]", "{op: ReplicationPad1d, padding: 1}")


class ReplicationPad2d(_ReplicationPad):
    """The border of an image repeated."""

    spatial = 2
    example = ("[N, C, H, W]", "{op: ReplicationPad2d, padding: 1}")


class ReplicationPad3d(_ReplicationPad):
    """The border of a volume repeated."""

    spatial = 3
    example = ("[N, C, D, H, W]", "{op: ReplicationPad3d, padding: 1}")


class CircularPad1d(_CircularPad):
    """The sequence repeated: what leaves at one end enters at the other."""

    spatial = 1
    example = ("[N, C, L]", "{op: CircularPad1d, padding: 1}")


class CircularPad2d(_CircularPad):
    """The image repeated on all sides, as on a torus."""

    spatial = 2
    example = ("[N, C, H, W]", "{op: CircularPad2d, padding: 1}")


class CircularPad3d(_CircularPad):
    """The volume repeated on all sides."""

    spatial = 3
    example = ("[N, C, D, H, W]", "{op: CircularPad3d, padding: 1}")
