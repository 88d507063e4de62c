"""Pictures: what is in them, escaped, folded, the same every time."""

from __future__ import annotations

import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from specc.emit.diagram import draw
from specc.emit.dot import PAGE_WIDTH, to_dot
from specc.emit.render import Engine, RenderFailed, RenderUnavailable, missing_glyphs, render
from specc.emit.svg import normalized, to_svg
from specc.graph.ir import Graph, Value
from tests import graphs

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    'say "hi"',
    "<script>alert(1)</script>",
    "a & b &amp; &#60;",
    "back\\slash \\N \\G",
    "two\nlines",
    "‮gnp.exe",
    "]]> --> <!--",
    "{a|b}",
    "\x1b[31mred",
]
ALL = [graphs.mlp, graphs.resnet18, graphs.unet, graphs.transformer, graphs.inception, graphs.broken]


def engines() -> list[Engine]:
    dot = shutil.which("dot")
    pure = find_pure()
    return [e for e in (Engine(dot, pure=False) if dot else None, pure) if e is not None]


def find_pure() -> Engine | None:
    import sys
    from pathlib import Path

    beside = Path(sys.executable).parent / "graphviz-pure"
    return Engine(str(beside), pure=True) if beside.exists() else None


needs_engine = pytest.mark.skipif(not engines(), reason="no graphviz here")


