"""Where a rule refuses on purpose what torch lets pass: each with its reason, and counted apart by `make oracle`.

An entry names the ops ("*" for all), the code, and a part of the message. A refusal is excused where every diagnostic
of it has an entry. It is never the other way round: what a rule accepts, torch must accept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from specc.diagnostics import Diagnostic
from specc.ops.declare import Sample


class Stricter(NamedTuple):
    ops: str  # names with blanks between them, or "*"
    code: str
    says: str  # a part of the message
    reason: str
    empty: bool = False  # only where an input has no elements


_OPERATORS = (
    "add sub mul div true_divide floor_divide remainder pow eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor"
)

_LOSSES = (
    "L1Loss l1_loss MSELoss mse_loss SmoothL1Loss smooth_l1_loss HuberLoss huber_loss CrossEntropyLoss cross_entropy "
    "BCEWithLogitsLoss binary_cross_entropy_with_logits MultiLabelSoftMarginLoss multilabel_soft_margin_loss "
    "SoftMarginLoss soft_margin_loss PoissonNLLLoss poisson_nll_loss GaussianNLLLoss gaussian_nll_loss "
    "LinearCrossEntropyLoss linear_cross_entropy"
)

TABLE = (
    Stricter("*", "S307", "", "torch's kernels see no dtype where there is nothing to compute", empty=True),
    Stricter("*", "S306", "needs a filled input", "whether torch takes an empty axis differs by kernel", empty=True),
    Stricter(_OPERATORS, "L204", "and a number as well", "a layer has two operands: inputs, or an input and `other`"),
    Stricter(_OPERATORS, "L202", "has one input and no", "an operator with one operand is a slip"),
    Stricter(
        " ".join(
            f"{kind}Pad{n}d"
            for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
            for n in (1, 2, 3)
        ),
        "S310",
        "must be a number or a list of",
        "torch's own signature asks for so many; it takes fewer to be those of the last axes",
    ),
    Stricter(
        "CircularPad1d CircularPad2d CircularPad3d pad",
        "S306",
        "around axis",
        "torch wraps around what a negative size has cut, and copies from where it is just writing",
    ),
    Stricter(
        "*",
        "L203",
        "must be an integer or a list of",
        "a list has one item for each axis; torch also takes "
        "one of a single item for two axes, or an empty one, which no one means",
    ),
    Stricter(
        "AdaptiveAvgPool2d AdaptiveAvgPool3d adaptive_avg_pool2d adaptive_avg_pool3d",
        "S302",
        "",
        "at output "
        "size 1 torch takes the mean of the last axes of anything, of [N, C] too: a flatten in the wrong place",
    ),
    Stricter("multinomial", "S306", "categories", "there is no row to draw for", empty=True),
    Stricter("clamp clip", "L204", "bounds that are numbers and bounds", "a tensor of rank 0 passes for a number"),
    Stricter(
        "div floor_divide remainder fmod",
        "L204",
        "divides integers by 0",
        "torch finds it at the first element",
        empty=True,
    ),
    Stricter("*", "S310", "which it computes in", "a number is converted where an element meets it", empty=True),
    Stricter(
        "logsumexp", "L204", "must name an axis", "torch reduces all axes or none, or fails, by `keepdim` and the sizes"
    ),
    Stricter(
        "*", "S307", "complex in half precision", "complex32 is no dtype of the language, and few kernels take it"
    ),
    Stricter(
        "MaxUnpool1d MaxUnpool2d MaxUnpool3d max_unpool1d max_unpool2d max_unpool3d",
        "L204",
        "must be at least",
        "no pooling has such a kernel, stride or padding: there is none to undo",
    ),
    Stricter(
        "MaxUnpool1d MaxUnpool2d MaxUnpool3d max_unpool1d max_unpool2d max_unpool3d FractionalMaxPool2d "
        "FractionalMaxPool3d fractional_max_pool2d fractional_max_pool3d",
        "S307",
        "",
        "torch's kernels see no dtype where the output is empty",
    ),
    Stricter(
        "Upsample upsample interpolate",
        "S307",
        "for `mode: area`",
        "a mean of complex numbers at size 1, and an empty one of anything",
    ),
    Stricter(
        "Conv1d Conv2d Conv3d",
        "L204",
        "`padding` of `layer` must be at least 0",
        "with a `padding_mode` other than zeros a negative padding cuts the input; torch refuses it with zeros",
    ),
    Stricter(
        "ConvTranspose1d ConvTranspose2d ConvTranspose3d conv_transpose1d conv_transpose2d conv_transpose3d",
        "S306",
        "leaves an output of size",
        "whether an empty output passes depends on the kernel torch picks",
    ),
    Stricter(
        "ConvTranspose1d ConvTranspose2d ConvTranspose3d conv_transpose1d conv_transpose2d conv_transpose3d",
        "S310",
        "must be smaller than its stride",
        "torch looks only where there is something to compute",
        empty=True,
    ),
    Stricter(
        "ConvTranspose1d ConvTranspose2d ConvTranspose3d conv_transpose1d conv_transpose2d conv_transpose3d",
        "L204",
        "`dilation` of",
        "not every kernel that torch picks looks at the dilation",
    ),
    Stricter(
        "conv_transpose1d conv_transpose2d conv_transpose3d", "S307", "its `bias` is", "nor at the dtype of the bias"
    ),
    Stricter("linear", "S302", "`bias` of", "the documentation asks for [out]; what else broadcasts differs by kernel"),
    Stricter("linear", "S307", "its `bias` is", "a bias without axes is promoted"),
    Stricter("linear", "S303", "`bias` of", "likewise a bias of one value"),
    Stricter("bilinear", "S302", "needs a 1-d input", "the documentation asks for [out]"),
    Stricter(
        "AdaptiveAvgPool2d AdaptiveAvgPool3d adaptive_avg_pool2d adaptive_avg_pool3d",
        "S307",
        "",
        "complex numbers have a mean at output size 1, and a null that keeps a size may keep a 1",
    ),
    Stricter(
        "ConvTranspose1d ConvTranspose2d ConvTranspose3d",
        "L204",
        "`output_padding` of",
        "beside `output_size` it is not looked at",
    ),
    Stricter("affine_grid", "S306", "`size` of", "torch forgets its check of empty sizes beside a size of 1"),
    Stricter(
        "interpolate",
        "S307",
        "needs a float32, float64 or uint8",
        "with `antialias` torch copies whatever has the size already",
    ),
    Stricter(
        "FractionalMaxPool3d fractional_max_pool3d", "S310", "items, but there are", "torch drops the fourth ratio"
    ),
    Stricter(
        "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout dropout dropout1d dropout2d "
        "dropout3d alpha_dropout feature_alpha_dropout",
        "S307",
        "when it trains",
        "training refuses it",
    ),
    Stricter(
        "Dropout2d Dropout3d FeatureAlphaDropout dropout2d dropout3d feature_alpha_dropout",
        "S302",
        "when it trains",
        "training refuses it",
    ),
    Stricter(
        "remove_small_boxes clip_boxes_to_image box_area",
        "S303",
        "numbers for a box",
        "torch passes over what follows the fourth number: such boxes have an angle, or are no boxes",
    ),
    Stricter("batched_nms", "S302", "", "torch looks at nothing where there are no boxes, and takes one box as many"),
    Stricter(
        "batched_nms",
        "S303",
        "",
        "torch looks at nothing where there are no boxes, and takes one box or category as many",
    ),
    Stricter("masks_to_boxes", "S302", "", "torch gives no boxes for anything empty", empty=True),
    Stricter(
        "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm batch_norm",
        "L204",
        "greater than 0 to train",
        "training refuses it",
    ),
    Stricter(
        "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d GroupNorm",
        "S301",
        "input channels",
        "torch does not look at the number where nothing depends on it",
    ),
    Stricter(
        "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d GroupNorm",
        "L204",
        "`num_",
        "likewise",
    ),
    Stricter(
        "batch_norm instance_norm",
        "S303",
        "of `layer`",
        "torch looks at no weights where nothing is to compute",
        empty=True,
    ),
    Stricter("batch_norm instance_norm", "S302", "must be 1-d", "torch only counts the elements"),
    Stricter(
        "instance_norm",
        "S307",
        "must be of one floating dtype",
        "torch converts both where the mean has another dtype than the input",
    ),
    Stricter("instance_norm", "N201", "without", "torch passes over a variance without a mean"),
    Stricter("CrossMapLRN2d LocalResponseNorm local_response_norm", "L204", "`size`", "a negative number of channels"),
    Stricter(
        "MultiheadAttention TransformerEncoderLayer TransformerEncoder TransformerDecoderLayer TransformerDecoder "
        "Transformer",
        "L204",
        "`dropout` of",
        "torch looks at the probability in training only, and fails there",
    ),
    Stricter("scaled_dot_product_attention", "L204", "`dropout_p` of", "a probability below 0 is passed over"),
    Stricter("scaled_dot_product_attention", "S302", "", "torch gives zeros before it looks at the shapes", empty=True),
    Stricter("scaled_dot_product_attention", "S303", "", "torch gives zeros before it looks at the shapes", empty=True),
    Stricter("scaled_dot_product_attention", "S308", "", "torch gives zeros before it looks at the shapes", empty=True),
    *(
        Stricter(
            "MultiheadAttention TransformerEncoderLayer TransformerEncoder TransformerDecoderLayer "
            "TransformerDecoder Transformer",
            code,
            "lets torch pass over it",
            "a mask that is read must fit, or it is the wrong one",
        )
        for code in ("S302", "S303", "S307")
    ),
    Stricter("LSTM", "S307", "`c_0` of", "only the steps of a layer with projections promote it; oneDNN refuses it"),
    Stricter(
        "StochasticDepth stochastic_depth DropBlock2d drop_block2d DropBlock3d drop_block3d",
        "S307",
        "when it trains",
        "training refuses it, or draws a mask of integers",
    ),
    Stricter("StochasticDepth stochastic_depth", "S302", "when it trains", "training refuses it"),
    Stricter("DeformConv2d", "S301", "", "torch then takes the input's channels in groups, whatever was asked for"),
    Stricter(
        "DeformConv2d deform_conv2d",
        "S306",
        "spans",
        "torch rounds the quotient towards 0, and finds room for one place of a kernel that does not fit",
    ),
    Stricter("deform_conv2d", "S303", "`bias` of", "torch adds no bias to nothing", empty=True),
    Stricter("FrozenBatchNorm2d", "S301", "", "its buffers broadcast with an input of one channel"),
    Stricter(
        "FrozenBatchNorm2d Conv2dNormActivation",
        "S302",
        "(FrozenBatchNorm2d)",
        "its buffers broadcast with an input of any axes",
    ),
    Stricter("sigmoid_focal_loss", "S307", "floating-point targets", "torch takes complex targets, no answers at all"),
    Stricter("roi_pool RoIPool", "L204", "must be at least 1", "a grid of no cells: the other region ops divide by 0"),
    Stricter(
        "roi_align RoIAlign roi_pool RoIPool ps_roi_align PSRoIAlign ps_roi_pool PSRoIPool",
        "L204",
        "`spatial_scale`",
        "a negative scale turns boxes inside out: how many points to sample is then below 0",
    ),
    Stricter(
        "roi_align RoIAlign roi_pool RoIPool ps_roi_align PSRoIAlign ps_roi_pool PSRoIPool",
        "S302",
        "-d",
        "torch reads whatever lies in memory as images of 4 axes, and as boxes of 2",
    ),
    Stricter(_LOSSES, "S307", "is complex", "a loss is a real number: complex ones, which torch gives, have no least"),
    Stricter("HuberLoss huber_loss", "S307", "of one dtype", "its backward pass refuses to mix dtypes"),
    Stricter(
        "CrossEntropyLoss cross_entropy NLLLoss nll_loss",
        "S303",
        "takes a weight for each class",
        "for images torch counts the weights, whatever their shape",
    ),
    Stricter(
        "CrossEntropyLoss cross_entropy linear_cross_entropy",
        "L204",
        "`label_smoothing`",
        "torch forgets to refuse a negative one",
    ),
    Stricter("GaussianNLLLoss gaussian_nll_loss", "S307", "its `var` is", "torch takes integers where `eps` is one"),
    Stricter("CTCLoss ctc_loss", "S307", "takes class numbers", "torch cuts off what makes them no integers"),
    Stricter("*", "L204", "must be at least", "torch's kernels look at no argument where there is nothing to do", True),
    Stricter(
        "generalized_box_iou_loss distance_box_iou_loss complete_box_iou_loss",
        "S307",
        "needs boxes of one dtype",
        "torch mixes them as long as no boxes overlap",
    ),
    Stricter(
        "addmm addbmm baddbmm", "S310", "makes no", "a fraction makes no integer, of an empty result either", True
    ),
    Stricter(
        "cat concat concatenate", "S309", "", "torch does not look at `dim` where every tensor is [0]", empty=True
    ),
    Stricter(
        "expand broadcast_to",
        "L204",
        "names no size to keep",
        "beside an axis of 0 torch makes a tensor of a negative size",
    ),
    Stricter(
        "GaussianNLLLoss gaussian_nll_loss",
        "S303",
        "`var` of",
        "torch adds the sizes that differ, and 0 counts as none",
        empty=True,
    ),
    Stricter(
        "embedding_bag",
        "S307",
        "looks up integers",
        "torch swaps a table and indices in the order of long ago, and warns",
    ),
    Stricter("pdist", "S307", "", "torch has no kernel for others; one vector alone needs none"),
    Stricter(
        "CrossEntropyLoss cross_entropy NLLLoss nll_loss",
        "S306",
        "no classes",
        "a target that is ignored needs none",
        empty=True,
    ),
    Stricter("CTCLoss ctc_loss", "S303", "sequences, but", "torch looks at the first axis of the lengths alone"),
    Stricter(
        "AdaptiveLogSoftmaxWithLoss", "L204", "`div_value`", "rarer classes would have wider layers, without bounds"
    ),
    Stricter("one_hot", "L202", "needs `num_classes`", "the width of a network would hang on the data"),
    Stricter(
        "einsum", "S307", "needs inputs of one dtype", "torch mixes dtypes only where the summed axis has one place"
    ),
    Stricter("einsum", "S307", "does not take booleans", "likewise"),
)


def excused(op: str, sample: Sample, diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether every refusal is listed."""
    empty = any(0 in given[0] for given in sample.inputs if given is not None)
    return all(any(_matches(entry, op, each, empty) for entry in TABLE) for each in diagnostics)


def _matches(entry: Stricter, op: str, diagnostic: Diagnostic, empty: bool) -> bool:
    return (
        (entry.ops == "*" or op in entry.ops.split())
        and entry.code == diagnostic.code
        and entry.says in diagnostic.message
        and (empty or not entry.empty)
    )
