"""Configurations on which kernels of torch and torchvision read beyond a tensor or divide by 0, which ends the process:
they are not run, and count as refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from specc.ops.arguments import Value
from specc.ops.declare import Sample

_REGIONS = frozenset({
    "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "RoIAlign", "RoIPool", "PSRoIAlign", "PSRoIPool",
})  # fmt: skip
_POOLED = frozenset({"roi_pool", "RoIPool"})  # they give nothing for an output without cells; the others divide by 0
_CELLS = frozenset({"RNNCell", "LSTMCell", "GRUCell"})
_DEFORMABLE = frozenset({"deform_conv2d", "DeformConv2d"})


def fatal(op: str, values: Mapping[str, Value], sample: Sample) -> bool:
    """Whether the configuration must not be run."""
    if op in _REGIONS:
        image = sample.inputs[0]
        empty = image is not None and len(image[0]) >= 4 and 0 in (image[0][0], *image[0][2:])
        return empty or (op not in _POOLED and 0 in _many(values["output_size"]))
    if op in _CELLS:  # a state of two axes beside an input of one becomes one of three
        return len({len(given[0]) for given in sample.inputs if given is not None}) > 1
    if op in ("EmbeddingBag", "embedding_bag"):
        indices, offsets = sample.inputs[0], sample.inputs[1 if op == "EmbeddingBag" else 2]
        if indices is None or offsets is None or not offsets[0]:
            return False
        return 0 not in indices[0] and offsets[0][0] <= values["include_last_offset"]  # indices, but no bags
    if op == "scaled_dot_product_attention" and values["enable_gqa"]:  # so many heads for each of none
        return any(given is not None and given[0][-3:-2] == (0,) for given in sample.inputs[1:3])
    if op in _DEFORMABLE:
        given = sample.inputs[0]
        return 0 in _many(values["stride"]) or (given is not None and len(given[0]) > 1 and given[0][1] == 0)
    return False


def undecided(op: str, sample: Sample) -> bool:
    """Whether no verdict tells of the rule, as the random values cannot be what the op asks for: CTC targets in one row
    are as many as their lengths say.
    """
    return op in ("CTCLoss", "ctc_loss") and sample.inputs[1] is not None and len(sample.inputs[1][0]) == 1


def _many(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)
