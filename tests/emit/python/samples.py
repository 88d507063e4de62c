"""Specs that exercise the emitter, by name; each is compiled, written as Python, and run."""
# ruff: noqa: E501  # the specs keep a layer to a line

SAMPLES: dict[str, str] = {}


def _sample(name: str, text: str) -> None:
    SAMPLES[name] = f"specc: 1\nname: {name}\n{text}"


_sample(
    "named",
    """
params: {classes: 10, hidden: 32, rate: 0.2}
inputs: {image: [N, 1, 8, 8]}
layers:
  flatten: {op: flatten, start_dim: 1}
  fc1: {op: Linear, out_features: hidden}
  relu: ReLU
  drop: {op: Dropout, p: rate}
  fc2: {op: Linear, out_features: classes}
""",
)

_sample(
    "listed",
    """
params: {hidden: 32}
inputs: {x: [N, 12]}
where: [N >= 2]
layers:
  - {op: Linear, out_features: hidden}
  - ReLU
  - {op: Linear, out_features: hidden // 2}
""",
)

_sample(
    "grouped",
    """
params: {hidden: 32}
inputs: {x: [N, 12]}
layers:
  stem:
    layers: [{op: Linear, out_features: hidden}, ReLU]
  body:
    layers:
      first: {op: Linear, out_features: 2 * hidden}
      act: ReLU
      second: {op: Linear, out_features: hidden}
  head: {op: Linear, out_features: 3}
""",
)

_sample(
    "bottleneck",
    """
params: {width: 16, classes: 5}
inputs: {image: [N, 3, H, W]}
where: [H >= 32, W >= 32]
blocks:
  Bottleneck:
    params: {channels: int, stride: 1, expansion: 4}
    residual:
      conv1: {op: Conv2d, out_channels: channels, kernel_size: 1, bias: false}
      bn1: BatchNorm2d
      relu1: ReLU
      conv2: {op: Conv2d, out_channels: channels, kernel_size: 3, stride: stride, padding: 1, bias: false}
      bn2: BatchNorm2d
      relu2: ReLU
      conv3: {op: Conv2d, out_channels: channels * expansion, kernel_size: 1, bias: false}
      bn3: BatchNorm2d
    shortcut: {downsample: auto}
    activation: relu
  Stage:
    params: {channels: int, depth: int, stride: 2}
    layers:
      blocks: {op: Bottleneck, channels: channels, stride: stride if i == 0 else 1, repeat: depth}
layers:
  conv1: {op: Conv2d, out_channels: width, kernel_size: 7, stride: 2, padding: 3, bias: false}
  bn1: BatchNorm2d
  relu: ReLU
  maxpool: {op: MaxPool2d, kernel_size: 3, stride: 2, padding: 1}
  layer1: {op: Stage, channels: width, depth: 2, stride: 1}
  layer2: {op: Stage, channels: 2 * width, depth: 2}
  layer3: {op: Stage, channels: 4 * width, depth: 5}
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: classes}
""",
)

_sample(
    "by_hand",
    """
params: {width: 8}
inputs: {image: [N, 3, H, W]}
blocks:
  BasicBlock:
    params: {channels: int, stride: 1}
    inputs: {x: [N, C, H, W]}
    layers:
      conv1: {op: Conv2d, out_channels: channels, kernel_size: 3, stride: stride, padding: 1, bias: false}
      bn1: BatchNorm2d
      relu: ReLU
      conv2: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1, bias: false}
      bn2: BatchNorm2d
      downsample:
        when: stride != 1 or C != channels
        from: x
        layers:
          - {op: Conv2d, out_channels: channels, kernel_size: 1, stride: stride, bias: false}
          - BatchNorm2d
      sum: {op: add, from: [bn2, downsample or x]}
      out: {op: relu}
layers:
  stem: {op: Conv2d, out_channels: width, kernel_size: 3, padding: 1}
  layer1: {op: BasicBlock, channels: width, repeat: 2}
  layer2: {op: BasicBlock, channels: 2 * width, stride: 2 if i == 0 else 1, repeat: 2}
""",
)

