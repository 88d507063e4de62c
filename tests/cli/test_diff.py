"""`specc diff`: statuses and streams."""

import json
from pathlib import Path

import pytest

from specc.cli.main import main

SPEC = "params: {wide: 4}\ninputs: {x: [N, 3]}\nlayers: {fc: {op: Linear, out_features: wide}}\n"


@pytest.fixture(autouse=True)
def _in_a_folder_of_specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(SPEC)
    Path("b.yaml").write_text(SPEC.replace("wide: 4", "wide: 5"))
    Path("broken.yaml").write_text(SPEC.replace("out_features", "out_feature"))


def test_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "a.yaml", "b.yaml"]) == 0
    captured = capsys.readouterr()
    assert "~ fc  Linear  out_features 4 → 5; " in captured.out
    assert captured.err == ""
    assert main(["diff", "a.yaml", "b.yaml", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == {"a": 16, "b": 20}


def test_overrides_hold_for_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "a.yaml", "b.yaml", "--set", "params.wide=7"]) == 0
    assert capsys.readouterr().out == "a → b: the same layers, shapes and parameters\n"


def test_a_spec_with_errors_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "a.yaml", "broken.yaml"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error[L201]" in captured.err


def test_a_size_for_no_symbol_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "a.yaml", "b.yaml", "--bind", "H=3"]) == 2
    assert "error[C103]" in capsys.readouterr().err
