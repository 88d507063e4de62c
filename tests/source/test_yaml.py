"""YAML text becomes a tree whose every node knows where it is written."""

import tracemalloc
from time import perf_counter

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from specc.diagnostics import Sink
from specc.source.limits import Limits
from specc.source.nodes import Mapping, Node, Scalar, Sequence, plain
from specc.source.yaml import parse

from .reading import only, place, read, under, value

SPEC = """\
# a comment
name: 'my net'   # quoted
全连接: {op: Linear, "out": 5e-4}
list:
  - a
  - [1, 2,
     3]

# after
text: |
  one
  two


last:
"""


def test_values():
    assert value(SPEC) == {
        "name": "my net",
        "全连接": {"op": "Linear", "out": 5e-4},
        "list": ["a", [1, 2, 3]],
        "text": "one\ntwo\n",
        "last": None,
    }


def nodes(node: Node) -> list[Node]:
    if isinstance(node, Scalar):
        return [node]
    children = node.items if isinstance(node, Sequence) else [n for e in node.entries for n in (e.key, e.value)]
    return [node, *(inner for child in children for inner in nodes(child))]


def test_a_span_covers_the_text_as_written():
    """Scalars with their quotes, flow collections with their brackets, blocks up to their last content."""
    tree, _ = read(SPEC)
    written = [under(SPEC, n.span) for n in nodes(tree)]
    for expected in ("'my net'", "全连接", '{op: Linear, "out": 5e-4}', '"out"', "5e-4", "[1, 2,\n     3]",
                     "- a\n  - [1, 2,\n     3]", "|\n  one\n  two"):  # fmt: skip
        assert expected in written
    assert all(under(SPEC, n.span) == n.text for n in nodes(tree) if isinstance(n, Scalar))
    assert place(tree.span) == (2, 1, 15, 6)


def test_columns_count_characters_and_lines_end_as_editors_end_them():
    tree, _ = read("a: x\r\n𝔘𝔫: y\rb: z")
    assert [place(n.span)[:2] for n in nodes(tree)[1:]] == [(1, 1), (1, 4), (2, 1), (2, 5), (3, 1), (3, 4)]


def test_an_anchor_is_no_part_of_the_span():
    tree, problems = read("a: &x  'v'\nb: &y\n  c: 1\nd: *x")
    assert problems == []
    assert under("a: &x  'v'", tree.get("a").span) == "'v'"
    assert tree.get("a").text == "'v'"
    assert tree.get("d") is tree.get("a")


def test_an_explicit_key_and_a_byte_order_mark():
    assert value("\ufeff? a\n: 1") == {"a": 1}


def test_keys_that_are_not_strings_are_read_as_written():
    """A layer of a list is called 0, so `0:` is the key `0`."""
    assert value("{0: a, true: b, null: c, 1.50: d, ~: e}") == {
        "0": "a",
        "true": "b",
        "null": "c",
        "1.50": "d",
        "~": "e",
    }


def test_a_repeated_key_is_an_error_and_the_first_stands():
    text = "a: 1\nb: 2\n'a': {c: 1, c: 2}\n"
    tree, (outer, inner) = read(text)
    assert (outer.code, inner.code) == ("Y102", "Y102")
    assert under(text, outer.span) == "'a'"
    assert place(outer.notes[0].span) == (1, 1, 1, 2)
    assert plain(tree) == {"a": 1, "b": 2}


@pytest.mark.parametrize(("text", "repeated"), [("{1: a, '1': b}", "'1'"), ("{true: a, 'true': b}", "'true'")])
def test_a_key_is_repeated_whatever_it_was_written_as(text, repeated):
    problem = only(text)
    assert problem.code == "Y102"
    assert under(text, problem.span) == repeated


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: !!python/object/apply:os.system ['x']", "Y103", "!!python/object/apply:os.system"),
        ("a: !x {b: 1}", "Y103", "!x"),
        ("a: !!str 1", "Y103", "!!str"),
        ("a: ! 1", "Y103", "!"),
        ("a: &q !x b", "Y103", "!x"),
        ("!x a: 1", "Y103", "!x"),
        ("<<: {a: 1}", "Y104", "<<"),
        ("? [a]\n: 1", "Y105", "[a]"),
        ("{[a]: 1}", "Y105", "[a]"),
        ("?\n: 1", "Y105", ""),
        ("a: 1\n---\nb: 2", "Y106", "---"),
        ("", "Y107", ""),
        ("# only a comment\n", "Y107", ""),
        ("---\n...\n", "Y107", ""),
        ("a: *b", "Y108", "*b"),
        ("a: &b [*b]", "Y108", "*b"),
        ("a: &b {c: *b}", "Y108", "*b"),
        ("a: \x1b", "Y109", "\x1b"),
        ("a: 1 # \x00", "Y109", "\x00"),
        ("a: \ud800", "Y109", "\ud800"),
        ("a: b\u2028c", "Y109", "\u2028"),
        ("a: b\x85c", "Y109", "\x85"),
        ("a: \ufeff", "Y109", "\ufeff"),
        ('a: "\\0"', "Y109", '"\\0"'),
        ("a\u202eb: 1", "Y109", "a\u202eb"),
        ('"a\\u202eb": 1', "Y109", '"a\\u202eb"'),
    ],
)  # fmt: skip
def test_what_a_spec_may_not_hold(text, code, place):
    problem = only(text)
    assert problem.code == code
    assert under(text, problem.span) == place