_sample(
    "unet",
    """
params: {classes: 2, width: 8}
inputs: {image: [N, 3, H, W]}
where: [H % 4 == 0, W % 4 == 0]
blocks:
  DoubleConv:
    params: {channels: int}
    layers:
      - {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
      - {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
layers:
  enc1: {op: DoubleConv, channels: width}
  pool1: {op: MaxPool2d, kernel_size: 2}
  enc2: {op: DoubleConv, channels: 2 * width}
  pool2: {op: MaxPool2d, kernel_size: 2}
  bottom: {op: DoubleConv, channels: 4 * width}
  up2: {op: ConvTranspose2d, out_channels: 2 * width, kernel_size: 2, stride: 2}
  cat2: {op: cat, from: [up2, enc2], dim: 1}
  dec2: {op: DoubleConv, channels: 2 * width}
  up1: {op: ConvTranspose2d, out_channels: width, kernel_size: 2, stride: 2}
  cat1: {op: cat, from: [up1, enc1], dim: 1}
  dec1: {op: DoubleConv, channels: width}
  mask: {op: Conv2d, out_channels: classes, kernel_size: 1}
""",
)

_sample(
    "lstm",
    """
params: {classes: 4, hidden: 16}
inputs: {tokens: {shape: [N, T], dtype: int64}}
layers:
  embed: {op: Embedding, num_embeddings: 50, embedding_dim: 12}
  lstm: {op: LSTM, hidden_size: hidden, batch_first: true}
  last: {op: select, from: lstm.output, dim: 1, index: -1}
  state: {op: select, from: lstm.h_n, dim: 0, index: 0}
  both: {op: cat, from: [last, state], dim: 1}
  fc: {op: Linear, out_features: classes}
outputs: {logits: fc, cell: lstm.c_n}
""",
)

_sample(
    "transformer",
    """
params: {dim: 32, heads: 4, depth: 3, classes: 5}
inputs: {tokens: {shape: [N, T], dtype: int64}}
blocks:
  Attention:
    params: {heads: int}
    inputs: {x: [N, T, C]}
    layers:
      qkv: {op: Linear, out_features: 3 * C}
      parts: {op: view, size: [N, T, 3, heads, C // heads]}
      moved: {op: permute, dims: [2, 0, 3, 1, 4]}
      split: {op: unbind, dim: 0}
      attend: {op: scaled_dot_product_attention, from: [split.0, split.1, split.2]}
      back: {op: transpose, dim0: 1, dim1: 2}
      joined: {op: reshape, shape: [N, T, C]}
      proj: {op: Linear, out_features: C}
  Feed:
    params: {ratio: 4}
    inputs: {x: [..., C]}
    layers:
      fc1: {op: Linear, out_features: ratio * C}
      act: GELU
      fc2: {op: Linear, out_features: C}
  EncoderBlock:
    params: {heads: int, ratio: 4}
    layers:
      attn:
        residual:
          norm: LayerNorm
          attn: {op: Attention, heads: heads}
      mlp:
        residual:
          norm: LayerNorm
          mlp: {op: Feed, ratio: ratio}
layers:
  embed: {op: Embedding, num_embeddings: 100, embedding_dim: dim}
  blocks: {op: EncoderBlock, heads: heads, repeat: depth}
  norm: LayerNorm
  head: {op: Linear, out_features: classes}
""",
)

_sample(
    "growing",
    """
params: {growth: 4}
inputs: {x: [N, 6]}
layers:
  grow: {op: Linear, out_features: growth * (i + 1), repeat: 4}
  same: {op: Linear, out_features: 4 * growth, repeat: 5}
  last: {op: Linear, out_features: 2}
""",
)

_sample(
    "functions",
    """
params: {times: 3, scale: 0.5}
inputs: {x: [N, 6], y: [N, 6]}
layers:
  squash: {op: mul, from: x, other: scale, repeat: times}
  halved: {op: mul, other: scale}
  total: {op: add, from: [halved, y]}
  act: {op: relu}
  power: {op: pow, exponent: 2}
  minus: {op: sub, from: [power, y]}
  relu: {op: ReLU}
""",
)

_sample(
    "memory",
    """
params: {heads: 2, depth: 2}
inputs: {x: [N, T, 8], memory: [N, S, 8]}
where: [S >= 2]
blocks:
  Cross:
    params: {heads: int}
    inputs: {query: [N, T, C], memory: [N, S, C]}
    layers:
      attn: {op: MultiheadAttention, num_heads: heads, batch_first: true, from: {query: query, key: memory, value: memory}}
      sum: {op: add, from: [attn, query]}
      norm: LayerNorm
layers:
  decoder: {op: Cross, heads: heads, from: [x, memory], repeat: depth}
  head: {op: Linear, out_features: 3}
""",
)

