"""The fast verdict is jsonschema's verdict, for every schema there is and values of every kind."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from specc.diagnostics import Sink, Span
from specc.ops import OPS
from specc.source.explain import check
from specc.source.nodes import Entry, Mapping, Node, Scalar, Sequence, plain
from specc.source.schema import op_schema, section_schema, spec_schema
from specc.source.validate import accepts, resolve_reference

SECTIONS = ("spec", "library", "block", "extern", "train", "group", "parameter", "buffer", "share")
HERE = Span("f", 1, 1, 1, 2)


def node(value) -> Node:
    if isinstance(value, dict):
        return Mapping(tuple(Entry(Scalar(k, k, HERE), node(v)) for k, v in value.items()), HERE)
    if isinstance(value, list):
        return Sequence(tuple(map(node, value)), HERE)
    return Scalar(value, repr(value), HERE)


@cache
def whole():
    return spec_schema()


SCHEMAS = [(name, section_schema(name)) for name in SECTIONS] + [(name, op_schema(op)) for name, op in OPS.items()]


def near(schema, rng: random.Random, root, depth=0):
    """A value that the schema mostly admits and that is wrong here and there: pure noise would only ever be refused."""
    if rng.random() < 0.06 or depth > 6:
        return rng.choice([None, True, False, 0, 1, -1, 3, 2.0, 0.5, "", "relu", "x", [], [1], {}, {"op": "x"}, [[]]])
    if "$ref" in schema:
        return near(resolve_reference(schema["$ref"], root), rng, root, depth)
    if "anyOf" in schema and (len(schema) == 1 or rng.random() < 0.9):
        return near(rng.choice(schema["anyOf"]), rng, root, depth)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return rng.choice(schema["enum"])
    kind = schema.get("type", rng.choice(["string", "integer", "object"]))
    kind = rng.choice(kind) if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        names = [k for k in properties if k in schema.get("required", ()) or rng.random() < 3 / (len(properties) + 1)]
        value = {k: near(properties[k], rng, root, depth + 1) for k in names if rng.random() > 0.03}
        others = schema.get("additionalProperties", True)
        if (isinstance(others, dict) and others) or rng.random() < 0.05:
            inner = others if isinstance(others, dict) else {}
            value |= {rng.choice("abc"): near(inner, rng, root, depth + 1) for _ in range(rng.randint(0, 3))}
        return value
    if kind == "array":
        return [near(schema.get("items", {}), rng, root, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind in ("integer", "number"):
        edges = [schema[k] for k in ("minimum", "maximum", "exclusiveMinimum") if k in schema]
        return rng.choice([*edges, *(e - 1 for e in edges), 0, 1, 2, 2.0, 7, 1.5 if kind == "number" else 3])
    return {"string": rng.choice(["x", "2 * width", "ReLU"]), "boolean": rng.random() < 0.5, "null": None}[kind]


@pytest.mark.parametrize(("name", "schema"), SCHEMAS)
def test_agrees_on_values_near_the_schema(name, schema):
    rng = random.Random(name)
    judge = Draft202012Validator(schema)
    verdicts = set()
    for _ in range(60):
        value = near(schema, rng, schema)
        verdict = accepts(schema, node(value))
        assert verdict == judge.is_valid(value), value
        verdicts.add(verdict)
    assert verdicts == {True, False}


def test_agrees_on_whole_specs():
    rng = random.Random(0)
    judge = Draft202012Validator(whole())
    verdicts = set()
    for _ in range(60):
        value = near(whole(), rng, whole())
        verdict = accepts(whole(), node(value))
        assert verdict == judge.is_valid(value), value
        verdicts.add(verdict)
    assert verdicts == {True, False}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.sampled_from([1.0, 0.5, float("inf")])
    | st.text("aé", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "op"]), inner, max_size=3),
    max_leaves=6,
)
leaves = st.sampled_from(
    [
        {}, True, False,
        {"type": "integer"}, {"type": "number"}, {"type": "boolean"}, {"type": ["string", "null"]}, {"type": "object"},
        {"enum": [1, "a", None]}, {"enum": [True]}, {"enum": [0, [1]]}, {"const": False}, {"const": {"a": 1}},
        {"minimum": 1}, {"maximum": 2}, {"exclusiveMinimum": 0}, {"exclusiveMaximum": 1},
        {"minItems": 1}, {"maxItems": 1}, {"minLength": 1}, {"pattern": "^a"}, {"minProperties": 1},
        {"required": ["a", "b"]}, {"propertyNames": {"pattern": "^[ab]$"}},
    ]
)  # fmt: skip
generated = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda s: {"items": s}, inner),
        st.builds(lambda s: {"not": s}, inner),
        st.builds(lambda s: {"additionalProperties": s, "properties": {"a": {}}}, inner),
        st.builds(lambda a, b: {"properties": {"a": a, "op": b}}, inner, inner),
        st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"allOf": [a, b]}, inner, inner),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner),
        st.builds(lambda a: {"$ref": "#/$defs/x", "$defs": {"x": a}}, leaves),
    ),
    max_leaves=4,
)


def inline(schema):
    """References of a generated schema are to its own `$defs`, not the root where it is nested: spell it out."""
    if not isinstance(schema, dict):
        return [inline(s) for s in schema] if isinstance(schema, list) else schema
    if "$ref" in schema:
        return {"allOf": [inline(schema["$defs"]["x"])]}
    return {k: v if k in ("enum", "const") else inline(v) for k, v in schema.items()}


@settings(max_examples=400, deadline=None)
@given(generated, values)
def test_agrees_on_every_keyword(schema, value):
    if not (isinstance(schema, dict) and "$ref" in schema):
        schema = inline(schema)
    assert accepts(schema, node(value)) == Draft202012Validator(schema).is_valid(value)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SECTIONS), values)
def test_what_is_refused_is_explained_and_what_is_not_is_not(section, value):
    sink = Sink()
    verdict = check(section_schema(section), node(value), sink, what="the spec")
    assert verdict == sink.ok == (not sink.diagnostics)


@pytest.mark.parametrize(("name", "schema"), SCHEMAS)
def test_every_refusal_near_the_schema_is_explained(name, schema):
    rng = random.Random(name)
    for _ in range(40):
        value = near(schema, rng, schema)
        sink = Sink()
        assert check(schema, node(value), sink, what=name) == sink.ok
        assert not any("not of the form" in d.message for d in sink.diagnostics), (value, sink.diagnostics)


def test_an_unknown_keyword_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        accepts({"dependentSchemas": {}}, node(1))


def test_nodes_and_values_are_one():
    value = {"a": [1, {"b": None}], "c": "x"}
    assert plain(node(value)) == value
