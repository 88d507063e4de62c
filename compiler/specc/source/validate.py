"""The fast verdict on a part of a spec: the keywords of JSON Schema that specc's schemas use, on nodes directly.

`accepts` answers what jsonschema's Draft 2020-12 validator answers, some hundred times faster and without its import
(a test holds the two together). It does not say why; `specc.source.explain` does, for what was refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from specc.source.nodes import Mapping, Node, Scalar, Sequence, plain

Schema = Any  # a JSON Schema: a mapping, true or false


def accepts(schema: Schema, node: Node, root: Schema = None) -> bool:
    """Whether `schema` admits the node. `root` is where `$ref` looks (by default the schema itself).

    Raises KeyError for a keyword that is not implemented here: the schemas are specc's own, so it is a mistake in them.
    """
    if isinstance(schema, bool):
        return schema
    base = schema if root is None else root
    return all(_KEYWORDS[keyword](value, node, schema, base) for keyword, value in schema.items())


Check = Callable[[Any, Node, Any, Any], bool]  # (keyword's value, node, the schema it stands in, root)


def _type(wanted: str | list[str], node: Node, schema: Schema, root: Schema) -> bool:
    return is_type(wanted, node) if isinstance(wanted, str) else any(is_type(w, node) for w in wanted)


def is_type(wanted: str, node: Node) -> bool:
    """JSON Schema's types: a boolean is no number, and 3.0 is an integer."""
    if isinstance(node, Mapping):
        return wanted == "object"
    if isinstance(node, Sequence):
        return wanted == "array"
    value = node.value
    if value is None:
        return wanted == "null"
    if isinstance(value, bool):
        return wanted == "boolean"
    if isinstance(value, str):
        return wanted == "string"
    return wanted == "number" or (wanted == "integer" and (isinstance(value, int) or value.is_integer()))


def _properties(properties: dict[str, Schema], node: Node, schema: Schema, root: Schema) -> bool:
    if not isinstance(node, Mapping):
        return True
    for entry in node.entries:
        inner = properties.get(str(entry.key.value))
        if inner is not None and not accepts(inner, entry.value, root):
            return False
    return True


def _additional_properties(inner: Schema, node: Node, schema: Schema, root: Schema) -> bool:
    if not isinstance(node, Mapping):
        return True
    known = schema.get("properties", {})
    return all(str(e.key.value) in known or accepts(inner, e.value, root) for e in node.entries)


def _required(names: list[str], node: Node, schema: Schema, root: Schema) -> bool:
    if not names or not isinstance(node, Mapping):
        return True
    given = set(node.keys())
    return all(name in given for name in names)


def _property_names(inner: Schema, node: Node, schema: Schema, root: Schema) -> bool:
    return not isinstance(node, Mapping) or all(accepts(inner, e.key, root) for e in node.entries)


def _items(inner: Schema, node: Node, schema: Schema, root: Schema) -> bool:
    return not isinstance(node, Sequence) or all(accepts(inner, item, root) for item in node.items)


def _equal(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1, 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return bool(one == other)


def _enum(values: list[Any], node: Node, schema: Schema, root: Schema) -> bool:
    value = plain(node)
    return any(_equal(value, each) for each in values)


def _const(wanted: Any, node: Node, schema: Schema, root: Schema) -> bool:
    return _equal(plain(node), wanted)


def _number(node: Node) -> int | float | None:
    if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None


def _minimum(least: float, node: Node, schema: Schema, root: Schema) -> bool:
    value = _number(node)
    return value is None or value >= least


def _maximum(most: float, node: Node, schema: Schema, root: Schema) -> bool:
    value = _number(node)
    return value is None or value <= most


def _exclusive_minimum(bound: float, node: Node, schema: Schema, root: Schema) -> bool:
    value = _number(node)
    return value is None or value > bound


def _exclusive_maximum(bound: float, node: Node, schema: Schema, root: Schema) -> bool:
    value = _number(node)
    return value is None or value < bound


def _min_items(least: int, node: Node, schema: Schema, root: Schema) -> bool:
    return not isinstance(node, Sequence) or len(node.items) >= least


def _max_items(most: int, node: Node, schema: Schema, root: Schema) -> bool:
    return not isinstance(node, Sequence) or len(node.items) <= most


def _min_properties(least: int, node: Node, schema: Schema, root: Schema) -> bool:
    return not isinstance(node, Mapping) or len(node.entries) >= least


def _text(node: Node) -> str | None:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _min_length(least: int, node: Node, schema: Schema, root: Schema) -> bool:
    text = _text(node)
    return text is None or len(text) >= least


def _pattern(pattern: str, node: Node, schema: Schema, root: Schema) -> bool:
    text = _text(node)
    return text is None or _compiled(pattern).search(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _any_of(branches: list[Schema], node: Node, schema: Schema, root: Schema) -> bool:
    return any(accepts(branch, node, root) for branch in branches)


def _all_of(branches: list[Schema], node: Node, schema: Schema, root: Schema) -> bool:
    return all(accepts(branch, node, root) for branch in branches)


def _not(inner: Schema, node: Node, schema: Schema, root: Schema) -> bool:
    return not accepts(inner, node, root)


def _if(condition: Schema, node: Node, schema: Schema, root: Schema) -> bool:
    branch = schema.get("then", True) if accepts(condition, node, root) else schema.get("else", True)
    return accepts(branch, node, root)


def _ref(reference: str, node: Node, schema: Schema, root: Schema) -> bool:
    return accepts(resolve_reference(reference, root), node, root)


def resolve_reference(reference: str, root: Schema) -> Schema:
    """The schema at `#/$defs/…`."""
    return root["$defs"][reference.removeprefix("#/$defs/")]


def _nothing(value: Any, node: Node, schema: Schema, root: Schema) -> bool:
    return True


_ANNOTATIONS = ("$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples")
_KEYWORDS: dict[str, Check] = {
    **dict.fromkeys((*_ANNOTATIONS, "then", "else"), _nothing),  # then and else: read by `if`
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional_properties,
    "required": _required,
    "propertyNames": _property_names,
    "items": _items,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "maximum": _maximum,
    "exclusiveMinimum": _exclusive_minimum,
    "exclusiveMaximum": _exclusive_maximum,
    "minItems": _min_items,
    "maxItems": _max_items,
    "minProperties": _min_properties,
    "minLength": _min_length,
    "pattern": _pattern,
    "anyOf": _any_of,
    "allOf": _all_of,
    "not": _not,
    "if": _if,
    "$ref": _ref,
}