_sample(
    "numbered",
    """
inputs: {x: [N, 4, 8]}
layers:
  - {op: Conv1d, out_channels: 6, kernel_size: 3, padding: 1}
  - relu
  - {op: Conv1d, out_channels: 6, kernel_size: 3, padding: 1}
  - {op: add, from: [1, 2]}
  - layers:
      - {op: Conv1d, out_channels: 2, kernel_size: 1}
      - {op: flatten, start_dim: 1}
  - {op: Linear, out_features: 3}
""",
)

_sample(
    "kinds",
    """
params: {width: 8}
inputs: {x: [N, 3, 8, 8]}
blocks:
  Unit:
    params: {channels: int, norm: {type: op, default: BatchNorm2d}, depth: 1}
    layers:
      conv: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1}
      norm: norm
      more: {op: Conv2d, out_channels: channels * (i + 1), kernel_size: 1, repeat: depth}
      act: ReLU
layers:
  one: {op: Unit, channels: width}
  two: {op: Unit, channels: width, norm: InstanceNorm2d}
  three: {op: Unit, channels: 2 * width, depth: 2}
""",
)

_sample(
    "maybe",
    """
params: {rate: 0.1, extra: 0, width: 12}
inputs: {x: [N, 6]}
layers:
  fc1: {op: Linear, out_features: width}
  drop: {op: Dropout, p: rate, when: rate > 0}
  more: {op: Linear, out_features: width + extra, when: extra > 0}
  act: {op: relu, when: width > 4}
  fc2: {op: Linear, out_features: extra + 2}
""",
)

_sample(
    "clashes",
    """
params: {nn: 4, heads: 2, super: 3, act: 2}
inputs: {F: [N, 6], self: [N, 6]}
layers:
  torch: {op: Linear, from: F, out_features: nn * super}
  heads: {op: Linear, out_features: heads * 3}
  sum: {op: add, from: [heads, self]}
  x: {op: Linear, out_features: 6}
  Tensor: {op: add, from: [sum, x]}
  max: {op: mul, from: [Tensor, heads], doc: "ends the \\"\\"\\" text\\nimport os"}
  scaled: {op: mul, other: heads}
  act: {op: relu, when: act > 1}
  acted: {op: mul, other: act}
""",
)

_sample(
    "wide",
    """
description: "quotes \\"\\"\\" and \\\\ and \\u202e and \\n\\n'''new''' lines, and a long line that goes on and on and on and on, well past the limit of a line of a docstring \\""
inputs: {x: [N, 16, 32, 32]}
layers:
  a_layer_with_a_remarkably_long_name_that_makes_its_line_long: {op: Conv2d, out_channels: 32, kernel_size: [3, 5], stride: [2, 1], padding: [1, 2], dilation: [1, 1], groups: 4, bias: false}
  another_layer_with_a_remarkably_long_name_that_goes_on: {op: Conv2d, out_channels: 32, kernel_size: [3, 5], stride: [2, 1], padding: [1, 2], dilation: [1, 1], groups: 4, bias: false, padding_mode: reflect}
  many: {op: cat, from: [a_layer_with_a_remarkably_long_name_that_makes_its_line_long, a_layer_with_a_remarkably_long_name_that_makes_its_line_long, a_layer_with_a_remarkably_long_name_that_makes_its_line_long], dim: 1}
  repeated: {op: Conv2d, out_channels: 96, kernel_size: [3, 3], padding: [1, 1], dilation: [1, 1], groups: 4, bias: false, padding_mode: reflect, repeat: 3}
""",
)

_sample(
    "repeated_groups",
    """
params: {width: 6, depth: 3, inner: 2}
inputs: {x: [N, 6]}
layers:
  plain:
    repeat: depth
    layers: [{op: Linear, out_features: width}, ReLU]
  named:
    repeat: depth
    layers:
      fc: {op: Linear, out_features: width * 2}
      drop: {op: Dropout, p: 0.1, when: i > 0}
      out: {op: Linear, out_features: width}
      sum: {op: mul, other: i}
  nested:
    repeat: 2
    layers:
      - {op: Linear, out_features: width + i, repeat: inner}
      - {op: Linear, out_features: width * (i + 1)}
  residual:
    repeat: depth
    residual:
      norm: LayerNorm
      fc: {op: Linear, out_features: 2 * width}
    shortcut: identity
""",
)

