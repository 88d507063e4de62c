"""`reset_parameters` fills what the rules name, in their order, and nothing else."""

import pytest
import torch

from specc.emit.python import to_python
from tests.emit.python.running import compiled, module

TEXT = """name: net
inputs: {x: [N, 4, 8, 8]}
blocks:
  Unit:
    layers:
      conv: {op: Conv2d, out_channels: 4, kernel_size: 3, padding: 1, bias: BIAS}
      bn: BatchNorm2d
layers:
  stem: {op: Unit}
  body: {op: Unit, repeat: 2}
  flat: {op: flatten, start_dim: 1}
  fc: {op: Linear, out_features: 4}
  fc_head: {op: Linear, out_features: 4}
init:
"""


def ones(rules: list[str], bias: str = "true") -> list[str]:
    """The parameters that are all 7 under the rules, each of which says so with `constant_`."""
    text = TEXT.replace("BIAS", bias) + "".join(f"  - {rule}\n" for rule in rules)
    network = module(compiled(text))
    return [name for name, parameter in network.named_parameters() if bool((parameter == 7).all())]


SEVEN = "{op: constant_, val: 7}"


@pytest.mark.parametrize(
    ("rule", "filled"),
    [
        ("{path: fc, weight: 7}", ["fc.weight"]),
        ("{path: fc, weight: 7, bias: 7}", ["fc.weight", "fc.bias"]),
        ("{path: 'fc*', bias: 7}", ["fc.bias", "fc_head.bias"]),
        ("{path: '*fc', bias: 7}", ["fc.bias"]),
        ("{path: body.1.bn, weight: 7}", ["body.1.bn.weight"]),
        ("{path: 'body.*', weight: 7}", [f"body.{k}.{n}.weight" for k in (0, 1) for n in ("conv", "bn")]),
        ("{path: 'body.*', op: Conv2d, weight: 7}", ["body.0.conv.weight", "body.1.conv.weight"]),
        ("{path: '*.bn', weight: 7}", [f"{s}.bn.weight" for s in ("stem", "body.0", "body.1")]),
        ("{path: '*', op: Linear, bias: 7}", ["fc.bias", "fc_head.bias"]),
        ("{path: '*o*.*n', op: BatchNorm2d, bias: 7}", ["body.0.bn.bias", "body.1.bn.bias"]),
        ("{path: 'b*1*', bias: 7}", ["body.1.conv.bias", "body.1.bn.bias"]),
    ],
)
def test_a_rule_fills_what_it_names(rule: str, filled: list[str]) -> None:
    assert ones([rule.replace("7", SEVEN)]) == filled


def test_a_later_rule_wins() -> None:
    rules = [f"{{op: Linear, weight: {SEVEN}}}", "{path: fc, weight: zeros_}"]
    assert ones(rules) == ["fc_head.weight"]
    assert ones(rules[::-1]) == ["fc.weight", "fc_head.weight"]


def test_a_parameter_that_some_lack_is_asked_for() -> None:
    """The convolutions inside the blocks have no bias; a layer of the same op has."""
    text = TEXT.replace("BIAS", "false").replace(
        "  flat:", "  last: {op: Conv2d, out_channels: 4, kernel_size: 1}\n  flat:"
    )
    for rule in ("{op: Conv2d, bias: zeros_}", "{path: '*', op: Conv2d, bias: zeros_}"):
        network = module(compiled(f"{text}  - {rule}\n"))
        assert not network.get_parameter("last.bias").any()


def test_names_that_a_pattern_cannot_tell_apart_are_listed() -> None:
    """`a*ba` is not any text that starts with `a` and ends with `ba`: `a` must come before it."""
    text = """name: net
inputs: {x: [N, 4]}
layers:
  aba: {op: Linear, out_features: 4}
  ababa: {op: Linear, out_features: 4}
init:
  - {path: "ab*aba", weight: zeros_}
"""
    graph = compiled(text)
    assert 'if name in {"ababa.weight"}:' in to_python(graph)
    zero = [name for name, parameter in module(graph).named_parameters() if not parameter.any()]
    assert zero == ["ababa.weight"]


def test_without_a_rule_there_is_no_method() -> None:
    text = TEXT.replace("BIAS", "true").replace("init:\n", "")
    assert "reset_parameters" not in to_python(compiled(text))
    torch.manual_seed(0)
    assert module(compiled(text)).get_parameter("fc.weight").any()