def text_of(svg: str) -> list[str]:
    return ["".join(t.itertext()).strip() for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def titles(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter(f"{SVG}title")]


@pytest.mark.parametrize("make", ALL)
def test_the_same_graph_gives_the_same_text(make: object) -> None:
    assert callable(make)
    assert to_dot(make()) == to_dot(make())


def test_a_chain_is_one_box() -> None:
    diagram = draw(graphs.mlp())
    assert [[i.name for i in box.items] for box in diagram.boxes] == [
        ["图像"],
        ["全连接层1", "激活", "hidden", "dropout", "输出层"],
        ["输出层"],
    ]


def test_equal_neighbours_are_drawn_once_with_their_number() -> None:
    panels = {p.label: p.count for p in draw(graphs.resnet18()).panels}
    assert panels == {
        "layer1": 2, "layer2.0": 1, "layer2.1": 1, "layer3.0": 1, "layer3.1": 1, "layer4.0": 1, "layer4.1": 1,
    }  # fmt: skip
    dot = to_dot(graphs.resnet18())
    assert "×2" in dot
    assert [p.count for p in draw(graphs.transformer()).panels] == [12]


def test_a_copy_with_other_arguments_is_not_folded() -> None:
    b = graphs.Build()

    def each(s: graphs.Build, name: str, v: Value) -> Value:
        def fill(d: graphs.Build, x: Value) -> Value:
            return d.leaf("drop", "Dropout", x, p=0.5 if name == "3" else 0.1)

        return s.nest(name, v, fill=fill, title="Drop")

    y = b.repeat("drops", 5, b.input("x", graphs.tensor("N", 8)), each=each)
    panels = [(p.label, p.count) for p in draw(b.graph("net", y)).panels]
    assert panels == [("drops.0 – 2", 3), ("drops.3", 1), ("drops.4", 1)]


def test_a_copy_in_error_is_not_folded() -> None:
    b = graphs.Build()

    def each(s: graphs.Build, name: str, v: Value) -> Value:
        def fill(d: graphs.Build, x: Value) -> Value:
            return d.leaf("drop", "Dropout", x, error="bad" if name == "1" else None)

        return s.nest(name, v, fill=fill, title="Drop")

    y = b.repeat("drops", 3, b.input("x", graphs.tensor("N", 8)), each=each)
    assert [p.count for p in draw(b.graph("net", y)).panels] == [1, 1, 1]


def skips(graph: Graph) -> list[tuple[str, str]]:
    return [(s.name, i.name) for i in draw(graph).items for s in sorted(i.skips, key=lambda s: s.number)]


def test_the_way_around_a_residual_body_is_the_skip() -> None:
    found = skips(graphs.resnet18())
    assert ("maxpool", "layer1.0.add") in found
    assert ("layer1.0.act", "layer2.0.downsample.0") in found
    assert ("layer2.0.downsample.1", "layer2.0.add") in found
    assert not [pair for pair in found if "bn2" in pair[0]]


def test_a_unet_skips_from_encoder_to_decoder_and_nowhere_else() -> None:
    assert skips(graphs.unet()) == [
        ("enc3.relu2", "cat3"), ("enc2.relu2", "cat2"), ("enc1.relu2", "cat1"),
    ]  # fmt: skip


def test_parallel_branches_are_no_skips() -> None:
    assert skips(graphs.inception()) == []


def test_a_dense_block_has_a_wire_a_layer() -> None:
    reads = {i.name: [w.source.name for w in i.reads] for i in draw(graphs.dense(4)).items if i.kind == "merge"}
    assert reads == {
        "dense.cat1": ["stem", "dense.conv0"],
        "dense.cat2": ["dense.cat1", "dense.conv1"],
        "dense.cat3": ["dense.cat2", "dense.conv2"],
        "dense.cat": ["dense.cat3", "dense.conv3"],
    }
    assert skips(graphs.dense(2)) == [("stem", "dense.cat1"), ("dense.cat1", "dense.cat")]


def test_depth_turns_a_panel_into_a_box() -> None:
    diagram = draw(graphs.resnet18(), 1)
    assert not diagram.panels
    folded = [i for i in diagram.items if i.kind == "folded"]
    assert [i.name for i in folded] == ["layer1", "layer2", "layer3", "layer4"]
    dot = to_dot(graphs.resnet18(), depth=1)
    assert "BasicBlock ×2" in dot
    assert "147,968 parameters" in dot
    deeper = draw(graphs.resnet18(), 2)
    assert [(i.name, i.count) for i in deeper.items if i.kind == "folded"][:3] == [
        ("layer1", 2), ("layer2.0", 1), ("layer2.1", 1),
    ]  # fmt: skip
    assert to_dot(graphs.resnet18(), depth=9) == to_dot(graphs.resnet18())


def labels(dot: str) -> list[str]:
    return [m.group(1) for m in re.finditer(r'-> .*?POINT-SIZE="8"[^>]*>([^<]*)<', dot)]


def test_shapes_stand_where_they_change_without_the_batch() -> None:
    assert labels(to_dot(graphs.resnet18())) == [
        "64 × 56 × 56", "128 × 28 × 28", "256 × 14 × 14", "512 × 7 × 7",
    ]  # fmt: skip


def test_open_sizes_are_their_exact_text_until_they_are_bound() -> None:
    graph = graphs.resnet18("H")
    assert labels(to_dot(graph))[0] == "64 × ((H - 1) // 4 + 1) × ((W - 1) // 4 + 1)"
    assert labels(to_dot(graph, bind={"H": 64, "W": 96}))[0] == "64 × 16 × 24"


def test_the_title_says_the_totals_and_where_they_hold() -> None:
    assert "11,689,512 parameters · 1.81 G multiply-adds at 224 × 224" in to_dot(graphs.resnet18("H"))
    assert "149 M multiply-adds at 64 × 64" in to_dot(graphs.resnet18("H"), bind={"H": 64, "W": 64})
    assert "multiply-adds at T = 128" in to_dot(graphs.transformer())
    assert "400,906 parameters · 400 k multiply-adds<" in to_dot(graphs.mlp())


def test_an_error_is_red_with_its_message() -> None:
    dot = to_dot(graphs.broken())
    assert "1 error" in dot
    assert "cannot add [N, 3090] and [N, 100]" in dot
    assert labels(dot)[-3:] == ["3090", "100", "?"]
    assert len(re.findall(r'-> .*color="#b00020"', dot)) == 3


def test_a_wide_name_is_given_its_room() -> None:
    assert re.search(r'WIDTH="(\d+)"[^>]*><FONT[^>]*>全连接层1', to_dot(graphs.mlp()))
    assert "WIDTH=" not in to_dot(graphs.resnet18())


def test_the_page_bounds_the_width() -> None:
    assert f'size="{PAGE_WIDTH},' in to_dot(graphs.inception())


@needs_engine
@pytest.mark.parametrize("make", ALL)
def test_every_engine_draws_every_picture_in_the_page(make: object) -> None:
    assert callable(make)
    for engine in engines():
        svg = render(to_dot(make()), "svg", engine=engine).decode()
        assert svg == render(to_dot(make()), "svg", engine=engine).decode()
        match = re.search(r'width="(\d+)pt"', svg)
        assert match
        assert int(match.group(1)) <= PAGE_WIDTH * 72 + 1
        assert "version" not in svg
        assert ElementTree.fromstring(svg).get("role") == "img"


@needs_engine
def test_no_text_is_read_as_markup() -> None:
    for engine in engines():
        for text in HOSTILE:
            graph = graphs.mlp(first=text, doc=text, error=text, name=text)
            for variant in (graph, graph._replace(name="net")):
                svg = render(to_dot(variant), "svg", engine=engine).decode()
                root = ElementTree.fromstring(svg)
                names = {element.tag.removeprefix(SVG) for element in root.iter()}
                assert names <= {"svg", "g", "title", "polygon", "path", "text", "ellipse", "polyline"}, text
                assert "href" not in svg
                assert not re.search("[\x1b‮]", svg)
            head = text.split("\n")[0].replace("‮", r"\u202e").replace("\x1b", r"\x1b").strip()
            assert any(head in shown for shown in text_of(svg)), (engine, text)
            assert any(head in shown for shown in titles(svg)), (engine, text)


@needs_engine
def test_every_layer_has_a_tooltip() -> None:
    svg = render(to_dot(graphs.resnet18()), "svg", engine=engines()[0]).decode()
    said = "\n".join(titles(svg))
    assert "conv1: Conv2d\nN × 3 × 224 × 224 → N × 64 × 112 × 112\n9,408 parameters" in said
    assert "118,013,952 multiply-adds" in said
    assert "layer1: BasicBlock ×2" in said


@needs_engine
def test_rows_carry_their_path() -> None:
    pure = find_pure()
    if pure is None:
        pytest.skip("only newer graphviz marks rows")
    svg = render(to_dot(graphs.resnet18()), "svg", engine=pure).decode()
    assert 'data-path="layer4.1.conv2"' in svg
    assert 'data-path="layer4.1"' in svg


@needs_engine
def test_png_is_png_and_only_dot_writes_pdf() -> None:
    dot = to_dot(graphs.unet())
    for engine in engines():
        assert render(dot, "png", engine=engine).startswith(b"\x89PNG")
        if engine.pure:
            with pytest.raises(RenderUnavailable, match="graphviz"):
                render(dot, "pdf", engine=engine)
        else:
            assert render(dot, "pdf", engine=engine).startswith(b"%PDF")


def test_dot_itself_needs_no_engine() -> None:
    assert render("digraph {}", "dot") == b"digraph {}"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="`gif` is not one of"):
        render("digraph {}", "gif")


