"""`specc fmt`: files, stdin, statuses."""

import io
from pathlib import Path

import pytest

from specc.cli.main import main

LOOSE = "name:   net\nlayers: [ 'ReLU' ]  # all\n"
NEAT = "name: net\n\nlayers: [ReLU]  # all\n"


@pytest.fixture(autouse=True)
def _in_a_folder_of_specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loose.yaml").write_text(LOOSE)
    Path("neat.yaml").write_text(NEAT)
    Path("broken.yaml").write_text("layers: [\n")


def test_files_are_laid_out_in_place_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "loose.yaml", "neat.yaml"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "loose.yaml\n"
    assert captured.err == "specs: 1 reformatted, 1 unchanged\n"
    assert Path("loose.yaml").read_text() == NEAT
    assert sorted(path.name for path in Path().iterdir()) == ["broken.yaml", "loose.yaml", "neat.yaml"]
    assert main(["fmt", "loose.yaml"]) == 0
    assert capsys.readouterr().out == ""


def test_check_lists_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", "neat.yaml"]) == 0
    assert main(["fmt", "--check", "neat.yaml", "loose.yaml"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "loose.yaml\n"
    assert "1 would be reformatted" in captured.err
    assert Path("loose.yaml").read_text() == LOOSE


def test_what_cannot_be_read_is_refused_and_the_rest_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "broken.yaml", "absent.yaml", "loose.yaml"]) == 1
    said = capsys.readouterr().err
    assert "error[Y101]" in said
    assert "--> broken.yaml:1:" in said
    assert "error[Y001]" in said
    assert Path("broken.yaml").read_text() == "layers: [\n"
    assert Path("loose.yaml").read_text() == NEAT


@pytest.mark.parametrize(
    ("text", "arguments", "status", "out"),
    [
        (LOOSE, [], 0, NEAT),
        (NEAT, [], 0, NEAT),
        (LOOSE, ["--check"], 1, "<stdin>\n"),
        (NEAT, ["--check"], 0, ""),
        ("a: [", [], 1, ""),
    ],
)
def test_stdin_goes_to_stdout(
    text: str,
    arguments: list[str],
    status: int,
    out: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["fmt", "-", *arguments]) == status
    captured = capsys.readouterr()
    assert captured.out == out
    assert ("--> <stdin>:1:" in captured.err) == (text == "a: [")


def test_a_link_stays_one_and_permissions_stay() -> None:
    Path("loose.yaml").chmod(0o640)
    Path("link.yaml").symlink_to("loose.yaml")
    assert main(["fmt", "link.yaml"]) == 0
    assert Path("link.yaml").is_symlink()
    assert Path("loose.yaml").read_text() == NEAT
    assert Path("loose.yaml").stat().st_mode & 0o777 == 0o640


def test_a_full_disk_leaves_the_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main(["fmt", "loose.yaml"]) == 2
    said = capsys.readouterr().err
    assert "error[C102]" in said
    assert "another place" not in said
    assert Path("loose.yaml").read_text() == LOOSE
    assert sorted(path.name for path in Path().iterdir()) == ["broken.yaml", "loose.yaml", "neat.yaml"]
