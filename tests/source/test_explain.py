"""What a schema refuses is told at the key or value itself, in words, with the likely mend."""

import subprocess
import sys

import pytest

from specc.diagnostics import Sink, Span
from specc.ops import OPS
from specc.source.explain import check
from specc.source.schema import layer_schema, op_schema, section_schema

from .reading import read, under


def explained(text, schema, what, **more):
    tree, problems = read(text)
    assert problems == []
    sink = Sink()
    assert not check(schema, tree, sink, what=what, **more)
    return sink.in_order()


CONV = ", ".join(f"`{name}`" for name in OPS["Conv2d"].args)


@pytest.mark.parametrize(
    ("argument", "code", "message", "at", "help"),
    [
        ("strid: 3", "L201", "unknown argument `strid` of `Conv2d`", "strid",
         "did you mean `stride`?"),
        ("qqqq: 3", "L201", "unknown argument `qqqq` of `Conv2d`", "qqqq", f"it takes {CONV}"),
        ("bias: 3", "L203", "`bias` must be `true` or `false` or an expression, not `3`", "3", None),
        ("bias: []", "L203", "`bias` must be `true` or `false` or an expression, not a list", "[]", None),
        ("stride: 0", "L204", "`stride` must be at least 1, not `0`", "0", None),
        ("stride: [1, 0]", "L204", "item 1 of `stride` must be at least 1, not `0`", "0", None),
        ("stride: [1, []]", "L203", "item 1 of `stride` must be an integer or an expression, not a list", "[]", None),
        ("stride: []", "L204", "`stride` must have at least 1 item, not 0", "[]", None),
        ("stride: {a: 1}", "L203", "`stride` must be an integer, a list or an expression, not a mapping", "{a: 1}",
         None),
        ("groups: 1.5", "L203", "`groups` must be an integer or an expression, not `1.5`", "1.5", None),
        ("groups: ''", "L204", "`groups` must not be empty", "''", None),
        ("groups: ", "L203", "`groups` must be an integer or an expression, not empty", "", None),
        ("groups: null", "L203", "`groups` must be an integer or an expression, not `null`", "null", None),
        ("container: sequential", "L204", "`container` must be `Sequential`, `ModuleList` or `ModuleDict`, not the "
         "string `sequential`", "sequential", "did you mean `Sequential`?"),
        ("from: {x: []}", "L204", "`x` must have at least 1 item, not 0", "[]", None),
    ],
)  # fmt: skip
def test_an_argument(argument, code, message, at, help):
    text = f"{{op: Conv2d, out_channels: 8, kernel_size: 3, {argument}}}"
    (problem,) = explained(text, op_schema(OPS["Conv2d"]), "Conv2d")
    assert (problem.code, problem.message, problem.help) == (code, message, help)
    assert under(text, problem.span) == at


def test_what_is_missing_is_told_at_the_op():
    text = "{from: x, op: Conv2d, kernel_size: 3}"
    (problem,) = explained(text, op_schema(OPS["Conv2d"]), "Conv2d")
    assert (problem.code, problem.message) == ("L202", "`Conv2d` needs `out_channels`")
    assert under(text, problem.span) == "Conv2d"
    assert problem.help == "add `out_channels`: channels of the output: the number of filters"


def test_or_where_the_caller_says():
    at = Span("spec.yaml", 7, 1, 7, 5)
    problems = explained("{}", op_schema(OPS["Conv2d"]), "Conv2d", at=at)
    assert [(p.code, p.span) for p in problems] == [("L202", at)] * 2


def test_a_misspelt_argument_is_not_also_missing():
    (problem,) = explained("{out_channels: 8, kernal_size: 3}", op_schema(OPS["Conv2d"]), "Conv2d")
    assert problem.code == "L201"


def test_the_arguments_of_a_block():
    schema = layer_schema({"properties": {"channels": {}, "stride": {}}, "required": ["channels"]})
    problems = explained("{op: BasicBlock, chanels: 8, strid: 1}", schema, "BasicBlock")
    assert [p.help for p in problems] == ["did you mean `channels`?", "did you mean `stride`?"]


def test_all_problems_of_a_section_in_one_run():
    text = "speccc: 1\ninputs: {x: {shpe: [1]}, y: 3}\nlayers: 3\noutputs: {}\nuse: x\nwhere: [1]"
    assert [(p.code, p.message, under(text, p.span)) for p in explained(text, section_schema("spec"), "the spec")] == [
        ("L201", "unknown key `speccc` of the spec", "speccc"),
        ("L201", "unknown key `shpe` of `x`", "shpe"),
        ("L203", "`y` must be a list or a mapping, not `3`", "3"),
        ("L203", "`layers` must be a mapping or a list, not `3`", "3"),
        ("L204", "`outputs` must not be empty", "{}"),
        ("L203", "`use` must be a list, not the string `x`", "x"),
        ("L203", "item 0 of `where` must be a string, not `1`", "1"),
    ]


def test_what_a_nested_section_misses_is_told_at_its_key():
    text = "{early_stop: {monitor: loss}}"
    (problem,) = explained(text, section_schema("train"), "train")
    assert (problem.code, under(text, problem.span)) == ("L202", "early_stop")


def test_a_whole_of_the_wrong_kind():
    (problem,) = explained("[1]", section_schema("block"), "block `A`")
    assert problem.message == "block `A` must be a mapping, not a list"


def test_the_version_of_the_language():
    (problem,) = explained("{specc: 2, inputs: {x: [N]}, layers: []}", section_schema("spec"), "the spec")
    assert (problem.code, problem.message) == ("L204", "`specc` must be `1`, not `2`")


def test_what_is_accepted_imports_no_jsonschema():
    code = (
        "import sys\n"
        "from specc.diagnostics import Sink\nfrom specc.source.explain import check\n"
        "from specc.source.schema import section_schema\nfrom specc.source.yaml import parse\n"
        "sink = Sink()\n"
        "assert check(section_schema('train'), parse('epochs: 3', 'f', sink), sink, what='train')\n"
        "print(sorted({'jsonschema', 'difflib', 'json', 'torch', 'numpy'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
