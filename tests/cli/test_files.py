"""A file is there as a whole or not at all."""

from pathlib import Path

import pytest

from specc.cli.files import create, write
from specc.cli.problem import Problem


def test_write_makes_folders_and_leaves_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b.txt", b"one")
    write(tmp_path / "a" / "b.txt", b"two")
    assert (tmp_path / "a" / "b.txt").read_bytes() == b"two"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_others_may_read_what_is_written(tmp_path: Path) -> None:
    """A temporary file is private; what it becomes follows the umask."""
    write(tmp_path / "b.txt", b"")
    (tmp_path / "c.txt").touch()
    assert (tmp_path / "b.txt").stat().st_mode == (tmp_path / "c.txt").stat().st_mode


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "b.txt"
    target.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Problem, match=r"C102.*no space left"):
        write(target, b"new")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


@pytest.mark.parametrize("links", [True, False])
def test_create_refuses_a_taken_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """Also on file systems that have no hard links."""
    if not links:

        def unsupported(_self: Path, _target: Path) -> None:
            raise OSError(95, "Operation not supported")

        monkeypatch.setattr(Path, "hardlink_to", unsupported)
    create(tmp_path / "new.yaml", b"one")
    with pytest.raises(Problem, match="C104"):
        create(tmp_path / "new.yaml", b"two")
    assert (tmp_path / "new.yaml").read_bytes() == b"one"
    assert [p.name for p in tmp_path.iterdir()] == ["new.yaml"]
