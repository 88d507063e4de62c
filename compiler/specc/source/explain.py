"""Why a part of a spec was refused: jsonschema's errors as diagnostics at the key or value they are about.

jsonschema is imported only here and only after `accepts` has refused; a good spec never pays for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.diagnostics.model import Sink, Span
from specc.source.nodes import Entry, Mapping, Node, Scalar, Sequence, plain
from specc.source.schema import LAYER_KEYS
from specc.source.validate import Schema, accepts
from specc.source.yaml import short

if TYPE_CHECKING:
    from jsonschema import ValidationError

_TYPES = {
    "integer": "an integer",
    "number": "a number",
    "boolean": "`true` or `false`",
    "string": "a string",
    "array": "a list",
    "object": "a mapping",
    "null": "`null`",
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


def check(schema: Schema, node: Node, sink: Sink, *, what: str, at: Span | None = None) -> bool:
    """Whether the schema admits the node; what it refuses is reported (L201 to L204).

    `what` is how messages call the whole (`Conv2d`, `the spec`, ``block `BasicBlock` ``); `at` is the place of what is
    missing from it, by default its `op` or its first line.
    """
    if accepts(schema, node):
        return True
    from jsonschema import Draft202012Validator

    before = len(sink.diagnostics)
    for error in Draft202012Validator(schema).iter_errors(plain(node)):
        _Report(node, sink, what, at).error(error)
    if len(sink.diagnostics) == before and sink.ok:
        # Two verdicts that differ would let a refused value pass in silence.
        sink.error("L203", f"{_named(what)} is not of the form that is due", node.span)
    return False


class _Report:
    def __init__(self, root: Node, sink: Sink, what: str, at: Span | None) -> None:
        self.root = root
        self.sink = sink
        self.what = what
        self.at = at

    def error(self, error: ValidationError, prefix: tuple[str | int, ...] = ()) -> None:
        """Reports one of jsonschema's errors; `prefix` is where its path starts, for an error inside an `anyOf`."""
        path = (*prefix, *error.relative_path)
        node, entry = _locate(self.root, path)
        keyword = str(error.validator)
        if keyword == "additionalProperties" and isinstance(node, Mapping):
            self._unknown(error, node, path)
        elif keyword == "required" and isinstance(node, Mapping):
            self._missing(error, node, entry, path)
        elif keyword in ("anyOf", "type", "enum", "const"):
            self._value(error, node, path)
        elif keyword == "propertyNames":
            self._name(node, path, error)
        else:
            self.sink.error("L204", f"{self._subject(path)} {_demand(error, node)}", node.span)

    def _subject(self, path: tuple[str | int, ...]) -> str:
        """How a message calls the value at the path: `kernel_size`, item 0 of `kernel_size`, or the whole."""
        if not path:
            return _named(self.what)
        last = path[-1]
        if isinstance(last, str):
            return f"`{short(last)}`"
        return f"item {last} of {self._subject(path[:-1])}"

    def _unknown(self, error: ValidationError, node: Mapping, path: tuple[str | int, ...]) -> None:
        from specc.diagnostics.keras import NOT_ARGUMENTS
        from specc.diagnostics.suggest import closest, closest_argument

        known: dict[str, Any] = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        sharing = isinstance(error.schema, dict) and "share" in error.schema.get("required", ())
        noun = "argument" if not path and "op" in known and not sharing else "key"
        given = node.keys()
        # What every layer takes goes without saying.
        own = [key for key in known if key != "op" and key not in LAYER_KEYS] if noun == "argument" else list(known)
        for entry in node.entries:
            name = str(entry.key.value)
            if name in known:
                continue
            near = closest_argument(name, known) if noun == "argument" else closest(name, known)
            help: str | None = None
            if near in given:
                near, help = None, f"`{near}` is written already; remove one of them"
            elif noun == "argument" and name in NOT_ARGUMENTS:
                near, help = None, NOT_ARGUMENTS[name]
            elif not near and len(own) <= 12:
                help = f"it takes {', '.join(f'`{k}`' for k in own)}" if own else "it takes none"
            message = f"unknown {noun} `{short(name)}` of {self._subject(path)}"
            self.sink.error("L201", message, entry.key.span, help=help, near=near)

    def _missing(self, error: ValidationError, node: Mapping, entry: Entry | None, path: tuple[str | int, ...]) -> None:
        schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
        op = node.entry("op")
        span = entry.key.span if entry else op.value.span if op else node.span
        if not path and self.at is not None:
            span = self.at
        from specc.diagnostics.suggest import closest_argument

        given = node.keys()
        known = list(schema.get("properties", {}))
        meant = {closest_argument(key, known) for key in given if key not in known}
        names: Any = error.validator_value
        for name in names:
            if name in given or name in meant:  # a misspelt one is reported as that, once
                continue
            doc = schema.get("properties", {}).get(name, {}).get("description")
            # jsonschema reports each missing name by itself; the sink drops what is said twice.
            self.sink.error(
                "L202",
                f"{self._subject(path)} needs `{name}`",
                span,
                help=f"add `{name}`: {doc}" if doc else f"add `{name}`",
            )

    def _value(self, error: ValidationError, node: Node, path: tuple[str | int, ...]) -> None:
        branches: Any = error.validator_value if error.validator == "anyOf" else [error.schema]
        wrong: dict[int, list[ValidationError]] = {}
        for inner in error.context or ():
            wrong.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
        fitting = [n for n, errors in wrong.items() if not any(_is_mismatch(e) for e in errors)]
        if fitting:  # the right kind of value, with a mistake inside: say which, for the branch that came furthest
            best = max(fitting, key=lambda n: (max(len(e.relative_path) for e in wrong[n]), -len(wrong[n])))
            for inner in wrong[best]:
                self.error(inner, path)
            return
        words = [w for branch in branches for w in _words(branch)]
        written = node.value if isinstance(node, Scalar) else None
        near = None
        if isinstance(written, str):
            from specc.diagnostics.suggest import closest

            near = closest(written, [w for w in words if isinstance(w, str)])
        due = _either([d for branch in branches for d in _describe(branch)])
        code = "L204" if words and all(_words(branch) for branch in branches) else "L203"
        self.sink.error(code, f"{self._subject(path)} must be {due}, not {_shown(node)}", node.span, near=near)

    def _name(self, node: Node, path: tuple[str | int, ...], error: ValidationError) -> None:
        """A key that is not of the form due; jsonschema gives the key as the instance."""
        entry = node.entry(str(error.instance)) if isinstance(node, Mapping) else None
        span = entry.key.span if entry else node.span
        schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
        form = schema.get("description", "a name")
        self.sink.error("L204", f"the key `{short(str(error.instance))}` of {self._subject(path)} must be {form}", span)


