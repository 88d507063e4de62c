"""Specs that hold twelve mistakes at once, in arrangements drawn at random.

A mistake is marked where its diagnostic belongs: `‹S301›num_features: 99`. The marks are taken out again, and give the
places that a test expects.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace

_MARK = re.compile(r"‹([A-Z]\d{3})›")


@dataclass(frozen=True)
class Layer:
    name: str
    op: str
    args: tuple[str, ...] = ()  # `key: value`, marks included
    reads: tuple[str, ...] = ()
    mark: str = ""  # at its key, in a list at its start
    twice: bool = False  # its key is one that stood before: only in a mapping

    def body(self, number: dict[str, str]) -> list[str]:
        names = [number.get(name, name) for name in self.reads]
        source = [f"from: {names[0] if len(names) == 1 else '[' + ', '.join(names) + ']'}"] if names else []
        return [f"op: {self.op}", *self.args, *source]


@dataclass
class Arrangement:
    """How one spec is written."""

    seed: int
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.listed = self.rng.random() < 0.3
        self.wrapped = self.rng.random() < 0.5  # some segments inside blocks and groups

    def spec(self) -> tuple[str, list[tuple[int, int, str]]]:
        """The text, and where each diagnostic is due."""
        return unmarked(self._text())

    def _text(self) -> str:
        segments = _segments(self.rng, self.listed)
        self.rng.shuffle(segments)
        blocks = [_STAGE]
        layers: list[Layer | str] = [Layer("stem", "Conv2d", ("out_channels: 16", "kernel_size: 3", "padding: 1"))]
        for k, segment in enumerate(segments):
            inside = self.wrapped and self.rng.random() < 0.5
            if inside and self.rng.random() < 0.5:
                blocks.append(f"  Part{k}:\n    layers:\n{self._layers(segment, 6, self.rng.random() < 0.3)}")
                layers.append(Layer(f"part{k}", f"Part{k}"))
            elif inside:
                head = "  - layers:\n" if self.listed else f"  group{k}:\n    layers:\n"
                layers.append(head + self._layers(segment, 6, self.rng.random() < 0.3))
            else:
                layers += segment
        layers += _tail(self.rng)
        body = self._layers(layers, 2, self.listed)
        sections = [
            "params: {classes: 7}",
            "inputs: {image: [N, 3, 32, 32]}",
            "blocks:\n" + "\n".join(self.rng.sample(blocks, len(blocks))),
            f"layers:\n{body}",
            self.rng.choice(_OUTPUTS[:-1] if self.listed else _OUTPUTS),
            _TRAIN,
        ]
        self.rng.shuffle(sections)
        return "\n".join(["specc: 1", *sections, ""])

    def _layers(self, layers: list[Layer | str] | list[Layer], indent: int, listed: bool) -> str:
        number = {layer.name: str(k) for k, layer in enumerate(layers) if isinstance(layer, Layer)} if listed else {}
        if listed and any(isinstance(layer, Layer) and layer.twice for layer in layers):
            listed, number = False, {}
        return "\n".join(
            layer if isinstance(layer, str) else self._layer(layer, indent, listed, number) for layer in layers
        )

    def _layer(self, layer: Layer, indent: int, listed: bool, number: dict[str, str]) -> str:
        pad, body = " " * indent, layer.body(number)
        start = f"{pad}- {layer.mark}" if listed else f"{pad}{layer.mark}{layer.name}: "
        if len(body) == 1:
            return start + layer.op
        if listed or "‹Y102›" in "".join(layer.args) or self.rng.random() < 0.6:
            return f"{start}{{{', '.join(body)}}}"
        return start.rstrip() + "".join(f"\n{pad}  {line}" for line in self.rng.sample(body, len(body)))


_STAGE = """\
  Stage:
    params: {width: int, stride: 1}
    layers:
      conv: {op: Conv2d, out_channels: width, kernel_size: 3, stride: stride, padding: 1}
      bn: {op: BatchNorm2d, num_features: width}
      relu: ReLU"""

_OUTPUTS = (
    "outputs: {logits: ‹N406›nothing}",
    "outputs:\n  logits: {from: ‹N406›nothing, shape: [N, classes]}",
    "outputs:\n  logits:\n    from: ‹N406›clasifier\n",
    "outputs:\n  logits: ‹N406›probabilties",
    "‹N406›outputs: {}",
    "outputs:\n  logits: probabilities\n  extra: ‹N406›nothing",
)

_TRAIN = """\
train:
  data: {dataset: ‹T603›CIFAR10, root: data, batch_size: 128}
  loss: CrossEntropyLoss
  optimizer: {op: SGD, lr: 0.1}
  epochs: 1"""


def _conv(name: str, width: int, *more: str, reads: tuple[str, ...] = (), mark: str = "") -> Layer:
    return Layer(name, "Conv2d", (f"out_channels: {width}", "kernel_size: 1", *more), reads, mark)


def _segments(rng: random.Random, listed: bool) -> list[list[Layer]]:
    """The mistakes that may stand in any order: each takes an image and gives one."""
    twice = [
        [Layer("act", "ReLU"), Layer("act", "ReLU", mark="‹Y102›", twice=True)],
        [
            _conv("mix", 8),
            replace(_conv("mix", 12, mark="‹Y102›"), twice=True),
            Layer("mixed", "BatchNorm2d", ("num_features: 12",)),
        ],
        [Layer("mixed", "Conv2d", ("out_channels: 8", "‹Y102›out_channels: 8", "kernel_size: 1"))],
    ]  # fmt: skip
    return [
        [Layer("bn", "BatchNorm2d", ("‹S301›num_features: 999",))],
        [Layer("flat", "BatchNorm1d", mark="‹S302›")],
        [_conv("a", 24), _conv("b", 40), Layer("sum", "add", reads=("a", "b"), mark="‹S303›")],
        [_conv("pre", 8), _conv("side", 4, mark="‹W511›"), Layer("post", "ReLU", reads=("pre",))],
        rng.choice(twice[2:] if listed else twice),
        [Layer("stage", "‹L202›Stage", rng.choice([(), ("stride: 2",)])), _conv("after", 8)],
        rng.choice([
            [_conv("known", 8), Layer("odd", "‹L205›Relu6")],
            [Layer("odd", "‹L205›Conv2D", ("out_channels: 8", "kernel_size: 1"))],
            [Layer("odd", "‹L205›Stag", ("width: 8",))],
            [Layer("odd", "‹L205›MaxPool", ("kernel_size: 2",))],
            [_conv("known", 8), Layer("odd", "‹L205›BatchNorm", ("num_features: 8",))],
        ]),
        [Layer("typo", "Conv2d", rng.choice([
            ("‹L201›out_channel: 8", "kernel_size: 1"),
            ("out_channels: 8", "‹L201›kernal_size: 1"),
            ("out_channels: 8", "kernel_size: 1", "‹L201›biass: false"),
        ]))],
    ]  # fmt: skip


def _tail(rng: random.Random) -> list[Layer]:
    return [
        Layer("pool", "AdaptiveAvgPool2d", ("output_size: 1",)),
        Layer("flatten", "Flatten"),
        Layer("hidden", "Linear", ("‹S301›in_features: 12345", "out_features: 32")),
        Layer("classifier", "Linear", ("out_features: classes",)),
        Layer("probabilities", rng.choice(["Softmax", "softmax"]), ("dim: 1",), mark="‹W501›"),
    ]


def unmarked(text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The text without its marks, and their (line, column, code) in it."""
    places, lines = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        while mark := _MARK.search(line):
            places.append((number, mark.start() + 1, mark[1]))
            line = line[: mark.start()] + line[mark.end() :]
        lines.append(line)
    return "\n".join(lines), sorted(places)
