"""Normalisation of every sample by itself: over its last axes, over groups of channels, over channels near by."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import INFERRED, Bool, Float, Int, Ints
from specc.ops.call import Call, Rejected
from specc.ops.declare import Module, Op, Owned, Sample, Saved
from specc.ops.normalization import (
    MIXED,
    Norm,
    check_dtype,
    kept,
    require_several,
    scale_and_shift,
)
from specc.ops.spatial import divisors, require_filled, sample_shape, sample_tensor
from specc.shapes.dim import Dim, product
from specc.shapes.dtype import FLOATING, bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_COMPLEX = ("complex64", "complex128")
HALVES = ("float16", "bfloat16")


class _LastAxes(Norm, abstract=True):
    """Statistics over the last axes, apart for every place of the others."""

    positional = 1
    normalized_shape = Ints("the last axes, or the last one's size", INFERRED, min=0, scalar=True)
    mixed: ClassVar[tuple[str, ...]] = MIXED
    plain: ClassVar[tuple[str, ...]] = FLOATING

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        allowed = cls.mixed if call["elementwise_affine"] else cls.plain
        call.require_dtype(
            allowed, "a floating-point input" + (" that fits float32 weights" if allowed is MIXED else "")
        )
        given = call["normalized_shape"]
        if isinstance(given, tuple):
            _check_last(call, given)
            return call.x
        if call.x.rank == 0:
            call.reject("S302", f"`{call.label}` ({cls.name}) normalises at least one axis, but its input is 0-d")
        call.inferred("normalized_shape", call.x.shape[-1], axis="features")
        return call.x

    @classmethod
    def shape(cls, call: Call) -> tuple[int, ...]:
        value = call["normalized_shape"]
        return value if isinstance(value, tuple) else (value,)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        low = 0 if rng.random() < 0.1 else 1
        shape = tuple(rng.randint(low, 4) for _ in range(rng.randint(0 if rng.random() < 0.1 else 1, 4)))
        args: dict[str, object] = {}
        if rng.random() < 0.6:
            count = rng.randint(1, max(len(shape), 1))
            last = list(shape[-count:])
            if last and rng.random() < 0.25:
                last[-1] += 1
            if rng.random() < 0.05:
                last = []
            args["normalized_shape"] = last[0] if len(last) == 1 and rng.random() < 0.5 else last
        optional: dict[str, object] = {
            "eps": rng.choice([1e-3, 1e-6, 1]), "elementwise_affine": rng.random() < 0.4, "bias": rng.random() < 0.5,
        }  # fmt: skip
        args |= {name: value for name, value in optional.items() if name in cls.args and rng.random() < 0.4}
        return Sample(args, (sample_tensor(rng, shape),))


def _check_last(call: Call, given: tuple[int, ...]) -> None:
    if not given:
        call.reject("S310", f"`normalized_shape` of `{call.label}` must name at least one axis", arg="normalized_shape")
    if len(given) > call.x.rank:
        call.reject(
            "S302",
            f"`{call.label}` normalises {len(given)} axes, but its input is {call.x.rank}-d",
            arg="normalized_shape",
        )
    for axis in range(-len(given), 0):
        size = call.x.shape[axis]
        if not size.is_const:
            call.report(
                "S304",
                f"`{call.label}` needs a fixed size for `normalized_shape`, but its input has `{size}`",
                arg="normalized_shape",
                help=f"give that dimension of the input a number instead of the symbol `{size}`",
            )
            raise Rejected(call.x)
        require_last(call, size, Dim.of(given[axis]), axis)


def require_last(call: Call, size: Dim, given: Dim, axis: int) -> None:
    """An axis that is normalised has the size that `normalized_shape` says (S301)."""
    call.require_equal(
        size,
        given,
        f"`normalized_shape` of `{call.label}` has {given} for axis {axis}, but its input has {size}",
        code="S301",
        arg="normalized_shape",
        help="write the sizes of the input's last axes"
        + (", or leave `normalized_shape` out for the last one" if call.op.stateful else ""),
    )


_OVER = "over the axes of normalized_shape, for every place of the axes before them"
LAYER_NORM = f"y = (x − μ) / √(σ² + eps) · w + b\nμ, σ² {_OVER}"
RMS_NORM = f"y = x / √(mean(x²) + eps) · w\nmean {_OVER}"


class LayerNorm(_LastAxes):
    """Layer normalisation: mean 0 and variance 1 over the last axes (Ba et al. 2016)."""

    formula = LAYER_NORM
    eps = Float("added to the variance", 1e-5)
    elementwise_affine = Bool("whether a scale and a shift are learned", True)
    bias = Bool("whether the shift is learned", True)
    example = ("[N, T, 512]", "LayerNorm")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        if not call["elementwise_affine"]:
            return {}
        owned = {"weight": Owned(cls.shape(call))}
        return {**owned, "bias": Owned(cls.shape(call))} if call["bias"] else owned

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept(call, outer(call, len(cls.shape(call))), call["elementwise_affine"])


class RMSNorm(_LastAxes):
    """Root mean square normalisation over the last axes (Zhang and Sennrich 2019)."""

    formula = RMS_NORM
    mixed = FLOATING + _COMPLEX
    plain = FLOATING + _COMPLEX
    eps = Float("added to the mean square; null: the dtype's smallest step", None)
    elementwise_affine = Bool("whether a scale is learned", True)
    example = ("[N, T, 512]", "RMSNorm")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {"weight": Owned(cls.shape(call))} if call["elementwise_affine"] else {}

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return rms_kept(call, len(cls.shape(call)), call["elementwise_affine"])


def outer(call: Call, axes: int) -> Dim:
    """How many places the axes before the last `axes` have."""
    return product(call.x.shape[: call.x.rank - axes])


def rms_kept(call: Call, axes: int, scaled: bool) -> Saved:
    """The input (of half precision a float32 copy), a reciprocal for every place, and what is scaled."""
    half = call.x.dtype in HALVES
    size = bytes_of("float32" if half else call.x.dtype)
    extra = (outer(call, axes) + call.x.numel * (half + scaled)) * size
    return Saved(() if half else ("input",), extra=extra)


GROUP_NORM = (
    "y = (x − μ[n, g]) / √(σ²[n, g] + eps) · w[c] + b[c]\n"
    "μ, σ² over the channels c of group g = ⌊c · num_groups / C⌋ and all axes after them"
)


class GroupNorm(Norm):
    """Normalisation over groups of channels and all that follows (Wu and He 2018)."""

    formula = GROUP_NORM
    positional = 2
    num_groups = Int("groups the channels are split into", min=1)
    num_channels = Int("channels of the input", INFERRED, min=1)
    eps = Float("added to the variance", 1e-5)
    affine = Bool("whether a scale and a shift are learned", True)
    bias = Bool("whether the shift is learned", True)
    example = ("[N, 64, H, W]", "{op: GroupNorm, num_groups: 32}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_channels(call)
        check_dtype(call, call["affine"])
        channels = call.inferred("num_channels", call.x.shape[1], axis="channels")
        check_groups(call, Dim.of(channels))
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return scale_and_shift(call, call["num_channels"])

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept(call, call.x.shape[0] * call["num_groups"], call["affine"])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.randint(1, 3)
        channels = groups * rng.randint(1, 3) + (rng.random() < 0.1)
        args: dict[str, object] = {"num_groups": groups if rng.random() < 0.95 else 0}
        optional: dict[str, object] = {
            "num_channels": channels if rng.random() < 0.7 else channels + groups,
            "eps": rng.choice([1e-3, 1e-6, 1]),
            "affine": rng.random() < 0.5,
            "bias": rng.random() < 0.5,
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        return Sample(args, (sample_tensor(rng, sample_groups(rng, groups, channels)),))


def sample_groups(rng: random.Random, groups: int, channels: int) -> tuple[int, ...]:
    """A shape of so many channels, now and then with one value per group, or with nothing at all."""
    odd = rng.random()
    if odd < 0.2:
        return (1, groups, 1) if odd < 0.1 else (2, channels, 0)
    return sample_shape(rng, rng.randint(0, 3), channels, batch=0.97, high=3)


def require_channels(call: Call) -> None:
    if call.x.rank < 2:
        call.reject(
            "S302", f"`{call.label}` ({call.op.name}) needs an input [N, C, …], but its input is {call.x.rank}-d"
        )


def check_groups(call: Call, channels: Dim) -> None:
    """`num_groups` divides the channels, and a group has more than one value."""
    groups = call["num_groups"]
    possible = divisors(channels.value) if channels.is_const else []
    call.require_equal(
        channels % groups,
        Dim.of(0),
        f"`num_groups: {groups}` of `{call.label}` does not divide its {channels} channels",
        code="S308",
        arg="num_groups",
        help=f"{channels} channels can be split into {', '.join(map(str, possible))} groups" if possible else None,
    )
    if not call.sink.ok:
        raise Rejected(call.x)
    require_filled(call, 1, call.x.rank)
    others = (call.x.shape[0], *call.x.shape[2:])
    require_several(call, product(others) * (channels // groups), "value per group", others)


_LOCAL = "y[n, c] = x[n, c] / (k + alpha / size · Σ_j x[n, j]²)^beta, j over the size channels around c"


class LocalNorm(Op, abstract=True):
    """Division by the squares of the channels near by; owns nothing."""

    family = Norm.family
    formula = _LOCAL
    same_shape = True
    positional = 1
    spatials: ClassVar[tuple[int, ...]] = (1, 2, 2, 3)  # for the samples
    size = Int("channels that take part in the sum", min=1)
    alpha = Float("weight of the sum of squares", 1e-4)
    beta = Float("exponent", 0.75)
    k = Float("added to the weighted sum", 1.0)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.rank < 3:
            call.reject(
                "S302", f"`{call.label}` ({cls.name}) needs an input [N, C, L, …], but its input is {call.x.rank}-d"
            )
        # torch averages by a pooling, which in three dimensions has no half precision on the CPU
        allowed = (*(FLOATING if call.x.rank == 3 else FLOATING[:2]), "int64")
        call.require_dtype(allowed, "a float32 or float64 input" if call.x.rank > 3 else "a floating-point input")
        if call.x.dtype in FLOATING or any(dim == 0 for dim in call.x.shape):  # an empty input is given back
            return call.x
        return call.x.with_dtype("float32")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The squares with zeros around the channels, the mean before and after the power, and the input."""
        x = call.x
        padded = x.with_dim(1, x.shape[1] + (call["size"] - 1))
        return Saved(("input",), extra=padded.nbytes + x.nbytes * 2)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args: dict[str, object] = {"size": rng.randint(0 if rng.random() < 0.1 else 1, 5)}
        optional: dict[str, object] = {
            "alpha": rng.choice([1e-3, 1, 0]), "beta": rng.choice([0.5, 1, 2]), "k": rng.choice([2.0, 0.1]),
        }  # fmt: skip
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        shape = sample_shape(rng, rng.choice(cls.spatials), rng.randint(1, 5), batch=0.95, high=4)
        return Sample(args, (sample_tensor(rng, shape),))


class LocalResponseNorm(LocalNorm, Module):
    """Division by the squares of the channels near by (Krizhevsky et al. 2012)."""

    example = ("[N, 64, H, W]", "{op: LocalResponseNorm, size: 5}")


class CrossMapLRN2d(LocalNorm, Module):
    """`LocalResponseNorm` of images as Lua Torch computed it: slower, kept for old models."""

    k = Float("added to the weighted sum", 1)
    spatials = (2,)
    example = ("[N, 64, H, W]", "{op: CrossMapLRN2d, size: 5}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(4, layout="[N, C, H, W]")
        call.require_dtype((*FLOATING, *_COMPLEX), "a floating-point input")
        require_filled(call, 1, 2)
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(("input",), (0,))
