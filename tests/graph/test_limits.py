"""What is too large is refused before it costs anything; times are CPU seconds."""

import time

import pytest

from specc.compiler import compile_text
from tests.graph.reading import HEAD, codes

VECTOR = "inputs: {x: [N, 32]}\n"


def _timed(text: str) -> tuple[list[str], float]:
    start = time.process_time()
    found = [d.code for d in compile_text(HEAD + text).diagnostics]
    return found, time.process_time() - start


@pytest.mark.parametrize("count", ["1000000000000", "10 ** 12", "10001", "2 ** 61", "10 ** 9 * 10 ** 9"])
def test_a_huge_repeat_is_refused_at_once(count: str) -> None:
    found, seconds = _timed(VECTOR + f"layers: {{a: {{op: ReLU, repeat: {count}}}}}")
    assert found == ["L302"]
    assert seconds < 0.3


def test_repeats_inside_repeats_are_counted_before_they_are_built() -> None:
    text = (
        VECTOR
        + """
blocks:
  A: {layers: {a: {op: ReLU, repeat: 100}}}
  B: {layers: {a: {op: A, repeat: 100}}}
layers: {c: {op: B, repeat: 100}}
"""
    )
    found, seconds = _timed(text)
    assert found == ["L301"]
    assert seconds < 3  # one copy of B is built


def test_blocks_that_double_are_stopped() -> None:
    """Forty blocks, each using the one before twice: a trillion layers from forty lines."""
    blocks = "\n".join(f"  B{k}: {{layers: [B{k - 1}, B{k - 1}]}}" for k in range(1, 40))
    found, seconds = _timed(VECTOR + f"blocks:\n  B0: {{layers: [ReLU]}}\n{blocks}\nlayers: [B39]")
    assert set(found) <= {"L301", "L303"}
    assert found
    assert seconds < 10


BOMBS = [
    "9 ** 9 ** 9", "9 ** 4000000", "(9 ** 99) ** 99", "2 ** 62 * 2 ** 62", "10 ** 18 * 10 ** 18 * 10 ** 18",
    "-(2 ** 63)", "1 / 0", "1 // 0", "1 % 0", "0 ** -1", "(-1) ** 0.5", "1e308 * 10 ** 10", "int(1e300)",
    "round(1e308 * 10)", "'a' * 10 ** 9", "[0] * 10 ** 9", "[1] + [2]", "len('a' * 9)", "1 if", "lambda: 0",
    "__import__('os')", "().__class__", "(1).bit_length()", "[x for x in [1]]", "f'{1}'", "x.shape[0]",
    "open('/etc/passwd')", "1 and 2 or", "{}", "{1}", "a := 1", "*[1]", "not", "1 < 2 < 'a'", "min()", "min(1)",
    "max([], 1)", "abs('a')", "sum(1)", "int('9' * 9)", "float('nan')", "float('inf') - float('inf')", "1j", "b'a'",
    "...", "None + 1", "True + 1", "N ** N", "N ** 100", "N / 2", "N // 0", "N % 0", "[N][N]", "[1][5]", "[1]['a']",
    "min(N, 'a')", "N < 'a'", "N in 3", "N if N else 1", "(" * 90 + ")" * 90, "-" * 900 + "1", "1" + " + 1" * 240,
    "1" * 999, "1" * 1001, "((N + 1) ** 4) ** 4", "((((N ** 4) ** 4) ** 4) ** 4)",
    "(N + T + 1) ** 4 * (N + T + 2) ** 4 * (N + T + 3) ** 4", "N // 3 // 5 // 7 // 11 // 13 % 17", "é", "a b", "\\",
    "a\\nb", "1_0",
]  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
@pytest.mark.parametrize("place", ["out_features", "when", "repeat", "dim"])
def test_no_expression_costs_more_than_a_moment(bomb: str, place: str) -> None:
    """Neither time nor an exception: a diagnostic, or a value."""
    quoted = bomb.replace("'", "''")
    layer = {
        "out_features": f"a: {{op: Linear, out_features: '{quoted}'}}",
        "when": f"a: {{op: ReLU, when: '{quoted}'}}\n  b: {{op: ReLU, from: a or x}}",
        "repeat": f"a: {{op: ReLU, repeat: '{quoted}'}}",
        "dim": f"a: {{op: reshape, shape: ['{quoted}', -1]}}",
    }[place]
    text = f"inputs: {{x: [N, T, 32]}}\nlayers:\n  {layer}\n"
    _timed(text)  # imports of what explains a refusal
    found, seconds = _timed(text)
    assert seconds < 0.05
    assert found or place in ("dim", "repeat", "when") or bomb in ("1_0", "2 ** 61")


@pytest.mark.parametrize(
    "bomb", ["[N * N, 3]", "[9 ** 9 ** 9]", "['N // 0']", "[H, 'H - H - 1']", "[-1]", "['1 - 2']", "[1.5]", "[null]"]
)
def test_shapes_that_are_none_are_refused(bomb: str) -> None:
    found, seconds = _timed(f"inputs: {{x: {bomb}}}\nlayers: {{a: ReLU}}\n")
    assert seconds < 0.3
    assert found or bomb in ("[N * N, 3]", "[H, 'H - H - 1']")


def test_deep_groups_are_fine_to_the_limit_of_nesting() -> None:
    text = "a: ReLU"
    for _ in range(29):
        text = f"g: {{layers: {{{text}}}}}"
    assert codes("inputs: {y: [N, 4]}\nlayers: {" + text + "}") == []
