"""`use` and `extends`: which files are read, which never are, and that each is read for what it is."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from specc.compiler import Result, compile_file
from specc.source.project import project_of

SPEC = """
use: [blocks/a.yaml]
inputs: {x: [N, 8]}
layers: {a: A}
"""
BLOCK = "blocks: {A: {layers: {r: ReLU}}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "blocks").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    return folder


def compiled(files: Mapping[str, str], *overrides: str) -> Result:
    """What comes of `spec.yaml` among these files."""
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    return compile_file("spec.yaml", overrides)


def codes(result: Result) -> list[str]:
    return [d.code for d in result.diagnostics]


@pytest.mark.usefixtures("project")
class TestUse:
    def test_the_digest_covers_every_file(self) -> None:
        digests = set()
        for block in (BLOCK, BLOCK + "# a comment\n"):
            graph = compiled({"spec.yaml": SPEC, "blocks/a.yaml": block}).graph
            assert graph is not None
            assert graph.reads == ("blocks/a.yaml",)
            digests.add(graph.digest)
        assert len(digests) == 2

    def test_one_file_by_two_ways_is_read_once(self) -> None:
        result = compiled(
            {
                "spec.yaml": "use: [b.yaml, c.yaml]\ninputs: {x: [N, 8]}\nlayers: {a: A, b: B, c: C}\n",
                "b.yaml": "use: [blocks/a.yaml]\nblocks: {B: {layers: {r: A}}}\n",
                "c.yaml": "use: [blocks/../blocks/a.yaml]\nblocks: {C: {layers: {r: A}}}\n",
                "blocks/a.yaml": BLOCK,
            }
        )
        assert codes(result) == []
        assert list(result.sources) == ["spec.yaml", "b.yaml", "blocks/a.yaml", "c.yaml"]

    def test_a_changed_block_is_another_block(self) -> None:
        result = compiled(
            {
                "spec.yaml": "use: [blocks/a.yaml, b.yaml]\ninputs: {x: [N, 8]}\nlayers: {a: A}\n",
                "b.yaml": "extends: blocks/a.yaml\nblocks: {A: {layers: {r: GELU}}}\n",
                "blocks/a.yaml": BLOCK,
            }
        )
        assert codes(result) == ["Y405"]

    def test_extending_changes_blocks_that_the_base_uses(self) -> None:
        result = compiled(
            {
                "base.yaml": SPEC,
                "spec.yaml": "extends: base.yaml\nuse: [blocks/a.yaml]\nblocks: {A: {layers: {r: GELU}}}\n",
                "blocks/a.yaml": BLOCK,
            }
        )
        # The base's A is changed; the A of this spec's own `use` is the unchanged one, which is what is extended.
        assert codes(result) == []
        assert result.graph is not None
        assert [n.kind for n in result.graph.leaves()] == ["GELU"]

    def test_an_override_may_name_the_files(self) -> None:
        files = {"spec.yaml": SPEC, "blocks/a.yaml": BLOCK, "b.yaml": "blocks: {A: {layers: {r: GELU}}}\n"}
        graph = compiled(files, "use=[b.yaml]", "layers.b=Tanh").graph
        assert graph is not None
        assert [n.kind for n in graph.leaves()] == ["GELU", "Tanh"]
        missing = compiled(files, "use=[c.yaml]")
        assert codes(missing) == ["Y001"]
        assert missing.diagnostics[0].span is not None
        assert missing.diagnostics[0].span.file == "--set use=[c.yaml]"

    def test_a_spec_is_the_same_from_any_folder(self, monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
        here = compiled({"spec.yaml": SPEC, "blocks/a.yaml": BLOCK}).graph
        monkeypatch.chdir(project.parent)
        there = compile_file("project/spec.yaml")
        assert here is not None
        assert there.graph is not None
        assert (here.digest, here.reads) == (there.graph.digest, there.graph.reads)
        assert list(there.sources) == ["project/spec.yaml", "project/blocks/a.yaml"]

    @pytest.mark.parametrize("files", [16, 17])
    def test_files_read_one_another_16_deep(self, files: int) -> None:
        chain = {f"f{n}.yaml": f"use: [f{n + 1}.yaml]\n" for n in range(1, files)}
        last = {f"f{files}.yaml": BLOCK}
        result = compiled({"spec.yaml": SPEC.replace("blocks/a", "f1"), **chain, **last})
        assert codes(result) == (["Y403"] if files == 17 else [])

    @pytest.mark.parametrize("files", [63, 64])
    def test_a_spec_reads_64_files_itself_included(self, files: int) -> None:
        names = [f"f{n}.yaml" for n in range(files)]
        written = {name: BLOCK.replace("A:", f"A{n}:") for n, name in enumerate(names)}
        spec = SPEC.replace("blocks/a.yaml", ", ".join(names)).replace("a: A", "a: A0")
        assert codes(compiled({"spec.yaml": spec, **written})) == (["Y404"] if files == 64 else [])

    def test_all_files_together_hold_as_many_values_as_one_may(self) -> None:
        many = "description: &a [" + "0, " * 300 + "]\n" + BLOCK + "name: [" + "*a, " * 150 + "]\n"
        names = [f"f{n}.yaml" for n in range(3)]
        spec = SPEC.replace("blocks/a.yaml", ", ".join(names)).replace("a: A", "a: ReLU")
        result = compiled({"spec.yaml": spec, **dict.fromkeys(names, many)})
        assert "Y404" in codes(result)
        assert "Y202" not in codes(result)

    @pytest.mark.parametrize("text", ["", "[1]", "3", "a: [", "\x00"])
    def test_whatever_stands_in_a_used_file_is_reported_there(self, text: str) -> None:
        result = compiled({"spec.yaml": SPEC, "blocks/a.yaml": text})
        assert len(result.diagnostics) == 1
        assert result.diagnostics[0].span is not None
        assert result.diagnostics[0].span.file == "blocks/a.yaml"
        assert "blocks/a.yaml" in result.sources

    @pytest.mark.parametrize("key", ["use", "extends"])
    @pytest.mark.parametrize("value", ["null", "3", "{}", "[]", "[[]]", "''", "' '", '"\\u00e9"', "a" * 5000])
    def test_whatever_stands_for_a_path_is_no_exception(self, key: str, value: str) -> None:
        for text in (value, f"[{value}]"):
            result = compiled({"spec.yaml": f"{key}: {text}\ninputs: {{x: [N, 8]}}\nlayers: {{a: ReLU}}\n"})
            assert (key, text) == ("use", "[]") or not result.ok


class TestWhereFilesMayLie:
    @pytest.mark.parametrize(
        "path", ["../secret.yaml", "/etc/passwd", "blocks/../../secret.yaml", "link.yaml", "folder/secret.yaml"]
    )
    def test_nothing_outside_the_project_is_read(self, project: Path, path: str) -> None:
        secret = project.parent / "secret.yaml"
        secret.write_text("hush: {}\n")
        (project / "link.yaml").symlink_to(secret)
        (project / "folder").symlink_to(project.parent)
        result = compiled({"spec.yaml": SPEC.replace("blocks/a.yaml", path)})
        assert codes(result) == ["Y401"]
        assert list(result.sources) == ["spec.yaml"]

    def test_a_link_within_the_project_is_followed(self, project: Path) -> None:
        (project / "blocks" / "b.yaml").write_text(BLOCK)
        (project / "link.yaml").symlink_to(project / "blocks" / "b.yaml")
        assert codes(compiled({"spec.yaml": SPEC.replace("blocks/a", "link")})) == []

    def test_only_regular_files_are_read(self, project: Path) -> None:
        os.mkfifo(project / "pipe")
        (project / "zero").symlink_to("/dev/zero")
        for path, code in (("pipe", "Y001"), ("zero", "Y401"), ("blocks", "Y001")):
            assert codes(compiled({"spec.yaml": SPEC.replace("blocks/a.yaml", path)})) == [code]

    def test_a_cycle_of_links_is_a_file_that_cannot_be_read(self, project: Path) -> None:
        (project / "a").symlink_to("b")
        (project / "b").symlink_to("a")
        assert codes(compiled({"spec.yaml": SPEC.replace("blocks/a.yaml", "a")})) == ["Y001"]

    def test_a_link_to_the_spec_itself_is_a_cycle(self, project: Path) -> None:
        (project / "again.yaml").symlink_to("spec.yaml")
        assert codes(compiled({"spec.yaml": SPEC.replace("blocks/a", "again")})) == ["Y402"]

    def test_the_nearest_mark_makes_the_project(self, project: Path) -> None:
        inner = project / "inner"
        (inner / "specs").mkdir(parents=True)
        assert project_of(str(inner / "specs" / "a.yaml")).root == str(project)
        (inner / ".git").touch()  # of a worktree or submodule it is a file
        assert project_of(str(inner / "specs" / "a.yaml")) == (str(inner), ".git")

    def test_without_a_mark_the_folder_of_the_spec_is_the_project(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("specc.source.project.MARKS", ())
        assert project_of("/nowhere/specs/a.yaml") == ("/nowhere/specs", None)
