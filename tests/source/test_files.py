"""Whatever a path leads to, it is text or a diagnostic."""

import os

import pytest

from specc.diagnostics import Sink, Span
from specc.source.limits import Limits
from specc.source.yaml import load


def refused(path, **more):
    sink = Sink()
    assert load(path, sink, **more) is None
    (problem,) = sink.diagnostics
    return problem


def test_text_comes_back_without_its_byte_order_mark_and_otherwise_unchanged(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes("\ufeffa: é\r\nb: 1".encode())
    sink = Sink()
    assert load(file, sink) == "a: é\r\nb: 1"
    assert sink.diagnostics == []


def test_a_missing_file(tmp_path):
    problem = refused(tmp_path / "no.yaml")
    assert problem.code == "Y001"
    assert "no such file" in problem.message


def test_the_place_that_named_the_file_is_reported(tmp_path):
    at = Span("main.yaml", 3, 7, 3, 14)
    problem = refused(tmp_path / "no.yaml", at=at, name="no.yaml")
    assert problem.span == at
    assert problem.message.startswith("cannot read `no.yaml`")


def test_a_directory(tmp_path):
    problem = refused(tmp_path)
    assert problem.code == "Y001"
    assert "directory" in problem.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_refused_and_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    assert refused(tmp_path / "fifo").code == "Y001"


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no device files here")  # noqa: PTH110
def test_a_device_is_refused():
    assert "regular" in refused("/dev/zero").message


def test_a_path_with_nul():
    assert refused("a\0b").code == "Y001"


def test_a_name_that_is_too_long():
    assert refused("x" * 5000).code == "Y001"


def test_a_loop_of_links(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert refused(tmp_path / "a").code == "Y001"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("a: 1")
    file.chmod(0)
    assert refused(file).code == "Y001"


def test_the_size_is_limited_in_bytes(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes("é".encode() * 5)
    sink = Sink()
    assert load(file, sink, Limits(file_bytes=10)) == "ééééé"
    assert refused(file, limits=Limits(file_bytes=9)).code == "Y002"


def test_what_is_not_utf8_is_marked_at_the_byte(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes("a: é\nbé: ".encode() + b"\xff\n")
    problem = refused(file, name="a.yaml")
    assert problem.code == "Y003"
    assert problem.span == Span("a.yaml", 2, 5, 2, 6)
    assert "0xFF" in problem.message


def test_utf16_is_named(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes("a: 1".encode("utf-16"))
    assert "UTF-16" in refused(file).message