_sample(
    "baked",
    """
params: {depth: 3, width: 4}
inputs: {x: [N, 4]}
blocks:
  Tower:
    params: {height: int, width: int}
    layers:
      steps: {op: Linear, out_features: width * (i + 1), repeat: height}
      head: {op: Linear, out_features: height + width}
layers:
  tower: {op: Tower, height: depth, width: width}
  out: {op: Linear, out_features: depth}
  late: {op: Linear, out_features: 3 if i >= 5 else 5, repeat: depth}
""",
)

_sample(
    "outputs",
    """
params: {use: 1}
inputs: {image: [N, 3, 8, 8], flag: [N, 4]}
blocks:
  Heads:
    params: {size: 4}
    inputs: {x: [N, D], y: [N, E]}
    layers:
      left: {op: Linear, out_features: size, from: x}
      right: {op: Linear, out_features: size + D, from: y}
      both: {op: cat, from: [left, right], dim: 1}
    outputs: {left: left, both: both}
layers:
  pool: {op: AdaptiveAvgPool2d, output_size: 1, from: image}
  flat: {op: flatten, start_dim: 1}
  heads: {op: Heads, from: [flat, flag]}
  again: {op: Heads, from: {x: heads.both, y: heads.left}, size: 6}
  last: {op: add, from: [heads.left, 1], when: use > 1}
  sum: {op: Linear, out_features: 2, from: again.both}
outputs: {sum: sum, left: heads.left, again: again.left}
""".replace("[heads.left, 1]", "heads.left, other: 1"),
)

_sample(
    "run_time",
    """
params: {parts: 2}
inputs: {x: [N, T, 8], image: [N, 3, H, W]}
where: [T % 2 == 0, H >= 4]
layers:
  halves: {op: reshape, shape: [N, T // parts, 8 * parts], from: x}
  mixed: {op: Linear, out_features: 8 * parts}
  back: {op: reshape, shape: [N, T, 8]}
  flat: {op: reshape, shape: [N * T, -1]}
  big: {op: interpolate, from: image, size: [2 * H, W + 1], mode: nearest}
outputs: {flat: flat, big: big}
""",
)

_sample(
    "variants",
    """
params: {width: 4}
inputs: {x: [N, 4, 8, 8]}
blocks:
  Unit:
    doc: A convolution, with a pool where asked.
    params: {channels: int, pool: false, act: true, rate: 0.0}
    inputs: {x: [N, C, H, W]}
    layers:
      conv: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1, groups: 2 if C == 4 else 1}
      act: {op: relu, when: act}
      drop: {op: Dropout, p: rate, when: rate > 0}
      pool: {op: MaxPool2d, kernel_size: 2, when: pool}
  Pair:
    params: {channels: int, pool: bool}
    layers:
      first: {op: Unit, channels: channels}
      second: {op: Unit, channels: channels, pool: pool, rate: 0.1}
layers:
  a: {op: Unit, channels: width}
  b: {op: Unit, channels: 2 * width, pool: true}
  c: {op: Unit, channels: 2 * width, act: false, rate: 0.5}
  d: {op: Pair, channels: width, pool: true}
  e: {op: Pair, channels: width, pool: false}
""",
)

_sample(
    "residuals",
    """
params: {width: 6}
inputs: {x: [N, 6]}
layers:
  - residual:
      - {op: Linear, out_features: width}
      - ReLU
    activation: relu
  - residual:
      - {op: Linear, out_features: 2 * width}
      - LayerNorm
    shortcut: auto
    activation: GELU
  - residual:
      fc: {op: Linear, out_features: 12}
    shortcut:
      layers: [{op: Linear, out_features: 12}, ReLU]
  - {op: Linear, out_features: 2}
""",
)

_sample(
    "states",
    """
params: {hidden: 6}
inputs: {x: [N, T, 4], h: [1, N, 6], c: [1, N, 6]}
layers:
  lstm: {op: LSTM, hidden_size: hidden, batch_first: true, from: [x, h, c]}
  gru: {op: GRU, hidden_size: hidden, num_layers: 2, bidirectional: true, batch_first: true}
  out: {op: Linear, out_features: 2}
  parts: {op: split, split_size_or_sections: 1, dim: 2}
  second: {op: mul, from: parts.1, other: 2}
""",
)