def test_without_an_engine_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.emit.render.find_engine", lambda: None)
    with pytest.raises(RenderUnavailable) as caught:
        to_svg(graphs.mlp())
    assert "pip install graphviz-pure" in str(caught.value)
    assert "\n" not in str(caught.value)


@needs_engine
def test_what_graphviz_refuses_is_one_line() -> None:
    for engine in engines():
        with pytest.raises(RenderFailed) as caught:
            render("digraph {", "svg", engine=engine)
        assert "\n" not in str(caught.value)


def test_a_slow_engine_is_stopped(tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    with pytest.raises(RenderFailed, match=r"longer than 0\.2 s"):
        render("digraph {}", "svg", engine=Engine(str(slow), pure=True), timeout=0.2)


def test_the_pure_engine_finds_nothing_it_lacks_in_latin_names() -> None:
    pure = Engine("graphviz-pure", pure=True)
    assert missing_glyphs(to_dot(graphs.mlp()), "png", pure)
    assert not missing_glyphs(to_dot(graphs.unet()), "png", pure)
    assert not missing_glyphs(to_dot(graphs.mlp()), "svg", pure)


def test_links_become_titles() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><!-- v --><g class="graph">'
        '<g id="n1" class="node"><title>n1</title><g id="a_p:x"><a xlink:title="tip"><text>t</text></a></g></g></g>'
        "</svg>"
    )
    clean = normalized(svg)
    assert titles(clean) == ["tip"]
    assert "<a" not in clean.replace("<aria", "")
    assert "<!--" not in clean


def test_drawing_needs_neither_torch_nor_numpy() -> None:
    code = (
        "import sys, specc.emit.svg, specc.emit.render, specc.emit.summary, specc.emit.json;"
        "sys.exit(bool({'torch', 'numpy', 'graphviz', 'rich', 'jsonschema'} & set(sys.modules)))"
    )
    import sys

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_panel_labels_are_drawn_over_the_trunk() -> None:
    root = ElementTree.fromstring(to_svg(graphs.resnet18()))
    page = root.find("{http://www.w3.org/2000/svg}g")
    assert page is not None
    assert page[-1].get("class") == "labels"
    assert "BasicBlock" in [text.text for text in page[-1]]
    assert all(text.get("paint-order") == "stroke" for text in page[-1])
