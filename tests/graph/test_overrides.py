"""`--set` on a whole spec: the result is checked as if it had been written, and a slip of the key is no silence."""

import pytest

from specc.compiler import compile_text

TEXT = """specc: 1
params: {width: 8}
inputs: {x: [N, 4]}
layers:
  fc: {op: Linear, out_features: width}
"""


def test_a_param_is_set() -> None:
    result = compile_text(TEXT, overrides=["params.width=3"])
    assert result.ok
    assert result.graph is not None
    assert str(result.graph.outputs["output"]) == "[N, 3]"


@pytest.mark.parametrize(
    ("override", "code", "column", "help"),
    [
        ("params.widht=3", "L201", 8, "did you mean `width`?"),
        ("params.depth=3", "L201", 8, "its params: `width`"),
        ("params.depth.x=3", "L201", 8, "its params: `width`"),
        ("layers.fc.out_feature=3", "L201", 11, "`out_features` is written already; remove one of them"),
        ("layers.fc.out_features=widht", "E206", 24, "did you mean `width`?"),
        ("layers.fc.in_features=5", "S301", 11, "remove `in_features` (it is inferred), or write `in_features: 4`"),
        ("parms.width=3", "L201", 1, None),
    ],
)
def test_what_is_wrong_is_shown_in_the_override(override: str, code: str, column: int, help: str | None) -> None:
    result = compile_text(TEXT, overrides=[override])
    found = [d for d in result.diagnostics if d.span and d.span.file == f"--set {override}"]
    assert [(d.code, d.span.column) for d in found if d.span] == [(code, column)]
    if help:
        assert found[0].help == help


def test_a_spec_without_params_has_none_to_set() -> None:
    result = compile_text("specc: 1\ninputs: {x: [N, 4]}\nlayers: {a: ReLU}\n", overrides=["params.width=3"])
    assert [(d.code, d.help) for d in result.diagnostics] == [("L201", "it declares none")]