_sample(
    "long_lines",
    """
params: {a_width_of_many_words: 4, use_the_first_of_the_projections: true}
inputs: {the_input_with_a_long_name: [N, 8, H, W], another_input_with_a_long_name: [N, 8, H, W]}
where: [H % 4 == 0 and W % 4 == 0, H * W + 2 * H + 3 * W + 5 >= 20 or H * W * H >= 100 or W * W + 7 * H * W >= 1000]
blocks:
  Unit:
    params: {channels: int, a_param_with_a_rather_long_name: 1, another_param_with_a_rather_long_name: 1, stride: 1}
    inputs: {x: [N, C, H, W]}
    layers:
      conv: {op: Conv2d, out_channels: channels * a_param_with_a_rather_long_name * another_param_with_a_rather_long_name, kernel_size: 1, from: x}
      norm: BatchNorm2d
      a_projection_with_a_name_that_is_long_enough_to_break_the_line:
        {op: Conv2d, out_channels: channels, kernel_size: 1, from: x, when: C != channels or stride > 1}
      sum: {op: add, from: [norm, a_projection_with_a_name_that_is_long_enough_to_break_the_line or x, x]}
layers:
  one: {op: Unit, channels: 8}
  two: {op: Unit, channels: 8, a_param_with_a_rather_long_name: 1}
  the_parts_of_the_tensor_by_their_position_along_the_channels: {op: chunk, chunks: 4, dim: 1}
  joined: {op: cat, dim: 1, from: [the_parts_of_the_tensor_by_their_position_along_the_channels.0, the_parts_of_the_tensor_by_their_position_along_the_channels.2]}
  again: {op: cat, dim: 1, from: [joined, the_parts_of_the_tensor_by_their_position_along_the_channels.1, another_input_with_a_long_name]}
outputs: {one_output_of_the_network_with_a_long_name: one, two: two, joined: joined, again: again,
  the_third: the_parts_of_the_tensor_by_their_position_along_the_channels.3}
""",
)

_sample(
    "empty",
    """
params: {times: 0}
inputs: {input: [N, 4]}
layers:
  none: {op: Linear, out_features: 4, repeat: times}
  one: {op: Linear, out_features: 4, repeat: 1}
  act: {op: relu, repeat: 2}
  fc: {op: Linear, out_features: 2}
""",
)

_sample(
    "spatial",
    """
params: {kernel: 3, pad: 1, width: 4, side: 16, pool: 2, scale: 2, heads: 2, classes: 3, both: true}
inputs: {image: [N, 3, side, 16]}
layers:
  conv: {op: Conv2d, out_channels: width, kernel_size: kernel, stride: 2, padding: pad}
  pool: {op: MaxPool2d, kernel_size: pool}
  flat: Flatten
  fc: {op: Linear, out_features: width * heads}
  back: {op: unflatten, dim: 1, sizes: [4, -1]}
  rnn: {op: LSTM, hidden_size: width, bidirectional: both, batch_first: true}
  up: {op: interpolate, scale_factor: scale, from: rnn.output}
  out: {op: Linear, out_features: classes}
""",
)

_sample(
    "dense",
    """
params: {growth: 12, depth: 3, classes: 10}
inputs: {image: [N, 3, H, W]}
where: [H >= 16, W >= 16]
blocks:
  DenseLayer:
    params: {growth: int, bottleneck: 4}
    inputs: {x: [N, C, H, W]}
    layers:
      norm1: BatchNorm2d
      relu1: ReLU
      conv1: {op: Conv2d, out_channels: bottleneck * growth, kernel_size: 1, bias: false}
      norm2: BatchNorm2d
      relu2: ReLU
      conv2: {op: Conv2d, out_channels: growth, kernel_size: 3, padding: 1, bias: false}
      cat: {op: cat, from: [x, conv2], dim: 1}
  Transition:
    inputs: {x: [N, C, H, W]}
    layers:
      norm: BatchNorm2d
      relu: ReLU
      conv: {op: Conv2d, out_channels: C // 2, kernel_size: 1, bias: false}
      pool: {op: AvgPool2d, kernel_size: 2, stride: 2}
layers:
  stem: {op: Conv2d, out_channels: 2 * growth, kernel_size: 3, padding: 1, bias: false}
  block1: {op: DenseLayer, growth: growth, repeat: depth}
  trans1: Transition
  block2: {op: DenseLayer, growth: growth, repeat: 4}
  norm: BatchNorm2d
  relu: ReLU
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: classes}
""",
)

