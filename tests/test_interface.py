"""The Python interface: `import specc`."""

from pathlib import Path

import graphviz
import pytest

import specc
from specc.emit.dot import to_dot

RESNET = Path(__file__).parents[1] / "specs" / "resnet18.yaml"


def test_a_spec_becomes_a_graph_a_table_and_source() -> None:
    graph = specc.compile(RESNET, params={"classes": 10})
    assert str(graph.outputs["logits"]) == "[N, 10]"
    assert "5,130" in specc.summary(graph)  # the parameters of a last layer of 10 classes
    assert "classes: int = 10" in specc.to_python(graph)


def test_other_params_need_not_fit_the_training() -> None:
    graph = specc.compile(RESNET.parent / "mlp.yaml", overrides=["layers.fc3.out_features=3", "outputs=null"])
    assert str(graph.outputs["output"]) == "[N, 3]"  # Digits, on which the spec trains, has 10 classes


def test_overrides_are_those_of_the_command_line() -> None:
    graph = specc.compile(RESNET, overrides=["params.width=16"])
    assert graph.params["width"].value == 16


def test_the_diagram_is_what_a_notebook_shows() -> None:
    graph = specc.compile(RESNET)
    shown = specc.diagram(graph, depth=1)
    assert isinstance(shown, graphviz.Source)
    assert shown.source.strip() == to_dot(graph, depth=1).strip()


def test_a_broken_spec_raises_with_every_diagnostic() -> None:
    with pytest.raises(specc.SpecError) as raised:
        specc.compile(RESNET, params={"width": "wide"})
    assert raised.value.diagnostics
    assert all(d.code for d in raised.value.diagnostics)
