"""`specc explain`: the page of a code, the list of all, and a word that is no code."""

import pytest

from specc.cli.main import main


@pytest.mark.parametrize("written", ["S303", "s303", "[S303]"])
def test_a_code_is_explained_on_stdout(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", written]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("error[S303]: inputs whose shapes do not go together\n")
    assert "\x1b" not in captured.out
    assert captured.err == ""


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    assert "  W515  a bias before a batch norm\n" in capsys.readouterr().out


def test_an_unknown_code_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "W5155"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error[C110]: there is no code `W5155`" in captured.err
    assert "did you mean `W515` (a bias before a batch norm)?" in captured.err
