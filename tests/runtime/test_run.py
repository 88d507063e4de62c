"""A run from start to end, on the real digits."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from specc_runtime import RunError
from specc_runtime.training import checkpoint
from specc_runtime.training.apply import evaluate_run, predict_run
from specc_runtime.training.progress import Progress
from specc_runtime.training.run import Result, train
from tests.runtime.programs import MODEL, program

QUIET = Progress(quiet=True)


def run(spec: Any = None, **options: Any) -> Result:
    return train(spec or program(), device="cpu", progress=QUIET, **options)


def code(caught: pytest.ExceptionInfo[RunError]) -> str:
    return caught.value.diagnostic.code


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return checkpoint.load(folder, "last").weights


def test_a_run_folder_holds_everything(tmp_path: Path) -> None:
    result = run(program(epochs=3, metrics=["accuracy", "f1", "top5_accuracy"]))
    assert result.folder == Path("runs/net-1")
    assert {p.name for p in result.folder.iterdir()} == {
        "spec.yaml", "model.py", "run.json", "metrics.jsonl", "checkpoints",
        "samples.png", "curves.png", "confusion.png", "predictions.png",
    }  # fmt: skip
    lines = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert [line["step"] for line in lines] == [12, 24, 36]
    assert lines == result.history
    assert lines[-1]["train"]["loss"] < lines[0]["train"]["loss"]
    assert result.metrics["accuracy"] > 0.85
    assert result.metrics["top5_accuracy"] >= result.metrics["accuracy"]
    for name in ("samples", "curves", "confusion", "predictions"):
        with Image.open(result.folder / f"{name}.png") as image:
            assert min(image.size) > 300


def test_equal_seeds_give_equal_weights_and_runs_are_numbered() -> None:
    first, second, other = run(), run(), run(program(seed=1))
    assert [r.folder.name for r in (first, second, other)] == ["net-1", "net-2", "net-3"]
    a, b, c = weights(first.folder), weights(second.folder), weights(other.folder)
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert not torch.equal(a["fc1.weight"], c["fc1.weight"])


def test_a_resumed_run_equals_an_uninterrupted_one() -> None:
    """Same weights to the bit, with dropout, augmentation and a schedule by epochs."""
    changes: dict[str, Any] = {
        "scheduler": {"op": "StepLR", "step_size": 1, "gamma": 0.5},
        "data_augment": [{"op": "RandomCrop", "size": 8, "padding": 1}],
    }
    whole = run(program(epochs=3, **changes), out=Path("whole"))
    run(program(epochs=1, **changes), out=Path("parts"))
    parts = run(program(epochs=3, **changes), out=Path("parts"), resume=True)
    a, b = weights(whole.folder), weights(parts.folder)
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert [line["train"] for line in whole.history] == [line["train"] for line in parts.history]


def test_resume_refuses_another_network() -> None:
    run(program(epochs=1), out=Path("it"))
    changed = program(source=MODEL.format(features=64, classes=10).replace("0.1", "0.2"))
    with pytest.raises(RunError) as caught:
        run(changed, out=Path("it"), resume=True)
    assert code(caught) == "R711"


def test_resume_accepts_a_new_header() -> None:
    """The header holds the spec's digest, which a longer `epochs` changes."""
    run(program(epochs=1), out=Path("it"))
    source = MODEL.format(features=64, classes=10).replace("A network written", "Digest 12ab. A network written")
    assert len(run(program(epochs=2, source=source), out=Path("it"), resume=True).history) == 2


def test_a_sample_that_a_worker_cannot_read_is_a_diagnostic(monkeypatch: pytest.MonkeyPatch) -> None:
    from specc_runtime.data.digits import Digits

    real = Digits.__getitem__

    def broken(self: Digits, index: int) -> Any:
        if index == 700:
            raise OSError("image file is truncated")
        return real(self, index)

    monkeypatch.setattr(Digits, "__getitem__", broken)
    for workers in (0, 1):
        with pytest.raises(RunError) as caught:
            run(program(data_workers=workers))
        assert code(caught) == "R702"
        assert "sample 700 of `Digits`" in caught.value.diagnostic.message


