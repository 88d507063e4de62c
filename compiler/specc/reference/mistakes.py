"""For the codes that a spec alone can bring about, the shortest spec that does, and its mend.

`tests/reference/test_mistakes.py` compiles every one: wrong it has the code, mended it has no problem.
"""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    """A spec, and the text in it that is wrong with what belongs in its place."""

    spec: str
    wrong: str
    right: str

    @property
    def mended(self) -> str:
        return self.spec.replace(self.wrong, self.right, 1)


_X = "inputs: {x: [N, 8]}\n"
_IMAGE = "inputs: {x: [N, 3, 32, 32]}\n"
_FC = f"{_X}layers:\n  fc: {{op: Linear, out_features: 3}}\n"


def _layers(text: str, inputs: str = _X) -> str:
    """A spec of these layers, a line each."""
    return f"{inputs}layers:\n" + "".join(f"  {line}\n" for line in text.splitlines())


def _trained(last: str = "", loss: str = "CrossEntropyLoss", data: str = "Digits", width: int = 10) -> str:
    return (
        "inputs: {image: [N, 1, 8, 8]}\nlayers:\n  flatten: {op: flatten, start_dim: 1}\n"
        f"  fc: {{op: Linear, out_features: {width}}}\n{last}"
        f"train:\n  data: {{dataset: {data}}}\n  loss: {loss}\n  optimizer: {{op: Adam, lr: 1e-3}}\n  epochs: 1\n"
    )


def _block(body: str, use: str, inputs: str = _X) -> str:
    return f"{inputs}blocks:\n  Head:\n{body}layers:\n  head: {use}\n"


_FC3 = "    layers: {fc: {op: Linear, out_features: 3}}\n"

