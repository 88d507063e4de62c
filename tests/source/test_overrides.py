"""`--set key.path=value` changes the tree, and what it writes is found at the override."""

import pytest

from specc.diagnostics import Sink
from specc.source.nodes import plain
from specc.source.overrides import apply

from .reading import place, read

SPEC = """\
params: {width: 64, classes: 10}
layers:
  - ReLU
  - {op: Linear, out_features: 3}
train:
"""


def after(*overrides):
    sink = Sink()
    tree = apply(read(SPEC)[0], overrides, sink)
    return tree, sink.diagnostics


@pytest.mark.parametrize(
    ("override", "path", "expected"),
    [
        ("params.width=16", ["params"], {"width": 16, "classes": 10}),
        ("params.depth=[1, {a: 5e-4}]", ["params"], {"width": 64, "classes": 10, "depth": [1, {"a": 5e-4}]}),
        ("params.name=a=b", ["params", "name"], "a=b"),
        ("params.width=null", ["params"], {"classes": 10}),
        ("params.width=", ["params"], {"classes": 10}),
        ("layers.1.out_features=7", ["layers"], ["ReLU", {"op": "Linear", "out_features": 7}]),
        ("layers.0={op: GELU}", ["layers", 0], {"op": "GELU"}),
        ("layers.0=~", ["layers"], [None, {"op": "Linear", "out_features": 3}]),
        ("train.data.batch_size=2", ["train"], {"data": {"batch_size": 2}}),
        ("new.a.b=no", ["new"], {"a": {"b": "no"}}),
        ("params.text='null'", ["params", "text"], "null"),
    ],
)
def test_sets(override, path, expected):
    tree, problems = after(override)
    assert problems == []
    found = plain(tree)
    for step in path:
        found = found[step]
    assert found == expected


def test_later_overrides_see_earlier_ones():
    tree, problems = after("new={a: 1}", "new.b=2", "new.a=null")
    assert problems == []
    assert plain(tree)["new"] == {"b": 2}


def test_spans_point_into_the_override():
    tree, _ = after("params.depth=[1, xyz]")
    entry = tree.get("params").entry("depth")
    assert entry.key.span.file == "--set params.depth=[1, xyz]"
    assert place(entry.key.span) == (1, 8, 1, 13)
    assert place(entry.value.items[1].span) == (1, 18, 1, 21)


@pytest.mark.parametrize(
    ("override", "code", "columns", "help"),
    [
        ("params.widht=null", "Y302", (8, 13), "did you mean `width`?"),
        ("layers.2=ReLU", "Y302", (8, 9), None),
        ("layers.x=ReLU", "Y302", (8, 9), None),
        ("layers.-1=ReLU", "Y302", (8, 10), None),
        (f"layers.{'9' * 5000}=ReLU", "Y302", (8, 5008), None),
        ("layers.0.bias=false", "Y302", (10, 14), "`layers.0` as a whole"),
        ("params", "Y301", (1, 7), None),
        ("=3", "Y301", (1, 1), None),
        ("params..a=3", "Y301", (1, 10), None),
        ("a b=3", "Y301", (1, 4), None),
        (".".join("a" * 1500) + "=1", "Y301", (1, 3000), None),
        ("params.a=#x", "Y301", (10, 12), "quotes"),
        ("params.a=[1", "Y101", (12, 12), "close the `[`"),
        ("params.a={b: 1, b: 2}", "Y102", (17, 18), None),
        ("params.a=\x1b", "Y109", (10, 11), None),
        ("par\x1bams.a=1", "Y109", (4, 5), None),
        ("params.a=\udcff", "Y109", (10, 11), None),
        ("params.a=" + "[" * 70, "Y201", (74, 75), None),
    ],
)
def test_what_cannot_be_set_is_reported_and_the_rest_is(override, code, columns, help):
    tree, (problem,) = after(override, "params.classes=3")
    assert problem.code == code
    assert place(problem.span) == (1, columns[0], 1, columns[1])
    assert help is None or help in problem.help
    assert plain(tree)["params"]["classes"] == 3


def test_a_document_without_keys_has_nothing_to_set():
    sink = Sink()
    apply(read("just text")[0], ["a=1"], sink)
    assert [d.code for d in sink.diagnostics] == ["Y302"]
