"""Which file declares which ops, in order. Written by `make golden`; tests/ops/test_index.py compares."""

FILES = {
    "activation": """
        ReLU
        relu
        ReLU6
        LeakyReLU
        leaky_relu
        PReLU
        ELU
        SELU
        GELU
        gelu
        SiLU
        silu
        Mish
        Hardswish
        Hardsigmoid
        Hardtanh
        Softplus
        Sigmoid
        sigmoid
        Tanh
        tanh
        LogSigmoid
        Softmax
        softmax
        LogSoftmax
        log_softmax
    """,
    "arithmetic": """
        add
        mul
        sub
        div
        pow
        maximum
        minimum
        neg
        abs
        exp
        log
        sqrt
        clamp
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
        dropout
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
        max_pool2d
        AvgPool1d
        AvgPool2d
        AvgPool3d
        avg_pool2d
        AdaptiveAvgPool1d
        AdaptiveAvgPool2d
        AdaptiveAvgPool3d
        AdaptiveMaxPool2d
        adaptive_avg_pool2d
    """,
    "recurrent": """
        RNN
        GRU
        LSTM
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
    "shape": """
        flatten
        Flatten
        reshape
        view
        unflatten
        Unflatten
    """,
    "transformer": """
        TransformerEncoderLayer
        TransformerEncoder
        TransformerDecoderLayer
    """,
    "vision": """
        Upsample
        interpolate
        PixelShuffle
        PixelUnshuffle
    """,
}
