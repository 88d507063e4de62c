"""The command line as a whole: what is listed, what is imported, and what becomes of every way to fail."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from specc.cli import main as cli
from specc.cli.main import COMMANDS, load, main, parser


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_keeps_to_the_protocol(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = load(name)
    assert name == command.NAME
    assert "\n" not in command.HELP
    assert not command.HELP.endswith(".")
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"usage: specc {name}" in shown
    assert f"example:\n  specc {name}" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_is_accepted_by_its_own_parser(name: str) -> None:
    """What `--help` shows can be typed."""
    command = load(name)
    for line in command.EXAMPLE.splitlines():
        words = line.partition("#")[0].partition("|")[0].partition(">")[0].split()
        if words[:2] == ["specc", name]:
            parser(command).parse_intermixed_args(words[2:])


def test_the_overview_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


def test_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: specc COMMAND" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("specc 0.")


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "specc: there is no command `chekc`; did you mean `check`?\n"
    assert captured.out == ""


def test_an_unknown_command_cannot_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["\x1b[31mred"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "a.yaml", "--format", "xml"],
        ["check", "a.yaml", "--stric"],
        ["summary", "a.yaml", "--bind", "N"],
        ["summary", "a.yaml", "--bind", "N=-1"],
        ["summary", "a.yaml", "--bind", "N=" + "9" * 5000],
        ["summary", "a.yaml", "--depth", "0"],
        ["render", "a.yaml", "--format", "gif"],
        ["init", "gan"],
    ],
)
def test_usage_errors_end_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert "error:" in captured.err
    assert captured.out == ""


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def run(_args: object) -> int:
        raise error

    command = SimpleNamespace(NAME="ops", HELP="x", EXAMPLE="specc ops", add_arguments=lambda parser: None, run=run)
    monkeypatch.setattr(cli, "load", lambda name: command)


def test_a_bug_is_one_line_and_status_70(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("SPECC_DEBUG", raising=False)
    _failing(monkeypatch, RuntimeError("two\nlines \x1b[0m"))
    assert main(["ops"]) == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "RuntimeError" in said
    assert "SPECC_DEBUG=1" in said
    assert "\x1b" not in said


def test_specc_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SPECC_DEBUG", "1")
    _failing(monkeypatch, RuntimeError("broken"))
    assert main(["ops"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _failing(monkeypatch, KeyboardInterrupt())
    assert main(["ops"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def _specc(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "specc.cli.main", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """`specc schema | true` prints no complaint."""
    process = subprocess.Popen(
        [sys.executable, "-m", "specc.cli.main", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) == 141
    assert said == b""


def test_a_terminal_without_unicode_still_gets_its_text() -> None:
    done = _specc("ops", "Conv2d", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert r"\u03a3" in done.stdout


def test_colour_only_on_a_terminal_and_not_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    from io import StringIO

    from specc.cli.terminal import in_colour

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert in_colour(Terminal())
    assert not in_colour(StringIO())
    monkeypatch.setenv("NO_COLOR", "")
    assert in_colour(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not in_colour(Terminal())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_output_that_cannot_be_written_is_one_line_and_status_2() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "specc.cli.main", "ops"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "specc: cannot write the output: no space left on device\n"
