"""`init`: rules that match, and those that do not."""

import pytest

from specc.graph.init import owners
from tests.graph.reading import compiled, problems

TEXT = """inputs: {x: [N, 3, 8, 8]}
layers:
  conv: {op: Conv2d, out_channels: 4, kernel_size: 3, bias: false}
  norm: BatchNorm2d
  flat: {op: flatten, start_dim: 1}
  fc: {op: Linear, out_features: 2}
init:
"""


def test_rules_keep_their_order_and_arguments() -> None:
    text = (
        TEXT
        + """
  - {op: Conv2d, weight: kaiming_normal_, mode: fan_out, nonlinearity: relu}
  - {op: Linear, weight: {op: normal_, std: 0.02}, bias: zeros_}
"""
    )
    rules = compiled(text).init
    assert [(r.op, r.parameter, r.function, dict(r.args)) for r in rules] == [
        ("Conv2d", "weight", "kaiming_normal_", {"mode": "fan_out", "nonlinearity": "relu"}),
        ("Linear", "weight", "normal_", {"std": 0.02}),
        ("Linear", "bias", "zeros_", {}),
    ]


@pytest.mark.parametrize(
    ("rule", "code", "column"),
    [
        ("{op: LSTM, weight: zeros_}", "N409", 10),
        ("{op: Conv2d, bias: zeros_}", "N409", 18),
        ("{op: Conv2d, weight: kaiming_norml_}", "L204", 26),
        ("{op: Conv2d, weight: zeros_, mode: fan_out}", "L201", 34),
        ("{op: Conv2d, weight: {op: normal_, sdt: 1}}", "L201", 40),
        ("{op: Conv2d, weight: constant_}", "L202", 18),
        ("{op: ReLU, weight: zeros_}", "N409", 10),
        ("{weight: zeros_}", "L202", 5),
        ("{op: Conv2d}", "L202", 5),
        ("{op: Conv2d, weight: {op: normal_, std: -1}}", "L204", 45),
        ("{op: Conv2d, weight: normal_, std: 2 * 3}", "L203", 40),
        ("{op: Conv2d, weight: kaiming_normal_, mode: fan_avg}", "L204", 49),
        ("{op: Linear, weight: uniform_, a: 2}", "L204", 39),
        ("{op: BatchNorm2d, weight: xavier_uniform_}", "L204", 31),
        ("{op: Linear, weight: dirac_}", "L204", 26),
        ("{path: fd, weight: zeros_}", "N409", 12),
        ("{path: fc.weight, weight: zeros_}", "N409", 12),
        ("{path: fc, scale: zeros_}", "L201", 16),
        ("{path: 'n*', op: Linear, weight: zeros_}", "N409", 12),
        ("{path: '*', weight: kaiming_normal_}", "L204", 25),
    ],
)
def test_rules_that_do_not_match_are_reported(rule: str, code: str, column: int) -> None:
    assert problems(TEXT + f"  - {rule}\n") == [(code, 8, column)]


NESTED = """inputs: {x: [N, 3, 8, 8]}
blocks:
  Unit:
    residual:
      conv: {op: Conv2d, out_channels: 3, kernel_size: 3, padding: 1}
      bn: BatchNorm2d
layers:
  stem: {op: Unit}
  body: {op: Unit, repeat: 2}
init:
"""


@pytest.mark.parametrize(
    ("rule", "paths"),
    [
        ("{path: '*.bn', weight: zeros_}", ["stem.bn", "body.0.bn", "body.1.bn"]),
        ("{path: 'body.*', weight: zeros_}", ["body.0.conv", "body.0.bn", "body.1.conv", "body.1.bn"]),
        ("{path: 'body.*', op: Conv2d, weight: zeros_}", ["body.0.conv", "body.1.conv"]),
        ("{path: 'b*.1.*n', weight: zeros_}", ["body.1.bn"]),
        ("{path: body.0.bn, weight: zeros_}", ["body.0.bn"]),
    ],
)
def test_a_star_in_a_path_is_any_text(rule: str, paths: list[str]) -> None:
    graph = compiled(NESTED + f"  - {rule}\n")
    assert [node.path for node in owners(graph.init[0], graph.leaves())] == paths


def test_the_dot_in_a_path_is_a_dot() -> None:
    assert problems(NESTED + "  - {path: 'stem.b.', weight: zeros_}\n") == [("N409", 11, 12)]
