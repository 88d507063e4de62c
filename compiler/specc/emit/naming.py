"""Names in generated Python: classes after networks and blocks, and identifiers that clash with nothing."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Container

# Words that people write in capitals of their own.
_KNOWN = {
    "ae": "AE", "bert": "BERT", "cnn": "CNN", "convnext": "ConvNeXt", "densenet": "DenseNet", "efficientnet":
    "EfficientNet", "ffn": "FFN", "gan": "GAN", "gcn": "GCN", "googlenet": "GoogLeNet", "gpt": "GPT", "gru": "GRU",
    "lenet": "LeNet", "lstm": "LSTM", "mha": "MHA", "mlp": "MLP", "mobilenet": "MobileNet", "resnet": "ResNet",
    "resnext": "ResNeXt", "rnn": "RNN", "se": "SE", "segnet": "SegNet", "squeezenet": "SqueezeNet", "swin": "Swin",
    "tcn": "TCN", "unet": "UNet", "vae": "VAE", "vgg": "VGG", "vit": "ViT", "wideresnet": "WideResNet",
}  # fmt: skip

# What a generated file may name besides its own classes.
MODULES = frozenset(("torch", "torchvision", "einops", "nn", "F", "Tensor"))
# Builtins that a generated method may call; an input keeps the name of any other.
_FUNCTIONS = ("min", "max", "abs", "round", "int", "float", "len", "sum")  # of the expression language
CALLED = frozenset((*_FUNCTIONS, "range", "list", "super", "isinstance", "tuple", "bool", "str", "ValueError"))
# Letters that look like numbers, which linters refuse as names (PEP 8).
AMBIGUOUS = frozenset(("l", "O", "I"))
TAKEN = MODULES | AMBIGUOUS | frozenset(("self", "super", *keyword.kwlist, *keyword.softkwlist, *dir(builtins)))


def class_name(name: str) -> str:
    """A name as a class: `resnet18` → `ResNet18`, `my_net` → `MyNet`; what is no identifier is left out."""
    plain = unicodedata.normalize("NFKC", name)
    words = [word for word in re.split(r"[\W_]+", plain) if word]
    out = "".join(map(_capitalised, words))
    if not out.isidentifier():
        out = "Net" + out if ("Net" + out).isidentifier() else "Net"
    return out + "_" if out in TAKEN else out


def _capitalised(word: str) -> str:
    match = re.fullmatch(r"([^\W\d]+)(\d+\w*)?", word)
    if match and match[1].lower() in _KNOWN and match[1].islower():
        return _KNOWN[match[1]] + (match[2] or "")
    return word[:1].upper() + word[1:]


# What an input cannot be called.
RESERVED = MODULES | CALLED | AMBIGUOUS | frozenset(("self", *keyword.kwlist))


def unique(name: str, taken: Container[str]) -> str:
    """`name`, or the first of `name2`, `name3`, … that is free."""
    if name not in taken:
        return name
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def local(name: str, taken: Container[str] = (), hidden: Container[str] = TAKEN) -> str:
    """A variable's name: `name`, with `_` behind it where it would hide a builtin, a module or a keyword."""
    letters = unicodedata.normalize("NFKC", name)
    plain = "".join(letter if f"x{letter}".isidentifier() else "_" for letter in letters)
    if not plain.isidentifier():
        plain = f"x{plain}"
    if plain in hidden:
        plain += "_"
    return unique(plain, taken)