def _locate(root: Node, path: tuple[str | int, ...]) -> tuple[Node, Entry | None]:
    """The node at the path, and the entry whose value it is."""
    node, entry = root, None
    for step in path:
        if isinstance(node, Mapping):
            entry = node.entry(str(step))
            if entry is None:
                break
            node = entry.value
        elif isinstance(node, Sequence) and isinstance(step, int):
            node, entry = node.items[step], None
        else:
            break
    return node, entry


def _is_mismatch(error: ValidationError) -> bool:
    """Whether the branch was for another kind of value altogether."""
    return not error.relative_path and error.validator in ("type", "enum", "const")


def _words(schema: Schema) -> list[Any]:
    if not isinstance(schema, dict):
        return []
    if "const" in schema:
        return [schema["const"]]
    return list(schema.get("enum", ()))


def _describe(schema: Schema) -> list[str]:
    """The kinds of value a branch admits, in words."""
    if not isinstance(schema, dict):
        return []
    words = _words(schema)
    if words:
        return [_quoted(word) for word in words]
    if "anyOf" in schema:
        return [d for branch in schema["anyOf"] for d in _describe(branch)]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds == ["string"] and "expression" in schema.get("description", ""):
        return ["an expression"]
    return [_TYPES[kind] for kind in kinds]


def _quoted(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return f"`{'null' if value is None else str(value).lower()}`"
    return f"`{value}`"


def _either(kinds: list[str]) -> str:
    """`an integer, a list or an expression`; each kind once, expressions last."""
    unique = list(dict.fromkeys(kinds))
    ordered = [k for k in unique if k != "an expression"] + [k for k in unique if k == "an expression"]
    return ordered[0] if len(ordered) == 1 else f"{', '.join(ordered[:-1])} or {ordered[-1]}"


def _shown(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "`null`" if node.text else "empty"
    if isinstance(node.value, str):
        return f"the string `{short(node.value)}`" if node.value else "an empty string"
    return f"`{short(node.text)}`"


def _demand(error: ValidationError, node: Node) -> str:
    keyword, bound = str(error.validator), error.validator_value
    if keyword in _BOUNDS:
        return f"must be {_BOUNDS[keyword]} {bound}, not {_shown(node)}"
    if keyword == "minLength" and bound == 1:
        return "must not be empty"
    if keyword == "minProperties" and bound == 1:
        return "must not be empty"
    if keyword in ("minItems", "maxItems") and isinstance(node, Sequence):
        least = "at least" if keyword == "minItems" else "at most"
        return f"must have {least} {bound} item{'s' * (bound != 1)}, not {len(node.items)}"
    schema = error.schema if isinstance(error.schema, dict) else {}
    return f"must be {schema['description']}" if "description" in schema else f"is refused: {short(error.message)}"


def _named(what: str) -> str:
    """Op names are quoted as code, phrases (`the spec`, ``block `A` ``) stand as they are."""
    return what if " " in what or "`" in what else f"`{what}`"
