"""Names a layer cannot have, held to the installed torch."""

import keyword

import pytest

from specc.graph.reserved import MODULE_ATTRIBUTES
from tests.graph.reading import codes, compiled

torch_nn = pytest.importorskip("torch.nn")

TEXT = "inputs: {{x: [N, 4]}}\nlayers:\n  {name}: {{op: Linear, out_features: 2}}\n"


def _attributes() -> list[str]:
    """What a module has by itself: on the class, and in the instance."""
    return sorted({*dir(torch_nn.Module), *vars(torch_nn.Module())})


@pytest.mark.parametrize("name", _attributes())
def test_every_attribute_of_a_module_is_reserved(name: str) -> None:
    """A layer of that name would replace what PyTorch calls."""
    assert codes(TEXT.format(name=name)) == ["L208"]


def test_the_list_holds_nothing_else() -> None:
    """A name that is free in every torch is not taken from the author; a few are of older or newer versions."""
    assert len(MODULE_ATTRIBUTES - set(_attributes())) <= 5


@pytest.mark.parametrize("name", [*keyword.kwlist, "1x", "a-b", "a b", "a.b", "ﬁ", "ｘ", "\u200bx", "x\n", ""])
def test_names_are_identifiers(name: str) -> None:
    """Keywords, and what Python would read as another name, cannot be attributes."""
    import json

    found = codes(TEXT.format(name=json.dumps(name, ensure_ascii=False)))
    assert found
    assert set(found) <= {"L208", "Y105", "Y109"}


@pytest.mark.parametrize(
    "name", ["conv", "self", "x1", "_stem", "match", "nn", "torch", "F", "Tensor", "super", "print"]
)
def test_other_names_are_free(name: str) -> None:
    assert [node.name for node in compiled(TEXT.format(name=name)).root.nodes] == [name]
