"""Pooling to a given size: by windows chosen so that there are as many as an output size asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Sizes
from specc.ops.call import Call
from specc.ops.declare import Module, Sample, Saved
from specc.ops.pooling import Indexed, Pool
from specc.ops.spatial import (
    Functional,
    layout,
    per_axis,
    places,
    require_filled,
    sample_dtype,
    sample_shape,
    sample_sizes,
)
from specc.shapes.dtype import COMPLEX, FLOATING
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

_KEPT = "size of the output; in a list, null keeps the input's"


def _formula(spatial: int, taken: str) -> str:
    size = "LHD"[spatial - 1]
    each = " and so along every axis" if spatial > 1 else ""
    return (
        f"y[n, c, {places(spatial)}] = {taken} of x[n, c, p], ⌊i·{size}/{size}_out⌋ ≤ p < ⌈(i + 1)·{size}/{size}_out⌉"
        f"{each}\n{per_axis(spatial, 'output_size')}"
    )


class _Adaptive(Pool, abstract=True):
    positional = 1
    filled_channels = False  # whether every axis but the first must be filled, and not only the spatial ones
    blind = False  # whether torch sees no dtype where the output is empty

    @classmethod
    def pool(cls, call: Call) -> TensorType:
        wanted = call["output_size"]
        if not (cls.any_rank(call) and call.x.rank > cls.spatial):
            call.require_rank(cls.spatial + 2, cls.spatial + 1, layout=layout(cls.spatial))
        out = []
        for axis in range(cls.spatial):
            kept = isinstance(wanted, tuple) and wanted[axis] is None
            out.append(call.x.shape[axis - cls.spatial] if kept else call.dim("output_size", axis))
        output = call.x.with_shape((*call.x.shape[: -cls.spatial], *out))
        if output.dtype not in cls.allowed(call, output):
            call.require_dtype(cls.accepts, cls.wanted)
        require_filled(call, 1 if cls.filled_channels else call.x.rank - cls.spatial)
        return output

    @classmethod
    def any_rank(cls, call: Call) -> bool:
        """Whether there may be any number of axes before the spatial ones."""
        return False

    @classmethod
    def allowed(cls, call: Call, output: TensorType) -> tuple[str, ...]:
        """The dtypes torch takes for that output."""
        return DTYPES if cls.blind and any(dim == 0 for dim in output.shape[-cls.spatial :]) else cls.accepts

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        size: object = sample_sizes(rng, cls.spatial, 0 if rng.random() < 0.1 else 1, 4)
        if rng.random() < 0.04:
            size = -1
        if isinstance(size, list) and cls.spatial > 1 and rng.random() < 0.3:
            size = [None if rng.random() < 0.5 else item for item in size]
        args: dict[str, object] = {"output_size": size}
        if "return_indices" in cls.args and rng.random() < 0.5:
            args["return_indices"] = rng.random() < 0.8
        shape = sample_shape(rng, cls.spatial, rng.randint(1, 3))
        return Sample(args, ((shape, sample_dtype(rng)),))


class _AdaptiveAvg(_Adaptive, abstract=True):
    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return cls.pool(call)

    @classmethod
    def allowed(cls, call: Call, output: TensorType) -> tuple[str, ...]:
        """At size 1 it is a mean, which complex numbers have as well."""
        single = call.sizes("output_size") == (1,) * cls.spatial
        return (*FLOATING, *COMPLEX) if single else super().allowed(call, output)

    @classmethod
    def single(cls, output: TensorType) -> bool:
        return all(dim == 1 for dim in output.shape[-cls.spatial :])

    @classmethod
    def keeping(cls, output: TensorType) -> Saved:
        """A mean over all keeps nothing."""
        return Saved() if cls.single(output) else Saved(("input",))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return cls.keeping(call.output[0])


class _AdaptiveAvg1d(_AdaptiveAvg, abstract=True):
    spatial = 1
    blind = True
    output_size = Sizes("size of the output")
    formula = _formula(1, "mean")


class _AdaptiveAvgNd(_AdaptiveAvg, abstract=True):
    output_size = Sizes(_KEPT, optional_items=True)

    @classmethod
    def any_rank(cls, call: Call) -> bool:
        """At size 1 it is a mean over the last axes."""
        return call.sizes("output_size") == (1,) * cls.spatial


class _AdaptiveAvg2d(_AdaptiveAvgNd, abstract=True):
    spatial = 2
    blind = True
    formula = _formula(2, "mean")


class _AdaptiveAvg3d(_AdaptiveAvgNd, abstract=True):
    spatial = 3
    formula = _formula(3, "mean")
    filled_channels = True


class _AdaptiveMax(_Adaptive, Indexed, abstract=True):
    filled_channels = True
    output_size = Sizes(_KEPT, optional_items=True)
    return_indices = Bool("whether the places of the largest values are a second output", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, ...]:
        return cls.with_indices(call, cls.pool(call))


class _AdaptiveMax1d(_AdaptiveMax, abstract=True):
    spatial = 1
    order = ("output_size", "return_indices")
    output_size = Sizes("size of the output")
    formula = _formula(1, "max")


class _AdaptiveMax2d(_AdaptiveMax, abstract=True):
    spatial = 2
    formula = _formula(2, "max")


class _AdaptiveMax3d(_AdaptiveMax, abstract=True):
    spatial = 3
    formula = _formula(3, "max")


class AdaptiveAvgPool1d(_AdaptiveAvg1d, Module):
    """The means of as many windows as `output_size` says, over a sequence of any length."""

    example = ("[N, C, L]", "{op: AdaptiveAvgPool1d, output_size: 1}")


class AdaptiveAvgPool2d(_AdaptiveAvg2d, Module):
    """The means of as many windows as `output_size` says, over an image of any size."""

    example = ("[N, C, H, W]", "{op: AdaptiveAvgPool2d, output_size: 1}")


class AdaptiveAvgPool3d(_AdaptiveAvg3d, Module):
    """The means of as many windows as `output_size` says, over a volume of any size."""

    example = ("[N, C, D, H, W]", "{op: AdaptiveAvgPool3d, output_size: 1}")


class AdaptiveMaxPool1d(_AdaptiveMax1d, Module):
    """The largest values of as many windows as `output_size` says, over a sequence of any length."""

    example = ("[N, C, L]", "{op: AdaptiveMaxPool1d, output_size: 1}")


class AdaptiveMaxPool2d(_AdaptiveMax2d, Module):
    """The largest values of as many windows as `output_size` says, over an image of any size."""

    example = ("[N, C, H, W]", "{op: AdaptiveMaxPool2d, output_size: 1}")


class AdaptiveMaxPool3d(_AdaptiveMax3d, Module):
    """The largest values of as many windows as `output_size` says, over a volume of any size."""

    example = ("[N, C, D, H, W]", "{op: AdaptiveMaxPool3d, output_size: 1}")


class adaptive_avg_pool1d(_AdaptiveAvg1d, Functional):
    """The means of as many windows as `output_size` says: the function of `AdaptiveAvgPool1d`."""

    example = ("[N, C, L]", "{op: adaptive_avg_pool1d, output_size: 1}")


class adaptive_avg_pool2d(_AdaptiveAvg2d, Functional):
    """The means of as many windows as `output_size` says: the function of `AdaptiveAvgPool2d`."""

    example = ("[N, C, H, W]", "{op: adaptive_avg_pool2d, output_size: 1}")


class adaptive_avg_pool3d(_AdaptiveAvg3d, Functional):
    """The means of as many windows as `output_size` says: the function of `AdaptiveAvgPool3d`."""

    example = ("[N, C, D, H, W]", "{op: adaptive_avg_pool3d, output_size: 1}")


class adaptive_max_pool1d(_AdaptiveMax1d, Functional):
    """The largest values of as many windows as `output_size` says: the function of `AdaptiveMaxPool1d`."""

    example = ("[N, C, L]", "{op: adaptive_max_pool1d, output_size: 1}")


class adaptive_max_pool2d(_AdaptiveMax2d, Functional):
    """The largest values of as many windows as `output_size` says: the function of `AdaptiveMaxPool2d`."""

    example = ("[N, C, H, W]", "{op: adaptive_max_pool2d, output_size: 1}")


class adaptive_max_pool3d(_AdaptiveMax3d, Functional):
    """The largest values of as many windows as `output_size` says: the function of `AdaptiveMaxPool3d`."""

    example = ("[N, C, D, H, W]", "{op: adaptive_max_pool3d, output_size: 1}")
