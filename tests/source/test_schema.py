"""The schema of specs follows from the op declarations and serves editors."""

import json

import pytest
from jsonschema import Draft202012Validator

from specc.ops import OPS
from specc.source.schema import LAYER_KEYS, op_schema, section_schema, spec_schema

from .reading import value

SPEC = """
specc: 1
name: net
params: {width: 8, depth: int, norm: {type: op, default: BatchNorm2d}}
inputs:
  image: [N, 3, H, W]
  tokens: {shape: [N, T], dtype: int64}
where: [H >= 32]
use: [blocks/a.yaml]
extern: {Drop: {target: "mylib:Drop", signature: "... -> ..."}}
blocks:
  Block:
    params: {channels: int, stride: 1}
    residual:
      conv: {op: Conv2d, out_channels: channels, kernel_size: 3, stride: stride, padding: 1, bias: false}
      relu: ReLU
    shortcut: {downsample: auto}
    activation: relu
layers:
  conv: {op: Conv2d, out_channels: 2 * width, kernel_size: [3, width]}
  block: {op: Block, channels: width, repeat: 2, when: width > 3}
  group: {layers: [ReLU, {op: Linear, out_features: 3}], from: conv}
  both: {parallel: {a: ReLU, b: {op: Conv2d, out_channels: 1, kernel_size: 1}}, merge: cat, dim: 1}
  token: {parameter: [1, 1, width], init: zeros_}
  again: {op: Conv2d, share: conv, from: [both]}
  fc: {op: Linear, out_features: 10}
outputs: {logits: {from: fc, shape: [N, 10]}}
init: [{op: Conv2d, weight: kaiming_normal_, mode: fan_out}]
train:
  data: {dataset: CIFAR10, batch_size: 128, augment: [{op: RandomCrop, size: 32}, RandomHorizontalFlip]}
  loss: CrossEntropyLoss
  optimizer: {op: SGD, lr: 0.1, weight_decay: 5e-4}
  epochs: 3
  precision: bf16
"""


@pytest.fixture(scope="module")
def judge():
    schema = spec_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_is_json(judge):
    assert json.loads(json.dumps(judge.schema, allow_nan=False)) == judge.schema


def test_admits_a_spec_with_everything(judge):
    assert [e.message for e in judge.iter_errors(value(SPEC))] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("padding: 1, bias: false", "paddding: 1"),  # in a block
        ("kernel_size: [3, width]", "kernel_size: {a: 1}"),  # in a layer
        ("b: {op: Conv2d, out_channels: 1, kernel_size: 1}", "b: {op: Conv2d, out_channels: 1}"),  # in a branch
        ("[ReLU, {op: Linear, out_features: 3}]", "[ReLU, {op: Linear}]"),  # in a list in a group
        ("merge: cat", "merge: cats"),
        ("epochs: 3", "epoch: 3"),
        ("specc: 1", "specc: 2"),
        ("dtype: int64", "dtype: int65"),
        ('signature: "... -> ..."', "signature: 3"),
    ],
)
def test_refuses_a_mistake_at_any_depth(judge, right, wrong):
    assert right in SPEC
    assert not judge.is_valid(value(SPEC.replace(right, wrong)))


def test_every_op_is_dispatched_on_and_documented(judge):
    definitions = judge.schema["$defs"]
    names = [branch["if"]["properties"]["op"]["const"] for branch in definitions["layer"]["anyOf"][-1]["allOf"]]
    assert names == list(OPS)
    for name, op in OPS.items():
        definition = definitions[f"op.{name}"]
        assert definition["description"] == op.doc
        for argument in op.args.values():
            assert definition["properties"][argument.name]["description"] == argument.doc


def test_no_argument_of_an_op_hides_a_key_of_layers():
    hidden = {f"{name}.{arg}" for name, op in OPS.items() for arg in op.args if arg in {*LAYER_KEYS, "op"}}
    assert hidden == set()


def test_what_the_input_says_may_be_left_out():
    schema = op_schema(OPS["Conv2d"])
    assert schema["required"] == ["out_channels", "kernel_size"]
    assert "in_channels" in schema["properties"]
    assert schema["properties"]["stride"]["default"] == 1


@pytest.mark.parametrize("name", ["spec", "block", "extern", "train", "group", "parameter", "buffer", "share"])
def test_sections_are_closed_schemas(name):
    schema = section_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= set(schema["properties"])
