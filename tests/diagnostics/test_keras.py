"""Names of Keras's lead to ops and arguments that are there."""

import pytest

from specc.compiler import compile_text
from specc.diagnostics import keras
from specc.ops import OPS

SPEC = "name: n\ninputs: {{x: {shape}}}\nlayers:\n  a: {{op: {op}}}\n"


@pytest.mark.parametrize("name", keras.LAYERS)
def test_a_layer_is_an_op(name: str) -> None:
    assert name not in OPS
    assert all(keras.layer(name, rank) in OPS for rank in (None, 2, 3, 4, 5))


@pytest.mark.parametrize("name", keras.ARGUMENTS)
def test_an_argument_is_one(name: str) -> None:
    assert all(any(meant in op.args for op in OPS.values()) for meant in keras.ARGUMENTS[name])


@pytest.mark.parametrize(
    ("shape", "op", "code", "help"),
    [
        ("[N, 8]", "Dense, units: 4", "L205", "`Dense` is Keras's name; PyTorch's is `Linear`"),
        ("[N, 8]", "Linear, units: 4", "L201", "did you mean `out_features`?"),
        ("[N, 8]", "BatchNormalization", "L205", "`BatchNormalization` is Keras's name; PyTorch's is `BatchNorm1d`"),
        ("[N, 3, 8, 8]", "BatchNormalization", "L205",
         "`BatchNormalization` is Keras's name; PyTorch's is `BatchNorm2d`"),
        ("[N, 3, 8, 8]", "MaxPooling2D, pool_size: 2", "L205",
         "`MaxPooling2D` is Keras's name; PyTorch's is `MaxPool2d`"),
        ("[N, 3, 8, 8]", "Conv2d, filters: 4, kernel_size: 3", "L201", "did you mean `out_channels`?"),
        ("[N, 8]", "Dropout, rate: 0.5", "L201", "did you mean `p`?"),
        ("[N, 8]", "Activation", "L205",
         "that is Keras's; here an activation is a layer of its own name: `ReLU`, `Sigmoid`, `Softmax`"),
    ],
)  # fmt: skip
def test_help(shape: str, op: str, code: str, help: str) -> None:
    found = compile_text(SPEC.format(shape=shape, op=op), "spec.yaml").diagnostics
    assert (found[0].code, found[0].help) == (code, help)
