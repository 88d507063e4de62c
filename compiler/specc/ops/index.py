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
    """,
    "attention": """
        MultiheadAttention
    """,
    "attention_function": """
        scaled_dot_product_attention
    """,
    "axes": """
        permute
        transpose
        swapdims
        swapaxes
        movedim
        moveaxis
        t
        adjoint
        squeeze
        unsqueeze
    """,
    "boxes": """
        nms
        batched_nms
        remove_small_boxes
        clip_boxes_to_image
        box_convert
        box_area
        masks_to_boxes
    """,
    "bricks": """
        SqueezeExcitation
        Conv2dNormActivation
        Conv3dNormActivation
        MLP
        FrozenBatchNorm2d
        Permute
    """,
    "clamping": """
        clamp
        clip
        clamp_min
        clamp_max
        nan_to_num
    """,
    "combining": """
        maximum
        minimum
        fmax
        fmin
        atan2
        hypot
        logaddexp
        logaddexp2
        copysign
        xlogy
        float_power
        lerp
        addcmul
        addcdiv
    """,
    "comparison": """
        eq
        ne
        lt
        le
        gt
        ge
        isclose
        logical_and
        logical_or
        logical_xor
        bitwise_and
        bitwise_or
        bitwise_xor
        where
        masked_fill
    """,
    "conv_transpose": """
        ConvTranspose1d
        ConvTranspose2d
        ConvTranspose3d
        conv_transpose1d
        conv_transpose2d
        conv_transpose3d
    """,
    "conversion": """
        contiguous
        clone
        detach
        to
        half
        bfloat16
        float
        double
        bool
        byte
        char
        short
        int
        long
        type_as
    """,
    "convolution": """
        Conv1d
        Conv2d
        Conv3d
        conv1d
        conv2d
        conv3d
    """,
    "creation": """
        arange
        linspace
        logspace
        zeros
        ones
        full
        eye
        zeros_like
        ones_like
        full_like
        meshgrid
        tril_indices
        triu_indices
    """,
    "cumulative": """
        cumsum
        cumprod
        logcumsumexp
        cummax
        cummin
        diff
    """,
    "deformable": """
        DeformConv2d
        deform_conv2d
    """,
    "diagonals": """
        tril
        triu
        diagonal
        diag
        diag_embed
    """,
    "distance": """
        CosineSimilarity
        cosine_similarity
        PairwiseDistance
        pairwise_distance
        cdist
        pdist
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
    "drops": """
        StochasticDepth
        stochastic_depth
        DropBlock2d
        drop_block2d
        DropBlock3d
        drop_block3d
    """,
    "einops": """
        rearrange
        reduce
        repeat
    """,
    "einsum": """
        einsum
    """,
    "elementwise": """
        abs
        acos
        acosh
        angle
        asin
        asinh
        atan
        atanh
        ceil
        cos
        cosh
        deg2rad
        digamma
        erf
        erfc
        erfinv
        exp
        exp2
        expm1
        floor
        frac
        lgamma
        log
        log10
        log1p
        log2
        neg
        rad2deg
        reciprocal
        rsqrt
        sgn
        sign
        sin
        sinc
        sinh
        sqrt
        square
        tan
        trunc
        isfinite
        isinf
        isnan
        logical_not
        bitwise_not
        positive
        real
        imag
        round
        logit
    """,
    "embedding": """
        Embedding
        embedding
        EmbeddingBag
        embedding_bag
    """,
    "extremes": """
        amax
        amin
        max
        min
        median
        nanmedian
        mode
        aminmax
        argmax
        argmin
    """,
    "flips": """
        roll
        flip
        fliplr
        flipud
        rot90
    """,
    "focal": """
        sigmoid_focal_loss
    """,
    "folding": """
        Unfold
        unfold
        Fold
        fold
    """,
    "gathering": """
        index_select
        gather
        take_along_dim
        scatter
        scatter_add
        index_add
        one_hot
    """,
    "grid": """
        grid_sample
        affine_grid
    """,
    "indexing": """
        select
        narrow
        getitem
    """,
    "joining": """
        cat
        concat
        concatenate
        stack
        hstack
        vstack
        dstack
        column_stack
    """,
    "layer_normalization": """
        LayerNorm
        RMSNorm
        GroupNorm
        LocalResponseNorm
        CrossMapLRN2d
    """,
    "layer_normalization_functions": """
        layer_norm
        rms_norm
        group_norm
        local_response_norm
        normalize
    """,
    "linear": """
        Linear
        linear
        Identity
        Bilinear
        bilinear
    """,
    "linear_algebra": """
        addmm
        baddbmm
        addbmm
        outer
        kron
        cross
        inner
        tensordot
    """,
    "loss": """
        L1Loss
        l1_loss
        MSELoss
        mse_loss
        SmoothL1Loss
        smooth_l1_loss
        HuberLoss
        huber_loss
    """,
    "loss_binary": """
        BCELoss
        binary_cross_entropy
        BCEWithLogitsLoss
        binary_cross_entropy_with_logits
        MultiLabelSoftMarginLoss
        multilabel_soft_margin_loss
    """,
    "loss_classes": """
        CrossEntropyLoss
        cross_entropy
        NLLLoss
        nll_loss
        MultiMarginLoss
        multi_margin_loss
        MultiLabelMarginLoss
        multilabel_margin_loss
    """,
    "loss_likelihood": """
        KLDivLoss
        kl_div
        PoissonNLLLoss
        poisson_nll_loss
        GaussianNLLLoss
        gaussian_nll_loss
    """,
    "loss_margin": """
        HingeEmbeddingLoss
        hinge_embedding_loss
        SoftMarginLoss
        soft_margin_loss
        MarginRankingLoss
        margin_ranking_loss
        CosineEmbeddingLoss
        cosine_embedding_loss
        TripletMarginLoss
        triplet_margin_loss
        TripletMarginWithDistanceLoss
        triplet_margin_with_distance_loss
    """,
    "loss_vocabulary": """
        CTCLoss
        ctc_loss
        AdaptiveLogSoftmaxWithLoss
        LinearCrossEntropyLoss
        linear_cross_entropy
    """,
    "lp_pooling": """
        LPPool1d
        LPPool2d
        LPPool3d
        lp_pool1d
        lp_pool2d
        lp_pool3d
    """,
    "matmul": """
        matmul
        bmm
        mm
        mv
        dot
    """,
    "normalization": """
        BatchNorm1d
        BatchNorm2d
        BatchNorm3d
        SyncBatchNorm
        InstanceNorm1d
        InstanceNorm2d
        InstanceNorm3d
    """,
    "normalization_functions": """
        batch_norm
        instance_norm
    """,
    "norms": """
        norm
        vector_norm
    """,
    "ordering": """
        topk
        kthvalue
        sort
        argsort
        msort
        searchsorted
        bucketize
    """,
    "overlaps": """
        box_iou
        generalized_box_iou
        distance_box_iou
        complete_box_iou
        generalized_box_iou_loss
        distance_box_iou_loss
        complete_box_iou_loss
    """,
    "padding": """
        pad
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
    "quantiles": """
        quantile
        nanquantile
    """,
    "random_tensors": """
        rand
        randn
        rand_like
        randn_like
        randint
        randperm
        bernoulli
        multinomial
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
        nansum
        nanmean
        prod
        var
        std
        var_mean
        std_mean
        all
        any
        count_nonzero
        logsumexp
        trace
    """,
    "regions": """
        roi_align
        RoIAlign
        roi_pool
        RoIPool
        ps_roi_align
        PSRoIAlign
        ps_roi_pool
        PSRoIPool
    """,
    "resize": """
        Upsample
        UpsamplingNearest2d
        UpsamplingBilinear2d
        upsample_nearest
        upsample_bilinear
        upsample
        interpolate
    """,
    "selection": """
        nonzero
        argwhere
        masked_select
        unique
    """,
    "shape": """
        flatten
        Flatten
        reshape
        view
        view_as
        reshape_as
        ravel
        atleast_1d
        atleast_2d
        atleast_3d
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
    "splitting": """
        chunk
        split
        unbind
        tensor_split
        hsplit
        vsplit
        dsplit
    """,
    "tiling": """
        expand
        broadcast_to
        expand_as
        tile
        repeat_interleave
    """,
    "transformer": """
        TransformerEncoder
        TransformerDecoder
        Transformer
    """,
    "transformer_layers": """
        TransformerEncoderLayer
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
        PixelShuffle
        PixelUnshuffle
        ChannelShuffle
        pixel_shuffle
        pixel_unshuffle
        channel_shuffle
    """,
}
