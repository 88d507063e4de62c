"""A shape error names both ends: where each of the two sizes was decided."""

import pytest

from specc.compiler import compile_text
from specc.diagnostics import Diagnostic

SPEC = """name: n
inputs: {{x: [N, 3, 32, 32]}}
params: {{w: 64}}
blocks:
  Conv:
    params: {{c: int}}
    layers: [{{op: Conv2d, out_channels: c, kernel_size: 3, padding: 1}}]
  Two:
    params: {{d: int}}
    layers: [{{op: Conv, c: d + 1}}, ReLU]
layers:
  stem: {{op: Conv, c: w}}
  down: {{op: Two, d: 2 * w, repeat: 2}}
  end: {{op: {end}}}
"""


def _blamed(spec: str, code: str) -> Diagnostic:
    (one,) = [d for d in compile_text(spec, "spec.yaml").diagnostics if d.code == code]
    return one


@pytest.mark.parametrize("end", ["add, from: [stem, down]", "cat, dim: 0, from: [stem, down]"])
def test_both_uses_of_a_block_are_named(end: str) -> None:
    one = _blamed(SPEC.format(end=end), "S303")
    notes = [(note.text, note.span and note.span.line) for note in one.notes]
    assert notes == [
        ("from: stem gives [N, 64, 32, 32]", 12),
        ("from: down gives [N, 129, 32, 32]", 13),
        ("64 comes from c: w", 12),  # the use comes before the layer inside, which is the same in both
        ("64 comes from out_channels: c of `0`", 7),
        ("129 comes from d: 2 * w", 13),
        ("129 comes from c: d + 1", 10),
    ]


def test_what_is_not_a_multiple_is_blamed_on_its_maker() -> None:
    one = _blamed(SPEC.format(end="PixelShuffle, upscale_factor: 2"), "S308")
    assert [note.text for note in one.notes][1:] == ["129 comes from d: 2 * w", "129 comes from c: d + 1"]
    assert one.help == "the nearest is 128 or 132"
