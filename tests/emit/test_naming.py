"""Names of classes and variables."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.emit.naming import MODULES, TAKEN, class_name, local, unique


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet18", "ResNet18"),
        ("mlp", "MLP"),
        ("mlp_list", "MLPList"),
        ("my_net", "MyNet"),
        ("unet", "UNet"),
        ("densenet121", "DenseNet121"),
        ("vgg16_bn", "VGG16Bn"),
        ("lstm", "LSTM"),
        ("BasicBlock", "BasicBlock"),
        ("InvertedResidual2", "InvertedResidual2"),
        ("多层感知机", "多层感知机"),
        ("réseau", "Réseau"),
        ("3d_net", "Net3dNet"),
        ("f", "F_"),
        ("tensor", "Tensor_"),
        ("my-net v2.0", "MyNetV20"),
        ("__", "Net"),
    ],
)
def test_class_names(name: str, expected: str) -> None:
    assert class_name(name) == expected


@given(st.text(max_size=12))
def test_any_name_gives_a_class_that_python_takes(name: str) -> None:
    made = class_name(name)
    assert made.isidentifier()
    assert not keyword.iskeyword(made)
    assert made not in MODULES


@given(st.text(max_size=8), st.sets(st.text(max_size=3), max_size=3))
def test_a_variable_hides_nothing(name: str, taken: set[str]) -> None:
    made = local(name, taken)
    assert made.isidentifier()
    assert made not in TAKEN | taken


def test_a_name_that_is_taken_is_numbered() -> None:
    assert unique("Block", set()) == "Block"
    assert unique("Block", {"Block", "Block2"}) == "Block3"