_sample(
    "inverted",
    """
params: {classes: 10, width: 8}
inputs: {image: [N, 3, H, W]}
blocks:
  InvertedResidual:
    params: {channels: int, stride: 1, expand: 6}
    inputs: {x: [N, C, H, W]}
    layers:
      conv:
        inputs: {x: [N, C, H, W]}
        layers:
          - {op: Conv2d, out_channels: C * expand, kernel_size: 1, bias: false, when: expand != 1}
          - {op: BatchNorm2d, when: expand != 1}
          - {op: ReLU6, when: expand != 1}
          - {op: Conv2d, out_channels: C * expand, kernel_size: 3, stride: stride, padding: 1, groups: C * expand, bias: false}
          - BatchNorm2d
          - ReLU6
          - {op: Conv2d, out_channels: channels, kernel_size: 1, bias: false}
          - BatchNorm2d
      sum: {op: add, from: [conv, x], when: stride == 1 and C == channels}
layers:
  stem: {op: Conv2d, out_channels: width, kernel_size: 3, stride: 2, padding: 1, bias: false}
  s1: {op: InvertedResidual, channels: width, expand: 1}
  s2: {op: InvertedResidual, channels: 2 * width, stride: 2 if i == 0 else 1, repeat: 3}
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  drop: {op: Dropout, p: 0.2}
  fc: {op: Linear, out_features: classes}
""",
)

_sample(
    "squeeze",
    """
params: {classes: 10, layers: [2, 3], width: 16}
inputs: {image: [N, 3, H, W]}
blocks:
  SE:
    params: {reduction: 4}
    inputs: {x: [N, C, H, W]}
    layers:
      pool: {op: AdaptiveAvgPool2d, output_size: 1}
      fc1: {op: Conv2d, out_channels: C // reduction, kernel_size: 1}
      relu: ReLU
      fc2: {op: Conv2d, out_channels: C, kernel_size: 1}
      gate: {op: sigmoid}
      scale: {op: mul, from: [gate, x]}
  Block:
    params: {channels: int, stride: 1}
    residual:
      conv1: {op: Conv2d, out_channels: channels, kernel_size: 3, stride: stride, padding: 1, bias: false}
      bn1: BatchNorm2d
      relu: ReLU
      conv2: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1, bias: false}
      bn2: BatchNorm2d
      se: SE
    shortcut: auto
    activation: ReLU
layers:
  stem: {op: Conv2d, out_channels: width, kernel_size: 3, padding: 1}
  stage1: {op: Block, channels: width, repeat: "layers[0]"}
  stage2: {op: Block, channels: 2 * width, stride: 2 if i == 0 else 1, repeat: "layers[1]"}
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: classes}
""",
)

_sample(
    "decoder",
    """
params: {dim: 32, heads: 4, depth: 2, vocab: 50, drop: 0.1}
inputs: {tokens: {shape: [N, T], dtype: int64}, memory: [N, S, 32], mask: {shape: [T, T], dtype: bool}}
blocks:
  Layer:
    params: {heads: int, drop: 0.1}
    inputs: {x: [N, T, D], memory: [N, S, D], mask: {shape: [T, T], dtype: bool}}
    layers:
      norm1: {op: LayerNorm, from: x}
      self_attn: {op: MultiheadAttention, num_heads: heads, dropout: drop, batch_first: true, need_weights: false, from: {query: norm1, key: norm1, value: norm1, attn_mask: mask}}
      drop1: {op: Dropout, p: drop, from: self_attn.attn_output, when: drop > 0}
      sum1: {op: add, from: [drop1 or self_attn, x]}
      norm2: LayerNorm
      cross: {op: MultiheadAttention, num_heads: heads, dropout: drop, batch_first: true, from: {query: norm2, key: memory, value: memory}}
      sum2: {op: add, from: [cross, sum1]}
      norm3: LayerNorm
      mlp:
        inputs: {x: [N, T, D]}
        layers:
          fc1: {op: Linear, out_features: 4 * D}
          act: GELU
          fc2: {op: Linear, out_features: D}
      out: {op: add, from: [mlp, sum2]}
layers:
  embed: {op: Embedding, num_embeddings: vocab, embedding_dim: dim}
  layers: {op: Layer, heads: heads, drop: drop, from: [embed, memory, mask], repeat: depth}
  norm: LayerNorm
  head: {op: Linear, out_features: vocab}
""",
)