def test_a_run_folder_is_never_overwritten(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("keep")
    with pytest.raises(RunError) as caught:
        run(out=taken)
    assert code(caught) == "R707"
    assert [p.name for p in taken.iterdir()] == ["mine.txt"]


def test_evaluate_and_predict_read_a_run_back(tmp_path: Path) -> None:
    spec = program(epochs=2)
    result = run(spec)
    again = evaluate_run(result.folder, lambda _: spec, device="cpu")
    assert again == {**result.metrics, "samples": 360}
    assert evaluate_run(result.folder, lambda _: spec, split="train", device="cpu")["samples"] == 1437

    from specc_runtime.data.digits import Digits

    test = Digits(train=False)
    files = []
    for index in range(20):
        files.append(tmp_path / f"{index}.png")
        image, _ = test[index]
        (image.convert("RGB").resize((64, 64), Image.Resampling.NEAREST) if index % 2 else image).save(files[-1])
    found = predict_run(result.folder, files, lambda _: spec, device="cpu")
    right = sum(guesses[0].name == str(test[i][1]) for i, (_, guesses) in enumerate(found))
    assert right >= 16
    assert all(len(guesses) == 3 and guesses[0].probability >= guesses[1].probability for _, guesses in found)

    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(RunError) as caught:
        predict_run(result.folder, [tmp_path / "text.png"], lambda _: spec, device="cpu")
    assert code(caught) == "R714"


def test_a_loss_that_is_not_finite_stops_the_run_and_is_never_saved() -> None:
    spec = program(optimizer={"op": "SGD", "lr": 1e30}, epochs=3)
    with pytest.raises(RunError) as caught:
        run(spec, out=Path("it"))
    assert code(caught) == "R706"
    assert "step 2" in caught.value.diagnostic.message
    assert not (Path("it") / "checkpoints").exists()


def test_the_data_is_checked_before_step_1() -> None:
    for spec, expected in (
        (program(sample=(3, 8, 8)), "R703"),
        (program(sample=(1, 28, 28)), "R703"),
        (program(classes=9), "R703"),
        (program(sample=(1, "H", "W"), source=MODEL.format(features=100, classes=10)), "R703"),
    ):
        with pytest.raises(RunError) as caught:
            run(spec, out=Path("it"))
        assert code(caught) == expected
        assert not Path("it").exists(), "a run that cannot start leaves no folder"


def test_a_network_with_two_inputs_is_refused() -> None:
    spec = program()
    two = type(spec)(
        **{**{f: getattr(spec, f) for f in spec.__slots__}, "inputs": {**spec.inputs, "mask": ((), "bool")}}
    )
    with pytest.raises(RunError) as caught:
        run(two)
    assert code(caught) == "R712"


@pytest.mark.parametrize(
    "changes",
    [
        {"scheduler": {"op": "OneCycleLR", "max_lr": 0.05}, "optimizer": {"op": "SGD", "lr": 0.1, "momentum": 0.9}},
        {"scheduler": "ReduceLROnPlateau"},
        {"scheduler": "CosineAnnealingLR", "accumulate": 5, "clip_grad_norm": 1.0},
        {
            "scheduler": {
                "op": "SequentialLR",
                "schedulers": [{"op": "LinearLR", "total_iters": 1}, "CosineAnnealingLR"],
                "milestones": [1],
            }
        },
        {"precision": "bf16", "loss": {"op": "CrossEntropyLoss", "label_smoothing": 0.1}},
        {"epochs": None, "steps": 15},
        {"data_workers": 1, "data_augment": ["RandomHorizontalFlip"], "data_batch_size": 359},
    ],
    ids=str,
)
def test_ways_to_train(changes: dict[str, Any]) -> None:
    result = run(program(**changes))
    assert len(result.history) == 2
    if "steps" in changes:
        assert result.history[-1]["step"] == 15
    if changes.get("accumulate") == 5:
        assert result.history[0]["step"] == 3, "12 batches in groups of 5, 5 and 2"


def test_early_stop_waits_its_patience() -> None:
    spec = program(epochs=9, optimizer={"op": "SGD", "lr": 0.0}, early_stop={"patience": 2, "monitor": "accuracy"})
    # lr 0: only the batch statistics move, so the accuracy soon stands still
    assert len(run(spec).history) < 9


def test_an_interrupt_keeps_what_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    import specc_runtime.training.run as module

    real, calls = module.train_one_epoch, []

    def interrupted(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(module, "train_one_epoch", interrupted)
    result = run(program(epochs=5))
    assert result.interrupted
    assert len(result.history) == 2
    assert (result.folder / "confusion.png").exists()


def test_a_last_batch_of_one_does_not_stop_batch_normalisation() -> None:
    result = run(program(data_batch_size=359, epochs=1))  # 1437 = 4 × 359 + 1
    assert result.history[0]["step"] == 4


def test_plain_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    train(program(epochs=1), device="cpu")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "\x1b" not in captured.err
    assert "epoch 1/1  train loss " in captured.err
    assert "Accuracy of the network on the 360 test images: " in captured.err
