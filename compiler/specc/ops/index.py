"""Which file declares which ops, in order. Written by `make golden`; tests/ops/test_index.py compares."""

FILES = {
    "activation": """
        GELU
        SiLU
        Mish
        Hardswish
        Hardsigmoid
        Softplus
        Sigmoid
        Tanh
        Softsign
        Tanhshrink
        LogSigmoid
        GLU
    """,
    "activation_functions": """
        relu
        relu6
        leaky_relu
        prelu
        rrelu
        elu
        celu
        selu
        gelu
        silu
        mish
        hardswish
        hardsigmoid
        hardtanh
        softplus
        hardshrink
        softshrink
        threshold
        sigmoid
        tanh
        softsign
        tanhshrink
        logsigmoid
        glu
    """,
    "adaptive": """
        AdaptiveAvgPool1d
        AdaptiveAvgPool2d
        AdaptiveAvgPool3d
        AdaptiveMaxPool1d
        AdaptiveMaxPool2d
        AdaptiveMaxPool3d
        adaptive_avg_pool1d
        adaptive_avg_pool2d
        adaptive_avg_pool3d
        adaptive_max_pool1d
        adaptive_max_pool2d
        adaptive_max_pool3d
    """,
    "arithmetic": """
        add
        mul
        sub
        div
        true_divide
        floor_divide
        remainder
        fmod
        pow
        float_power
        lerp
        addcmul
        addcdiv
    """,
    "attention": """
        MultiheadAttention
        scaled_dot_product_attention
    """,
    "axes": """
        permute
        transpose
        squeeze
        unsqueeze
        expand
        repeat
        roll
        flip
        select
        narrow
        contiguous
    """,
    "convolution": """
        Conv1d
        Conv2d
        Conv3d
        ConvTranspose1d
        ConvTranspose2d
        ConvTranspose3d
    """,
    "dropout": """
        Dropout
        Dropout1d
        Dropout2d
        Dropout3d
        AlphaDropout
        FeatureAlphaDropout
        dropout
        dropout1d
        dropout2d
        dropout3d
        alpha_dropout
        feature_alpha_dropout
    """,
    "embedding": """
        Embedding
    """,
    "joining": """
        cat
        stack
        chunk
        split
        unbind
    """,
    "linear": """
        Linear
        Identity
        Bilinear
    """,
    "lp_pooling": """
        LPPool1d
        LPPool2d
        LPPool3d
        lp_pool1d
        lp_pool2d
        lp_pool3d
    """,
    "normalization": """
        BatchNorm1d
        BatchNorm2d
        BatchNorm3d
        LayerNorm
        RMSNorm
        GroupNorm
        InstanceNorm2d
    """,
    "padding": """
        pad
        arange
    """,
    "padding_modules": """
        ZeroPad1d
        ZeroPad2d
        ZeroPad3d
        ConstantPad1d
        ConstantPad2d
        ConstantPad3d
        ReflectionPad1d
        ReflectionPad2d
        ReflectionPad3d
        ReplicationPad1d
        ReplicationPad2d
        ReplicationPad3d
        CircularPad1d
        CircularPad2d
        CircularPad3d
    """,
    "pooling": """
        MaxPool1d
        MaxPool2d
        MaxPool3d
        max_pool1d
        max_pool2d
        max_pool3d
        AvgPool1d
        AvgPool2d
        AvgPool3d
        avg_pool1d
        avg_pool2d
        avg_pool3d
    """,
    "rectifier": """
        ReLU
        ReLU6
        LeakyReLU
        PReLU
        RReLU
        ELU
        CELU
        SELU
        Hardtanh
        Hardshrink
        Softshrink
        Threshold
    """,
    "recurrent": """
        RNN
        GRU
        LSTM
    """,
    "recurrent_cells": """
        RNNCell
        GRUCell
        LSTMCell
    """,
    "reduction": """
        mean
        sum
        amax
        amin
        max
        min
        argmax
        matmul
        bmm
    """,
    "selection": """
        nonzero
        argwhere
        masked_select
    """,
    "shape": """
        flatten
        Flatten
        reshape
        view
        unflatten
        Unflatten
    """,
    "softmax": """
        Softmax
        softmax
        LogSoftmax
        log_softmax
        Softmin
        softmin
        Softmax2d
        gumbel_softmax
    """,
    "transformer": """
        TransformerEncoderLayer
        TransformerEncoder
        TransformerDecoderLayer
    """,
    "unpooling": """
        FractionalMaxPool2d
        FractionalMaxPool3d
        fractional_max_pool2d
        fractional_max_pool3d
        MaxUnpool1d
        MaxUnpool2d
        MaxUnpool3d
        max_unpool1d
        max_unpool2d
        max_unpool3d
    """,
    "vision": """
        Upsample
        interpolate
        PixelShuffle
        PixelUnshuffle
    """,
}
