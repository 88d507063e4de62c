"""`specc train`, `eval` and `predict`: exit statuses, what goes to stdout, and what is said on stderr."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import specc.cli.spec
import specc.cli.train
import specc_runtime.program
from specc.cli.main import main
from specc_runtime.data.digits import Digits
from tests.runtime.programs import program


@pytest.fixture(autouse=True)
def a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler's part is tested elsewhere: any spec is the tests' network."""
    compiled = SimpleNamespace(graph=object(), diagnostics=(), sources={}, ok=True)
    monkeypatch.setattr(specc.cli.spec, "compiled", lambda _args: compiled)
    monkeypatch.setattr(specc_runtime.program, "of_graph", lambda _graph, epochs: program(epochs=epochs or 2))
    monkeypatch.setattr(specc_runtime.program, "of_file", lambda _path: program())


def test_train_then_evaluate_then_predict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["train", "net.yaml", "--device", "cpu", "--out", "it", "--epochs", "1"]) == 0
    captured = capsys.readouterr()
    said = json.loads(captured.out)
    assert (said["run"], said["epochs"]) == ("it", 1)
    assert "on these images" in captured.err

    assert main(["eval", "it", "--device", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out) == {**said["test"], "samples": 360}

    image, label = Digits(train=True)[3]
    image.save("digit.png")
    assert main(["predict", "it", "digit.png", "--device", "cpu", "--format", "json", "--top", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["top"][0]["class"] == str(label)
    assert main(["predict", "it", "digit.png", "--device", "cpu"]) == 0
    assert capsys.readouterr().out.startswith(f"digit.png: {label} ")


def test_problems_are_diagnostics_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code in (
        (["train", "net.yaml", "--device", "tpu"], "R705"),
        (["train", "net.yaml", "--resume"], "R711"),
        (["eval", "nowhere"], "R711"),
        (["predict", "nowhere", "digit.png"], "R711"),
    ):
        assert main(arguments) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert f"error[{code}]" in captured.err
        assert "Traceback" not in captured.err


def test_missing_pytorch_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else object())
    for arguments in (["train", "net.yaml"], ["eval", "it"], ["predict", "it", "a.png"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err == 'this needs torch: pip install "specc[torch]"\n'