_sample(
    "automatic",
    """
params: {width: 8, s: 1, classes: 3}
inputs: {x: [N, 8, H, W]}
blocks:
  B:
    params: {c: int, stride: 1}
    residual:
      conv: {op: Conv2d, out_channels: c, kernel_size: 3, stride: stride, padding: 1}
    shortcut: auto
layers:
  a: {op: B, c: width}
  b: {op: B, c: 2 * width, stride: s}
  c: {op: B, c: 2 * width, stride: 2}
  p: {op: AdaptiveAvgPool2d, output_size: 1}
  f: Flatten
  fc: {op: Linear, out_features: classes}
""",
)

_sample(
    "precedence",
    """
params: {a: 7, b: 3, p: 0.25, flag: true}
inputs: {x: [N, 6]}
layers:
  times: {op: mul, other: 1.5 - p}
  floor: {op: mul, other: a // b}
  minus: {op: sub, other: a - b}
  plus: {op: add, other: a - b}
  over: {op: div, other: a * b}
  chosen: {op: add, other: a if flag else b}
  turned: {op: flip, dims: [1]}
  rounded: {op: div, other: a + b, rounding_mode: floor}
  raised: {op: pow, exponent: a - b}
  sign: {op: mul, other: -p}
  powered: {op: mul, other: a ** -b}
""",
)

_sample(
    "copies",
    """
params: {d: 8, depth: 2}
inputs:
  x: [N, T, d]
  memory: [N, S, d]
  mask: {shape: [N, T], dtype: bool}
where: [S >= 2, T >= 2]
blocks:
  Pair:
    params: {gate: false}
    inputs: {p: [N, T, C], q: [N, S, C]}
    layers:
      fc: {op: Linear, from: p, out_features: C}
      seen: {op: mean, from: q, dim: 1, keepdim: true}
      sum: {op: add, from: [fc, seen]}
    outputs: {seq: sum, pooled: seen}
  Stack:
    layers: [{op: GRU, hidden_size: 8, batch_first: true, repeat: 2}, Tanh]
layers:
  enc: {op: TransformerEncoderLayer, nhead: 2, dim_feedforward: 12, batch_first: true, from: {src: x, src_key_padding_mask: mask}, repeat: depth}
  attn: {op: MultiheadAttention, num_heads: 2, batch_first: true, need_weights: false, from: {query: enc, key: memory, value: memory}, repeat: 2}
  heads: {op: MultiheadAttention, num_heads: 2, batch_first: true, need_weights: i == 0, from: {query: attn, key: memory, value: memory}, repeat: 2}
  pair: {op: Pair, from: [heads, memory], repeat: depth}
  swapped: {op: Pair, from: {q: memory, p: pair}}
  lstm: {op: LSTM, hidden_size: d, batch_first: true, repeat: 2}
  group:
    layers: [{op: GRU, hidden_size: 8, batch_first: true, repeat: 2}, ReLU]
  stack: Stack
  top: {op: max, dim: 1, keepdim: true, repeat: 2}
""",
)

_sample(
    "ambiguous",
    """
params: {l: 4, k: 3}
inputs: {I: [N, 1, L], x: [N, 4, L]}
where: [L >= 4]
blocks:
  I:
    params: {O: 2}
    inputs: {l: [N, C, L]}
    layers: {O: {op: Conv1d, out_channels: O, kernel_size: 1}}
  O:
    inputs: {x: [..., L]}
    layers: {l: {op: mean, dim: -1, keepdim: true}, I: {op: sub, from: [l, x]}, O: {op: mul, from: [I, l]}}
layers:
  l: {op: Conv1d, out_channels: l, kernel_size: 1, from: I}
  O: {op: add, from: [l, x]}
  a: {op: I, O: k}
  o: O
outputs: {l: l, O: O, I: o}
""",
)

