"""The table, its JSON and graph.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import specc
from specc.diagnostics.escape import width
from specc.emit.binding import binding
from specc.emit.dot import to_dot
from specc.emit.json import plain_value, to_graph_json
from specc.emit.numbers import bytes_text, short
from specc.emit.summary import summarize, to_json, to_text
from specc.shapes.dim import Dim
from specc.source.nodes import Node
from tests import graphs


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (512, "512"),
        (999, "999"),
        (1000, "1.00 k"),
        (1814073344, "1.81 G"),
        (999_999, "1.00 M"),
        (52400, "52.4 k"),
    ],
)
def test_short_numbers_keep_three_digits(number: int, text: str) -> None:
    assert short(number) == text


def test_bytes_count_in_powers_of_two() -> None:
    assert [bytes_text(n) for n in (512, 1536, 25165824)] == ["512 B", "1.50 KiB", "24.0 MiB"]


def test_resnet18_has_its_published_totals() -> None:
    summary = summarize(graphs.resnet18())
    assert summary.parameters == 11_689_512
    assert summary.macs == 1_814_073_344
    assert summary.buffers == 9600


def test_activations_are_the_outputs_without_views() -> None:
    summary = summarize(graphs.mlp(), {"N": 2})
    widths = [256, 256, 256, 256, 256, 256, 10]  # linear, relu, three hidden, dropout, output
    assert summary.activations == 2 * 4 * sum(widths)


def test_a_block_counts_what_is_below() -> None:
    lines = {line.path: line for line in summarize(graphs.resnet18()).lines}
    assert lines["layer1"].parameters == lines["layer1.0"].parameters + lines["layer1.1"].parameters == 147_968
    assert lines["layer1"].kind == "BasicBlock ×2"


def test_the_shortcuts_chosen_are_told() -> None:
    text = to_text(summarize(graphs.resnet18()))
    assert "identity: layer1.0, layer1.1, layer2.1, layer3.1, layer4.1" in text
    assert "Conv2d 128, 1×1 /2, BatchNorm2d: layer2.0" in text


def test_columns_stand_in_line_for_wide_characters() -> None:
    lines = to_text(summarize(graphs.mlp())).splitlines()
    head = next(line for line in lines if line.startswith("layer"))
    row = next(line for line in lines if line.startswith("全连接层1"))
    assert width(row[: row.index("Linear")]) == head.index("op")
    assert width(row) == width(head)


@pytest.mark.parametrize("size", [224, "H"])
def test_the_table_fits_its_columns(size: int | str) -> None:
    assert max(map(width, to_text(summarize(graphs.resnet18(size))).splitlines())) <= 110


def test_depth_leaves_out_what_lies_deeper_and_keeps_the_totals() -> None:
    summary = summarize(graphs.resnet18())
    shallow, whole = to_text(summary, 1), to_text(summary)
    assert "BasicBlock ×2" in shallow
    assert "conv2" not in shallow
    assert "conv2" in whole
    assert shallow.split("parameters  ")[-1] == whole.split("parameters  ")[-1]


def test_json_has_what_the_interface_promises() -> None:
    data = json.loads(to_json(summarize(graphs.resnet18("H"))))
    assert data["inputs"] == {"image": {"shape": ["N", 3, "H", "W"], "dtype": "float32"}}
    assert data["parameters"] == 11_689_512
    assert data["at"] == {"H": 224, "N": 1, "W": 224}
    first = data["layers"][0]
    assert list(first) == ["path", "op", "output", "parameters", "macs"]
    assert first["output"]["shape"] == ["N", 64, "(H - 1) // 2 + 1", "(W - 1) // 2 + 1"]
    assert first["macs"] == 118_013_952
    assert sum(layer["macs"] for layer in data["layers"]) == data["macs"]
    assert sum(layer["parameters"] for layer in data["layers"]) == data["parameters"]


def test_an_error_is_told_and_unknown_is_null() -> None:
    summary = summarize(graphs.broken())
    assert "error at sum: `sum` cannot add" in to_text(summary)
    assert json.loads(to_json(summary))["outputs"] == {"linear3": None}


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = to_text(summarize(graphs.mlp(first="a\x1b[31m‮", name="x\x1b]0;t\x07", error="bad\x1b[2J")))
    assert not set(text) & set("\x1b\x07‮")
    assert r"a\x1b[31m" in text


def train(text: str) -> Node:
    from specc.diagnostics import Sink
    from specc.source import yaml

    node = yaml.parse(text, "t.yaml", Sink())
    assert node is not None
    return node


def test_open_sizes_come_from_the_training_data() -> None:
    graph = graphs.resnet18("H", train=train("data: {dataset: CIFAR10, root: data}\n"))
    assert dict(binding(graph).counting) == {"N": 1, "H": 32, "W": 32}
    assert dict(binding(graph, {"H": 64}).counting) == {"N": 1, "H": 64, "W": 32}
    assert binding(graph).text == "32 × 32"


class Said:
    """A condition, of which only the text matters here."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


@pytest.mark.parametrize(
    ("where", "size"),
    [
        ("H % 16 == 0", 224),
        ("H % 256 == 0", 256),
        ("H % 100 == 7", 7),
        ("H > 224 and H < 230", 225),
        ("H in (3, 9)", 3),
    ],
)
def test_open_sizes_meet_where(where: str, size: int) -> None:
    graph = graphs.resnet18("H", where=(Said(where),), requirements=(Said("H == W"),))
    assert dict(binding(graph).counting) == {"N": 1, "H": size, "W": size}


def test_sizes_that_cannot_be_met_stay_open() -> None:
    graph = graphs.resnet18("H", where=(Said("H > 5000"),))
    summary = summarize(graph)
    assert dict(summary.bound.counting) == {"N": 1}
    assert "H" in str(summary.macs)
    assert isinstance(json.loads(to_json(summary))["macs"], str)


def test_graph_json_has_the_whole_tree() -> None:
    data = json.loads(to_graph_json(graphs.resnet18("H")))
    assert data["schema"] == 1
    block = data["root"]["nodes"][4]["body"]["nodes"][0]
    assert block["path"] == "layer1.0"
    assert block["body"]["title"] == "BasicBlock"
    add = next(n for n in block["body"]["nodes"] if n["op"] == "add")
    assert [i["value"] for i in add["inputs"]] == [{"node": "bn2", "port": 0}, {"input": "x"}]
    assert data["root"]["nodes"][0]["parameters"] == {"weight": {"shape": [64, 3, 7, 7], "dtype": "float32"}}
    assert to_graph_json(graphs.resnet18("H")) == to_graph_json(graphs.resnet18("H"))


def test_graph_json_is_json_whatever_the_arguments() -> None:
    values = (Dim.symbol("H") + 1, (1, 2.5, None, True), float("inf"), float("nan"), graphs.op("ReLU"))
    assert [plain_value(v) for v in values] == ["H + 1", [1, 2.5, None, True], "inf", "nan", "ReLU"]
    json.loads(to_graph_json(graphs.broken()), parse_constant=lambda name: pytest.fail(name))


def test_a_compiled_spec_meets_its_own_conditions(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "specc: 1\nname: net\ninputs: {image: [N, 3, H, W]}\nwhere: [H % 150 == 0, W >= 300]\n"
        "layers:\n  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}\n"
    )
    graph = specc.compile(spec)
    assert dict(binding(graph).counting) == {"N": 1, "H": 300, "W": 300}
    text = to_text(summarize(graph))
    assert "given       H % 150 == 0, W >= 300" in text
    assert "224 parameters" in to_dot(graph)