def test_the_tag_itself_is_marked():
    text = "a: &q !<tag:x> b"
    assert under(text, only(text).span) == "!<tag:x>"


def test_an_unknown_alias_suggests_and_the_tree_goes_on():
    tree, (problem,) = read("a: &width 3\nb: *widht\nc: 4")
    assert problem.help == "did you mean `*width`?"
    assert plain(tree) == {"a": 3, "b": None, "c": 4}


def test_all_problems_of_a_file_are_reported():
    _, problems = read("a: 1\na: 2\nb: !t x\nc: 99999999999999999999\n<<: 3")
    assert [p.code for p in problems] == ["Y102", "Y103", "Y110", "Y104"]


def test_an_alias_as_key_is_where_it_is_used():
    text = "a: &k name\nb: {*k : 1, *k : 2}"
    problem = only(text)
    assert problem.code == "Y102"
    assert place(problem.span) == (2, 13, 2, 15)


# Limits


def test_depth_is_limited_and_an_alias_counts_with_what_it_holds():
    limits = Limits(depth=3)
    assert read("[[[]]]", limits)[1] == []
    assert only("[[[[]]]]", limits).code == "Y201"
    assert read("a: &x [[1]]\n", limits)[1] == []
    assert read("a: &x [1]\nb: [*x]", limits)[1] == []
    assert only("a: &x [[1]]\nb: [*x]", limits).code == "Y201"


def test_nodes_are_counted_after_expansion():
    assert read("[1, 2, 3]", Limits(nodes=4))[1] == []
    assert only("[1, 2, 3]", Limits(nodes=3)).code == "Y202"
    assert read("[&a [1, 2], *a]", Limits(nodes=7))[1] == []
    assert only("[&a [1, 2], *a]", Limits(nodes=6)).code == "Y202"


def test_long_values_and_long_texts():
    assert read(f"a: {'x' * 20}", Limits(scalar_length=20))[1] == []
    assert only(f"a: {'x' * 21}", Limits(scalar_length=20)).code == "Y203"
    assert only(f"a: {'x' * 21}", Limits(file_bytes=20)).code == "Y002"


def test_an_alias_bomb_costs_nothing():
    """304 bytes that a naive reader visits six million times."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 8)
    )
    tracemalloc.start()
    started = perf_counter()
    problem = only(bomb)
    took = perf_counter() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problem.code == "Y202"
    assert took < 0.2
    assert peak < 10_000_000


# Against PyYAML itself

_words = st.text("ab0 -é全\U0001f600", min_size=1, max_size=6)
_trees = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_trees.filter(lambda t: t is not None), st.booleans(), st.integers(10, 90))
def test_what_pyyaml_writes_is_read_back(tree, flow, width):
    # Every string is quoted, so the two schemas do not differ.
    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    Dumper.add_representer(str, lambda d, s: d.represent_scalar("tag:yaml.org,2002:str", s, style='"'))
    text = yaml.dump(tree, Dumper=Dumper, default_flow_style=flow, width=width, allow_unicode=True)
    assert value(text) == tree


@settings(max_examples=300, deadline=None)
@given(st.text("ab01:-,[]{}&*!|>'\"#%@ \n\t\r\\?~.<\ufeff全\u2028\ud800", max_size=40))
def test_no_text_raises_and_both_parsers_of_pyyaml_agree(text):
    """Without libyaml the same trees and spans come out, though a few texts are refused by only one of the two."""
    fast, slow = Sink(), Sink()
    with_c = parse(text, "f", fast)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CSafeLoader", raising=False)
        without = parse(text, "f", slow)
    if with_c is not None and without is not None and fast.ok and slow.ok:
        assert with_c == without
    for sink in (fast, slow):
        for d in sink.diagnostics:
            assert d.span is None or (d.span.line >= 1 and d.span.column >= 1)


def test_entries_are_found_by_name():
    tree, _ = read("a: 1\nb: 2")
    assert isinstance(tree, Mapping)
    assert tree.keys() == ["a", "b"]
    assert tree.entry("b").key.span.line == 2
    assert tree.get("c") is None