_sample(
    "same_names",
    """
params: {Part: 4, SameNames: 3}
inputs: {x: [N, 8]}
blocks:
  Block:
    params: {Part: int, Block: int}
    layers: {fc: {op: Linear, out_features: Block}, part: {op: Part, width: Part}}
  Part:
    params: {width: int}
    layers: {fc: {op: Linear, out_features: width}}
layers:
  part: {op: Part, width: Part}
  block: {op: Block, Part: Part, Block: SameNames}
""",
)

_sample(
    "parallels",
    """
params: {width: 8, wide: true}
inputs: {image: [N, 3, 9, 8], other: [N, 2, 9, 8]}
blocks:
  Branches:
    params: {channels: int, third: false}
    parallel:
      a: {op: Conv2d, out_channels: channels, kernel_size: 1}
      b: {layers: {conv: {op: Conv2d, out_channels: channels // 2, kernel_size: 3, padding: 1}, act: ReLU}}
      c: {op: Conv2d, out_channels: channels, kernel_size: 1, repeat: 2, when: third}
      d: {residual: {act: Tanh}, activation: relu}
    dim: 1
  Excite:
    inputs: {x: [N, C, H, W]}
    parallel:
      same: Identity
      gate: {layers: [{op: AdaptiveAvgPool2d, output_size: 1}, {op: Conv2d, out_channels: 2, kernel_size: 1}, {op: Conv2d, out_channels: width, kernel_size: 1}, Sigmoid]}
    params: {width: int}
    merge: mul
  Both:
    inputs: {x: [N, C, H, W], y: [N, D, H, W]}
    residual:
      sides:
        from: {x: x, y: y}
        parallel:
          left: {op: Conv2d, out_channels: 2, kernel_size: 1}
          right: {op: Conv2d, out_channels: 3, kernel_size: 1, from: y}
          whole: {op: cat, from: [x, y], dim: 1}
        dim: -3
    shortcut: auto
layers:
  one: {op: Branches, channels: width, from: image}
  two: {op: Branches, channels: 2 * width, third: true}
  conv: {op: Conv2d, out_channels: width, kernel_size: 1}
  gate: {op: Excite, width: width, repeat: 2}
  both: {op: Both, from: [gate, other]}
  maybe: {parallel: {a: ReLU, b: {op: Tanh, when: wide}}, merge: add}
  pairs: {parallel: [ReLU, {parallel: {a: Tanh, b: relu}, merge: mul}], merge: stack, dim: 2}
  alone: {parallel: {a: Sigmoid, b: {op: ReLU, when: not wide}}, dim: 1}
  flat: {op: flatten, start_dim: 1}
  out: {op: Linear, out_features: 2}
""",
)

_sample(
    "preactivated",
    """
params: {width: 6}
inputs: {x: [N, 3, 9, 8]}
blocks:
  Act:
    params: {norm: {type: op, default: BatchNorm2d}}
    layers: {norm: norm, act: ReLU}
  Moved:
    params: {channels: int, stride: 1, kind: op}
    residual:
      conv1: {op: Conv2d, out_channels: channels, kernel_size: 3, stride: stride, padding: 1, bias: false}
      act: {op: Act, norm: kind}
      drop: {op: Dropout, p: 0.5}
      conv2: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1, bias: false}
      bn2: kind
    shortcut: {proj: auto}
    activation: relu
    pre: true
  Written:
    params: {channels: int, stride: 1}
    residual:
      - BatchNorm2d
      - {op: relu}
      - {op: Conv2d, out_channels: channels, kernel_size: 3, stride: stride, padding: 1}
      - inputs: {x: [N, C, H, W]}
        residual: [{op: Conv2d, out_channels: C, kernel_size: 1}, GELU]
        pre: true
        activation: Tanh
    shortcut: {layers: [{op: Conv2d, out_channels: channels, kernel_size: 1, stride: stride}]}
    pre: true
layers:
  stem: {op: Conv2d, out_channels: width, kernel_size: 1}
  a: {op: Moved, channels: width, kind: BatchNorm2d, repeat: 2}
  b: {op: Moved, channels: 2 * width, stride: 2 if i == 0 else 1, kind: BatchNorm2d, repeat: 2}
  c: {op: Moved, channels: 2 * width, kind: InstanceNorm2d}
  d: {op: Written, channels: width, stride: 2}
  gated:
    residual: {fc: {op: Conv2d, out_channels: width, kernel_size: 1}, act: Sigmoid}
    pre: true
  flat: Flatten
  out: {op: Linear, out_features: 2}
""",
)