MISTAKES: dict[str, Mistake] = {
    # YAML
    "Y101": Mistake(_FC.replace("3}", "3"), "out_features: 3", "out_features: 3}"),
    "Y102": Mistake(
        _layers("fc: {op: Linear, out_features: 3}\nfc: {op: Linear, out_features: 2}"),
        "  fc: {op: Linear, out_features: 2}",
        "  fc2: {op: Linear, out_features: 2}",
    ),
    "Y103": Mistake(_layers("fc: !linear {op: Linear, out_features: 3}"), "!linear ", ""),
    "Y104": Mistake(_layers("a: &wide {op: Linear, out_features: 8}\nb: {<<: *wide}"), "{<<: *wide}", "*wide"),
    "Y105": Mistake(_layers("? [a, b]\n: ReLU"), "? [a, b]\n  :", "a:"),
    "Y106": Mistake(_FC + "---\nspecc: 1\n", "---\nspecc: 1\n", ""),
    "Y107": Mistake("# to be written\n", "# to be written\n", _FC),
    "Y108": Mistake(_layers("a: *wide"), "*wide", "{op: Linear, out_features: 3}"),
    "Y110": Mistake(_layers("fc: {op: Linear, out_features: 99999999999999999999}"), "99999999999999999999", "9999"),
    # The language
    "L201": Mistake(_layers("fc: {op: Linear, out_feature: 3}"), "out_feature:", "out_features:"),
    "L202": Mistake(_layers("fc: {op: Linear}"), "{op: Linear}", "{op: Linear, out_features: 3}"),
    "L203": Mistake(_layers("fc: {op: Linear, out_features: true}"), "true", "3"),
    "L204": Mistake(_layers("drop: {op: Dropout, p: 1.5}"), "1.5", "0.5"),
    "L205": Mistake(_layers("act: Relu"), "Relu", "ReLU"),
    "L206": Mistake(
        _block(
            "    params: {width: {type: integr}}\n    layers: [{op: Linear, out_features: width}]\n",
            "{op: Head, width: 3}",
        ),
        "integr",
        "int",
    ),
    "L208": Mistake(_layers("train: {op: Linear, out_features: 3}"), "train", "fc"),
    "L209": Mistake(_layers("x: {op: Linear, out_features: 3}"), "  x:", "  fc:"),
    "L210": Mistake(_FC + 'allow: {S301: "it works"}\n', 'allow: {S301: "it works"}\n', ""),
    "L302": Mistake(_layers("act: {op: Linear, out_features: 8, repeat: 10 ** 12}"), "10 ** 12", "12"),
    "L303": Mistake(
        _block("    layers: {inner: Head}\n", "Head"), "inner: Head", "inner: {op: Linear, out_features: 3}"
    ),
    # Expressions
    "E201": Mistake(
        _layers("fc: {op: Linear, out_features: 2 width}", "params: {width: 4}\n" + _X), "2 width", "2 * width"
    ),
    "E202": Mistake(
        _layers("fc: {op: Linear, out_features: width.real}", "params: {width: 4}\n" + _X), "width.real", "width"
    ),
    "E203": Mistake(
        _layers("fc: {op: Linear, out_features: " + " + ".join(["1"] * 120) + "}"), " + ".join(["1"] * 120), "120"
    ),
    "E204": Mistake(_layers("fc: {op: Linear, out_features: width // 0}", "params: {width: 4}\n" + _X), "// 0", "// 2"),
    "E205": Mistake(_layers("fc: {op: Linear, out_features: 9 ** 9 ** 9}"), "9 ** 9 ** 9", "9 ** 2"),
    "E206": Mistake(_layers("fc: {op: Linear, out_features: widht}", "params: {width: 4}\n" + _X), "widht", "width"),
    "E207": Mistake(
        _layers("act: {op: ReLU, when: H > 32}\nout: {op: Tanh}", "inputs: {x: [N, H]}\n"), "H > 32", "true"
    ),
    "E208": Mistake(_layers("act: ReLU", "inputs: {x: [N, H]}\nwhere: [H]\n"), "where: [H]", "where: [H >= 32]"),
    "E209": Mistake(_layers("fc: {op: Linear, out_features: N}"), "out_features: N", "out_features: 8"),
    # Names and wiring
    "N201": Mistake(
        _layers("lstm: {op: LSTM, hidden_size: 4, from: {input: x, h_0: h}}", "inputs: {x: [T, N, 8], h: [1, N, 4]}\n"),
        ", h: [1, N, 4]}\nlayers:\n  lstm: {op: LSTM, hidden_size: 4, from: {input: x, h_0: h}}",
        "}\nlayers:\n  lstm: {op: LSTM, hidden_size: 4}",
    ),
    "N401": Mistake(
        _layers("first: {op: Linear, out_features: 3}\nsecond: {op: Linear, out_features: 3, from: frist}"),
        "frist",
        "first",
    ),
    "N402": Mistake(
        _layers("first: {op: Linear, out_features: 8, from: second}\nsecond: {op: Linear, out_features: 8}"),
        "from: second",
        "from: x",
    ),
    "N403": Mistake(
        _layers("wide: {op: Linear, out_features: 8, when: false}\nfc: {op: Linear, out_features: 3, from: wide}"),
        "from: wide",
        "from: wide or x",
    ),
    "N404": Mistake(
        _layers("fc: {op: Linear, out_features: 8}\nsum: {op: matmul, from: fc}", "inputs: {x: [8, 8]}\n"),
        "from: fc",
        "from: [fc, x]",
    ),
    "N405": Mistake(
        _layers(
            "lstm: {op: LSTM, hidden_size: 4, batch_first: true}\nfc: {op: Linear, out_features: 3, from: lstm.hidden}",
            "inputs: {x: [N, T, 8]}\n",
        ),
        "lstm.hidden",
        "lstm.h_n",
    ),
    "N406": Mistake(_FC + "outputs: {logits: head}\n", "logits: head", "logits: fc"),
    "N407": Mistake(
        _layers("fc: {op: Linear, out_features: 10}\nsteps: {op: arange, end: 10}") + "outputs: {logits: steps}\n",
        "  steps: {op: arange, end: 10}\noutputs: {logits: steps}",
        "outputs: {logits: fc}",
    ),
    "N408": Mistake(_layers("group: {layers: []}"), "[]", "[ReLU]"),
    "N409": Mistake(_FC + "init:\n  - {op: Conv2d, weight: kaiming_normal_}\n", "Conv2d", "Linear"),
    "N410": Mistake(
        _layers("act: {op: relu}\nagain: {share: act}"),
        "{op: relu}\n  again: {share: act}",
        "{op: Linear, out_features: 8}\n  again: {share: act}",
    ),
    # Shapes
    "S301": Mistake(_layers("fc: {op: Linear, in_features: 784, out_features: 3}"), "in_features: 784, ", ""),
    "S302": Mistake(_layers("norm: BatchNorm1d", _IMAGE), "BatchNorm1d", "BatchNorm2d"),
    "S303": Mistake(
        _layers("fc: {op: Linear, out_features: 3}\nsum: {op: add, from: [fc, x]}"),
        "out_features: 3",
        "out_features: 8",
    ),
    "S304": Mistake(_layers("fc: {op: Linear, out_features: 3}", "inputs: {x: [N, L]}\n"), "[N, L]", "[N, 64]"),
    "S305": Mistake(
        (
            "inputs: {x: [N, 3, H, W]}\nlayers:\n  pool: {op: MaxPool2d, kernel_size: 2}\n"
            "  up: {op: Upsample, scale_factor: 2}\n  cat: {op: cat, from: [x, up], dim: 1}\n"
        ),
        "layers:\n",
        "where: [H % 2 == 0, W % 2 == 0]\nlayers:\n",
    ),
    "S306": Mistake(
        _layers("conv: {op: Conv2d, out_channels: 8, kernel_size: 7}", "inputs: {x: [N, 3, 4, 4]}\n"),
        "kernel_size: 7",
        "kernel_size: 3",
    ),
    "S307": Mistake(
        _layers("embed: {op: Embedding, num_embeddings: 10, embedding_dim: 4}", "inputs: {x: [N, 8]}\n"),
        "x: [N, 8]",
        "x: {shape: [N, 8], dtype: int64}",
    ),
    "S308": Mistake(
        _layers("conv: {op: Conv2d, out_channels: 8, kernel_size: 3, groups: 2}", _IMAGE), "groups: 2", "groups: 1"
    ),
    "S309": Mistake(_layers("soft: {op: Softmax, dim: 2}"), "dim: 2", "dim: 1"),
    "S310": Mistake(_layers("pool: {op: MaxPool2d, kernel_size: 2, padding: 2}", _IMAGE), "padding: 2", "padding: 1"),
    "S311": Mistake(_layers("shape: {op: reshape, shape: [N, 3, 3]}"), "[N, 3, 3]", "[N, 2, 4]"),
    "S312": Mistake(_FC + "outputs: {logits: {from: fc, shape: [N, 10]}}\n", "[N, 10]", "[N, 3]"),
    "S313": Mistake(_block("    inputs: {x: [N, 16]}\n" + _FC3, "Head"), "[N, 16]", "[N, C]"),
    "S314": Mistake(_layers("unit: {residual: {fc: {op: Linear, out_features: 3}}}"), "3}}}", "3}}, shortcut: auto}"),
    "S315": Mistake(
        (
            "inputs: {x: [N, 8, 4, 4]}\nlayers:\n  unit:\n    residual:\n"
            "      up: {op: ConvTranspose2d, out_channels: 8, kernel_size: 2, stride: 2}\n    shortcut: auto\n"
        ),
        "shortcut: auto",
        "shortcut: {op: Upsample, scale_factor: 2}",
    ),
    "S316": Mistake(_layers("act: ReLU", "inputs: {x: [N, H]}\nwhere: [H > 32, H < 16]\n"), "H < 16", "H < 64"),
    # Training
    "T601": Mistake(_trained().replace("Adam,", "Adamm,"), "Adamm", "Adam"),
    "T602": Mistake(_trained(data="MNIST"), "8, 8]", "28, 28]"),
    "T603": Mistake(_trained(width=5), "out_features: 5", "out_features: 10"),
    "T604": Mistake(_trained(loss="MSELoss"), "MSELoss", "CrossEntropyLoss"),
    "T605": Mistake(
        _trained()
        .replace("image: [N, 1, 8, 8]", "image: [N, 1, 8, 8], more: [N, 1, 8, 8]")
        .replace("start_dim: 1}", "start_dim: 1, from: both}")
        .replace("layers:\n", "layers:\n  both: {op: add, from: [image, more]}\n"),
        (
            ", more: [N, 1, 8, 8]}\nlayers:\n  both: {op: add, from: [image, more]}\n"
            "  flatten: {op: flatten, start_dim: 1, from: both}"
        ),
        "}\nlayers:\n  flatten: {op: flatten, start_dim: 1}",
    ),
    "W501": Mistake(_trained("  soft: {op: Softmax, dim: 1}\n"), "  soft: {op: Softmax, dim: 1}\n", ""),
    "W502": Mistake(
        (
            "inputs: {x: [N, 8]}\nlayers:\n  fc: {op: Linear, out_features: 1}\n  prob: Sigmoid\ntrain:\n"
            "  loss: BCEWithLogitsLoss\n  optimizer: {op: Adam, lr: 1e-3}\n  epochs: 1\n"
        ),
        "BCEWithLogitsLoss",
        "BCELoss",
    ),
    "W503": Mistake(_trained(width=12), "out_features: 12", "out_features: 10"),
    "W504": Mistake(_trained(loss="NLLLoss"), "NLLLoss", "CrossEntropyLoss"),
    "W505": Mistake(
        (
            "inputs: {x: [N, 64], price: [N]}\nlayers:\n  fc: {op: Linear, out_features: 1, from: x}\n"
            "  loss: {op: MSELoss, from: [fc, price]}\n"
        ),
        "price: [N]",
        "price: [N, 1]",
    ),
    # Lints
    "W511": Mistake(
        _layers("fc: {op: Linear, out_features: 8}\nhead: {op: Linear, out_features: 3, from: x}"),
        "from: x",
        "from: fc",
    ),
    "W512": Mistake("params: {width: 4}\n" + _FC, "params: {width: 4}\n", ""),
    "W513": Mistake(_block(_FC3, "{op: Linear, out_features: 3}"), "head: {op: Linear, out_features: 3}", "head: Head"),
    "W514": Mistake(_layers("norm: BatchNorm2d", "inputs: {x: [1, 3, 1, 1]}\n"), "[1, 3, 1, 1]", "[N, 3, 1, 1]"),
    "W515": Mistake(
        _layers("fc: {op: Linear, out_features: 8}\nnorm: BatchNorm1d"),
        "out_features: 8}",
        "out_features: 8, bias: false}",
    ),
    "W516": Mistake(
        _layers("drop: Dropout\nnorm: BatchNorm1d"),
        "drop: Dropout\n  norm: BatchNorm1d",
        "norm: BatchNorm1d\n  drop: Dropout",
    ),
    "W517": Mistake(_layers("squash: Sigmoid\nact: ReLU"), "squash: Sigmoid\n  ", ""),
    "W518": Mistake(
        _layers("down: {op: Conv2d, out_channels: 8, kernel_size: 1, stride: 2}", _IMAGE),
        "kernel_size: 1",
        "kernel_size: 2",
    ),
    "W519": Mistake(
        _layers("unit: {residual: [{op: Linear, out_features: 8}], shortcut: {op: Linear, out_features: 8}}"),
        ", shortcut: {op: Linear, out_features: 8}",
        "",
    ),
    "W520": Mistake(
        _layers("side: {op: Linear, out_features: 8}\nend: Tanh\nhead: {op: Linear, out_features: 3, from: x}"),
        "from: x",
        "from: end",
    ),
    "W521": Mistake(_FC + 'allow: {W511: "the head is for later"}\n', 'allow: {W511: "the head is for later"}\n', ""),
}
