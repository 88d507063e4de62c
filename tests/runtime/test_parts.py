"""Configuration, device, metrics, objectives and the live module."""

import traceback
from typing import Any

import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from specc_runtime import RunError, from_source
from specc_runtime.config import Named, TrainConfig
from specc_runtime.training.device import pick
from specc_runtime.training.metrics import Totals
from specc_runtime.training.objective import Objective, build_optimizer
from tests.runtime.programs import MODEL, section


def code(plain: dict[str, Any]) -> str:
    with pytest.raises(RunError) as caught:
        TrainConfig.from_plain(plain)
    return caught.value.diagnostic.code


def test_the_section_becomes_typed_values() -> None:
    config = TrainConfig.from_plain(section(early_stop={"patience": 3}, precision=16, compile=False))
    assert config.optimizer == Named("AdamW", {"lr": 0.01})
    assert (config.epochs, config.steps, config.precision, config.seed) == (2, None, "16", 0)
    assert config.early_stop is not None
    assert config.early_stop.monitor == "loss"
    assert TrainConfig.from_plain(section(epochs=None, steps=7), epochs=4).epochs == 4


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"compile": True}, "R712"),
        ({"ema": 0.9}, "R712"),
        ({"data_target": "mylib:Cells"}, "R712"),
        ({"optimizer": {"target": "mylib:Opt"}}, "R712"),
        ({"loss": None}, "R713"),
        ({"epochs": None}, "R713"),
        ({"steps": 3}, "R713"),
        ({"precision": 8}, "R713"),
        ({"metrics": ["acuracy"]}, "R713"),
        ({"seed": -1}, "R713"),
        ({"epochs": True}, "R713"),
    ],
    ids=str,
)
def test_what_is_not_supported_is_refused_not_ignored(changes: dict[str, Any], expected: str) -> None:
    assert code(section(**changes)) == expected


def test_an_absent_device_is_a_diagnostic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick("auto").type == "cpu"
    for name in ("cuda", "cuda:1", "mps", "tpu"):
        with pytest.raises(RunError) as caught:
            pick(name)
        assert caught.value.diagnostic.code == "R705"


def test_metrics_are_scikit_learns() -> None:
    generator = torch.Generator().manual_seed(0)
    scores, labels = torch.randn(500, 7, generator=generator), torch.randint(0, 7, (500,), generator=generator)
    totals = Totals.zeros(7, torch.device("cpu"))
    for start in range(0, 500, 64):
        part = slice(start, start + 64)
        totals.add(torch.tensor(float(len(labels[part]))), scores[part], labels[part])
    found = totals.figures(("accuracy", "precision", "recall", "f1", "top5_accuracy"))
    truth, guess = labels.numpy(), scores.argmax(1).numpy()
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, guess))
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        assert found[name] == pytest.approx(score(truth, guess, average="macro", zero_division=0))
    assert found["loss"] == pytest.approx(sum(min(64, 500 - s) ** 2 for s in range(0, 500, 64)) / 500)


def test_a_binary_loss_never_broadcasts() -> None:
    objective = Objective(Named("BCEWithLogitsLoss"), 2)
    output, labels = torch.randn(8, 1), torch.randint(0, 2, (8,))
    expected = torch.nn.functional.binary_cross_entropy_with_logits(output[:, 0], labels.float())
    assert torch.allclose(objective(output, labels), expected)
    assert objective.scores(output).argmax(1).equal((output[:, 0] > 0).long())
    with pytest.raises(RunError):
        Objective(Named("BCEWithLogitsLoss"), 10)
    with pytest.raises(RunError):
        Objective(Named("MSELoss"), 10)


def test_pytorchs_refusals_are_diagnostics() -> None:
    parameter = [torch.nn.Parameter(torch.zeros(2, 2))]
    for spec in (Named("SGD", {"lr": -1}), Named("SGD", {"rate": 1}), Named("Sgd"), Named("LBFGS")):
        with pytest.raises(RunError) as caught:
            build_optimizer(spec, parameter)
        assert caught.value.diagnostic.code == "R713"
    adam = build_optimizer(Named("Adam", {"betas": [0.8, 0.9]}), parameter)
    assert adam.param_groups[0]["betas"] == (0.8, 0.9)


def test_a_traceback_shows_the_generated_line() -> None:
    model = from_source(MODEL.format(features=64, classes=10), "net", "specs/net.yaml")
    with pytest.raises(RuntimeError) as caught:
        model(torch.zeros(2, 1, 9, 9))
    text = "".join(traceback.format_exception(caught.value))
    assert "<specc specs/net.yaml>" in text
    assert "x = self.fc1(x)" in text
