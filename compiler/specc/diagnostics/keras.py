"""Keras's names beside PyTorch's, for the help of whoever brings a model from there. Loaded only for a mistake.

Source: https://keras.io/api/layers/ and https://docs.pytorch.org/docs/stable/nn.html
"""

from typing import Final

# `{n}` is 1, 2 or 3 by the axes of the input.
LAYERS: Final = {
    "Add": "add", "AveragePooling1D": "AvgPool1d",
    "AveragePooling2D": "AvgPool2d", "AveragePooling3D": "AvgPool3d", "BatchNormalization": "BatchNorm{n}d",
    "Concatenate": "cat", "Conv2DTranspose": "ConvTranspose2d", "Conv1DTranspose": "ConvTranspose1d",
    "Conv3DTranspose": "ConvTranspose3d", "Dense": "Linear", "Dot": "matmul",
    "GlobalAveragePooling1D": "AdaptiveAvgPool1d", "GlobalAveragePooling2D": "AdaptiveAvgPool2d",
    "GlobalAveragePooling3D": "AdaptiveAvgPool3d", "GlobalMaxPooling1D": "AdaptiveMaxPool1d",
    "GlobalMaxPooling2D": "AdaptiveMaxPool2d", "GlobalMaxPooling3D": "AdaptiveMaxPool3d",
    "GroupNormalization": "GroupNorm", "LayerNormalization": "LayerNorm", "MaxPooling1D": "MaxPool1d",
    "MaxPooling2D": "MaxPool2d", "MaxPooling3D": "MaxPool3d", "Maximum": "maximum", "Minimum": "minimum",
    "Multiply": "mul", "Reshape": "reshape", "SimpleRNN": "RNN",
    "SpatialDropout1D": "Dropout1d", "SpatialDropout2D": "Dropout2d", "SpatialDropout3D": "Dropout3d",
    "Subtract": "sub", "UpSampling1D": "Upsample", "UpSampling2D": "Upsample", "UpSampling3D": "Upsample",
    "ZeroPadding1D": "ZeroPad1d", "ZeroPadding2D": "ZeroPad2d", "ZeroPadding3D": "ZeroPad3d",
}  # fmt: skip

# What has no layer of its own here, and what does its work.
ADVICE: Final = {
    "Activation": "an activation is a layer of its own name: `ReLU`, `Sigmoid`, `Softmax`",
    "Average": "a `stack` of the layers, and `{op: mean, dim: 0}` of it",
    "Bidirectional": "an `LSTM`, `GRU` or `RNN` has `bidirectional: true`",
    "DepthwiseConv2D": "a `Conv2d` with as many `groups` as its input has channels",
    "Input": "the spec's `inputs` declare them",
    "InputLayer": "the spec's `inputs` declare them",
    "SeparableConv2D": "a `Conv2d` with as many `groups` as its input has channels, and one with `kernel_size: 1`",
    "TimeDistributed": "a `Linear` works on the last axis, whatever comes before it",
}

ARGUMENTS: Final = {
    "shape": ("size",),  # PyTorch's own: `reshape` has a shape, `view` a size
    "size": ("shape", "scale_factor"),
    "units": ("out_features", "hidden_size"),
    "filters": ("out_channels",),
    "rate": ("p",),
    "pool_size": ("kernel_size",),
    "strides": ("stride",),
    "use_bias": ("bias",),
    "dilation_rate": ("dilation",),
    "input_dim": ("num_embeddings", "in_features"),
    "output_dim": ("embedding_dim",),
    "epsilon": ("eps",),
    "axis": ("dim",),
    "interpolation": ("mode",),
    "key_dim": ("embed_dim",),
}

# Arguments that are something else here.
NOT_ARGUMENTS: Final = {
    "activation": "an activation is a layer of its own: `relu: ReLU` after this one",
    "input_shape": "the spec's `inputs` declare it",
    "kernel_initializer": "`init` has the rules for weights",
    "bias_initializer": "`init` has the rules for weights",
    "kernel_regularizer": "`weight_decay` of the optimizer does it",
    "return_sequences": "the output has every step; the last hidden state is `.h_n`",
    "data_format": "channels come first: [N, C, H, W]",
}


def layer(name: str, rank: int | None) -> str | None:
    """PyTorch's name for a layer of Keras's; `rank` is that of its input, None where it is unknown."""
    found = LAYERS.get(name)
    if found is not None and "{n}" in found:
        return found.format(n=max(1, rank - 2)) if rank is not None and 2 <= rank <= 5 else found.format(n=2)
    return found
