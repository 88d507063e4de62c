"""Pooling by the p-norm of every window."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Arg, Bool, Float, Int, Number, Sizes
from specc.ops.call import Call
from specc.ops.declare import Module, Sample, Saved
from specc.ops.pooling import INDEX_BYTES, Window
from specc.ops.scalars import fits
from specc.ops.spatial import (
    Functional,
    per_axis,
    places,
    sample_dtype,
    sample_optional,
    sample_shape,
    sample_sizes,
)
from specc.shapes.dtype import COMPLEX, FLOATING, SIGNED, bytes_of, is_complex, is_floating, real
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def _formula(spatial: int) -> str:
    at = places(spatial)
    return (
        f"y[n, c, {at}] = (Σ_t x[n, c, stride·({at}) + t]^p)^(1/p), 0 ≤ t < kernel_size, p = norm_type\n"
        f"{per_axis(spatial, '⌊({} − kernel_size) / stride⌋ + 1')}"
    )


class _LPPool(Window, abstract=True):
    """Powers, a mean pooling and a root; a maximum where p is infinite."""

    order: ClassVar[tuple[str, ...]] = ("norm_type", "kernel_size", "stride", "ceil_mode")
    positional = 2
    narrow = True  # whether the mean pooling beneath takes half precision
    norm_type: Arg = Float("the exponent p, not 0; `inf` takes the largest magnitude")
    kernel_size: Arg = Sizes("size of the window", min=1)
    stride = Sizes("step of the window; null: the kernel's size", None, min=1)
    ceil_mode = Bool("whether a last window may reach over the border", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["norm_type"] == 0:
            call.reject("L204", f"`norm_type` of `{call.label}` must not be 0", arg="norm_type", notes=())
        output = cls.pool(call)
        if is_complex(output.dtype):  # a magnitude
            return TensorType(output.shape, real(output.dtype))
        if is_floating(output.dtype) or cls.largest(call):
            return output
        return TensorType(output.shape, "float32")

    @classmethod
    def largest(cls, call: Call) -> bool:
        """Whether p is infinite: the largest or least magnitude."""
        return bool(abs(call["norm_type"]) == float("inf"))

    @classmethod
    def check_dtype(cls, call: Call) -> None:
        floating = FLOATING if cls.narrow or cls.largest(call) else ("float64", "float32")
        others: tuple[str, ...] = (*SIGNED, "uint8", "bool")
        if cls.largest(call):
            others = (*COMPLEX, *(() if cls.spatial == 1 else (*SIGNED, "uint8")))
        elif isinstance(call["norm_type"], int) and not cls.stateful:
            # a power of an integer stays one, of which torch pools int64 only; there is none with a negative exponent
            others = ("int64", "bool") if call["norm_type"] > 0 else ()
        wanted = "a floating-point input" if cls.narrow else "a float32 or float64 input"
        call.require_dtype((*floating, *others), wanted)
        norm, dtype = call["norm_type"], call.x.dtype
        for exponent in (norm, 1 / norm) if dtype in FLOATING else ():
            if not fits(float(exponent), dtype):
                call.report(
                    "L204",
                    f"`norm_type: {norm}` of `{call.label}` asks for powers of {exponent}, which {dtype} does not hold",
                    arg="norm_type",
                )

    @classmethod
    def must_fit(cls, call: Call) -> bool:
        """A mean pooling of volumes looks for its kernel in the input as it is, the largest does not."""
        return cls.spatial == 3 and not cls.largest(call)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The input, its powers, and four steps from the pooled powers to their root; where p is infinite, the
        magnitudes and the places of the largest.
        """
        size, pooled = bytes_of(real(call.x.dtype)), call.output[0].numel
        if cls.largest(call):
            return Saved(("input",), (), call.x.numel * size + pooled * INDEX_BYTES)
        return Saved(("input",), (), (call.x.numel + 4 * pooled) * size)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        n = cls.spatial
        low = 0 if rng.random() < 0.04 else 1
        norms = [1, 2, 2.0, 3.0, 0.5, -1.0, float("inf"), float("-inf"), 0]
        args: dict[str, object] = {"norm_type": rng.choice(norms), "kernel_size": sample_sizes(rng, n, low, 3)}
        if n == 1:
            args["kernel_size"] = rng.randint(low, 3)
        optional: dict[str, object] = {
            "stride": None if rng.random() < 0.1 else sample_sizes(rng, n, low, 3),
            "ceil_mode": rng.random() < 0.7,
        }
        args |= sample_optional(rng, optional, cls.args)
        shape = sample_shape(rng, n, rng.randint(0 if rng.random() < 0.05 else 1, 3))
        return Sample(args, ((shape, sample_dtype(rng, 0.7)),))


class _LPPool1d(_LPPool, abstract=True):
    spatial = 1
    formula = _formula(1)
    kernel_size = Int("size of the window", min=1)


class _LPPool3d(_LPPool, abstract=True):
    spatial = 3
    formula = _formula(3)
    narrow = False


class LPPool1d(_LPPool1d, Module):
    """The p-norm of every window of a sequence."""

    example = ("[N, C, L]", "{op: LPPool1d, norm_type: 2, kernel_size: 2}")


class LPPool2d(_LPPool, Module):
    """The p-norm of every window of an image, channel by channel."""

    spatial = 2
    formula = _formula(2)
    example = ("[N, C, H, W]", "{op: LPPool2d, norm_type: 2, kernel_size: 2}")


class LPPool3d(_LPPool3d, Module):
    """The p-norm of every window of a volume, channel by channel."""

    example = ("[N, C, D, H, W]", "{op: LPPool3d, norm_type: 2, kernel_size: 2}")


class lp_pool1d(_LPPool1d, Functional):
    """The p-norm of every window of a sequence: the function of `LPPool1d`."""

    positional = 2
    norm_type = Number("the exponent p, not 0; `inf` takes the largest magnitude")
    example = ("[N, C, L]", "{op: lp_pool1d, norm_type: 2, kernel_size: 2}")


class lp_pool2d(_LPPool, Functional):
    """The p-norm of every window of an image: the function of `LPPool2d`."""

    spatial = 2
    positional = 2
    formula = _formula(2)
    norm_type = Number("the exponent p, not 0; `inf` takes the largest magnitude")
    example = ("[N, C, H, W]", "{op: lp_pool2d, norm_type: 2, kernel_size: 2}")


class lp_pool3d(_LPPool3d, Functional):
    """The p-norm of every window of a volume: the function of `LPPool3d`."""

    positional = 2
    norm_type = Number("the exponent p, not 0; `inf` takes the largest magnitude")
    example = ("[N, C, D, H, W]", "{op: lp_pool3d, norm_type: 2, kernel_size: 2}")
