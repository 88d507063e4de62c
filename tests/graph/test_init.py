"""`init`: rules that match, and those that do not."""

import pytest

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
        ("{weight: zeros_}", "L202", 5),
    ],
)
def test_rules_that_do_not_match_are_reported(rule: str, code: str, column: int) -> None:
    assert problems(TEXT + f"  - {rule}\n") == [(code, 8, column)]
