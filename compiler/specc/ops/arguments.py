"""The kinds of argument an op can declare: what a spec may write for each, and how a value is checked.

An argument knows nothing of scopes or expressions. The elaborator evaluates what the spec wrote and asks `refuse`
whether the value will do; `schema` describes the same to JSON Schema, where a string stands for an expression.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any  # a JSON Schema fragment
Value = Any  # an evaluated argument: int, float, bool, str, None, Dim or a tuple of them


class _Marker:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


REQUIRED: Final = _Marker("REQUIRED")
INFERRED: Final = _Marker("INFERRED")  # the input's shape says it; written down, it is checked

_EXPRESSION: Final = {"type": "string", "minLength": 1, "description": "an expression over params"}


class Arg:
    """One argument, with PyTorch's name and default.

    `default` is REQUIRED, INFERRED or the value PyTorch uses. `doc` is one line for the reference page. `nullable`
    admits `null` (None). `forward` marks what PyTorch takes at the call and not in the constructor.
    """

    __slots__ = ("default", "doc", "forward", "name", "nullable")
    kind = "value"  # how diagnostics call what is expected
    runtime = False  # whether a symbolic dimension may stand here
    numeric = True  # whether a string is an expression (and not the text itself)

    def __init__(self, doc: str, default: Value = REQUIRED, *, nullable: bool = False, forward: bool = False) -> None:
        self.name = ""
        self.doc = doc
        self.default = default
        self.nullable = nullable or default is None
        self.forward = forward

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name.rstrip("_") if name in ("from_", "type_") else name

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def inferred(self) -> bool:
        return self.default is INFERRED

    def called(self, name: str) -> Arg:
        """The same argument under a name of the user's choosing."""
        other = copy(self)
        other.name = name
        return other

    def rewritten(self, text: str) -> str:
        """The expression that a string stands for, where it is written in a notation of its own."""
        return text

    def plain(self, value: Value) -> Value:
        """What a spec writes, as the elaborator hands it on where no name of a scope is in it: texts are sizes."""
        if not self.runtime:
            return value
        if isinstance(value, tuple):
            return tuple(map(self.plain, value))
        return _size(value) if isinstance(value, str) else value

    def is_default(self, value: Value) -> bool:
        """Whether `value` is what PyTorch takes when the argument is left out."""
        if self.default is REQUIRED or self.default is INFERRED:
            return value is INFERRED
        return isinstance(value, bool) == isinstance(self.default, bool) and bool(value == self.default)

    def python(self, value: Value) -> str:
        """A plain `value` as Python source."""
        return source(value)

    def label(self, value: Value) -> str | None:
        """How a diagram says `value` where that needs no name of the argument; None where the name stands before it."""
        return None

    def schema(self) -> Json:
        """JSON Schema of what a spec may write."""
        options = self.options()
        if self.nullable:
            options = [*options, {"type": "null"}]
        schema: dict[str, Json] = dict(options[0]) if len(options) == 1 else {"anyOf": options}
        schema["description"] = self.doc
        if self.default is not REQUIRED and self.default is not INFERRED:
            schema["default"] = list(self.default) if isinstance(self.default, tuple) else self.default
        return schema

    def options(self) -> list[Json]:
        raise NotImplementedError

    def refuse(self, value: Value, owner: Any) -> str | None:
        """Why the evaluated `value` will not do (`must be at least 1, not 0`), or None. `owner` is the op class."""
        if value is None:
            return None if self.nullable else f"must be {self.kind}, not null"
        return self._refuse(value, owner)

    def _refuse(self, value: Value, owner: Any) -> str | None:
        raise NotImplementedError

    def literal(self, text: str) -> bool:
        """Whether the string `text` is meant as itself and not as an expression."""
        return not self.numeric


def _size(text: str) -> Value:
    """The size that a text says, the text itself where it is none."""
    from specc.shapes.parse import parse_dim

    try:
        return parse_dim(text)
    except ValueError:
        return text


def _is_int(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def shown(value: Value) -> str:
    """A value as a spec writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    return f"`{value}`" if isinstance(value, str) else str(value)


def source(value: Value) -> str:
    """A value as Python source, strings in double quotes."""
    if isinstance(value, str):
        return '"' + repr('"' + value)[2:-1].replace('"', '\\"') + '"'
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return f'float("{value}")'
    if isinstance(value, tuple):
        return f"({', '.join(map(source, value))}{',' if len(value) == 1 else ''})"
    return str(value)


class Int(Arg):
    """An integer the constructor needs."""

    __slots__ = ("max", "min")
    kind = "an integer"

    def __init__(
        self, doc: str, default: Value = REQUIRED, *, min: int | None = None, max: int | None = None, **rest: bool
    ) -> None:
        super().__init__(doc, default, **rest)
        self.min = min
        self.max = max

    def options(self) -> list[Json]:
        schema: dict[str, Json] = {"type": "integer"}
        if self.min is not None:
            schema["minimum"] = self.min
        if self.max is not None:
            schema["maximum"] = self.max
        return [schema, _EXPRESSION]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        if not _is_int(value):
            return f"must be {self.kind}, not {shown(value)}"
        return _range(value, self.min, self.max)


def _range(value: float, low: float | None, high: float | None) -> str | None:
    if low is not None and value < low:
        return f"must be at least {low}, not {value}"
    if high is not None and value > high:
        return f"must be at most {high}, not {value}"
    return None


class Float(Arg):
    """A number; an integer is as good."""

    __slots__ = ("max", "min")
    kind = "a number"

    def __init__(
        self, doc: str, default: Value = REQUIRED, *, min: float | None = None, max: float | None = None, **rest: bool
    ) -> None:
        super().__init__(doc, default, **rest)
        self.min = min
        self.max = max

    def options(self) -> list[Json]:
        schema: dict[str, Json] = {"type": "number"}
        if self.min is not None:
            schema["minimum"] = self.min
        if self.max is not None:
            schema["maximum"] = self.max
        return [schema, _EXPRESSION]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"must be {self.kind}, not {shown(value)}"
        return _range(value, self.min, self.max)


class FloatOr(Float):
    """`Float`, or one of a few words: the order of a norm."""

    __slots__ = ("words",)

    def __init__(self, doc: str, words: tuple[str, ...], default: Value = REQUIRED) -> None:
        super().__init__(doc, default)
        self.words = words

    def options(self) -> list[Json]:
        return [*super().options(), {"enum": list(self.words)}]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        return None if isinstance(value, str) and value in self.words else super()._refuse(value, owner)

    def literal(self, text: str) -> bool:
        return text in self.words


class Bool(Arg):
    __slots__ = ()
    kind = "true or false"

    def options(self) -> list[Json]:
        return [{"type": "boolean"}, _EXPRESSION]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        return None if isinstance(value, bool) else f"must be {self.kind}, not {shown(value)}"


class Choice(Arg):
    """One of a few words. A string that is none of them is an expression, so that a param may choose."""

    __slots__ = ("words",)

    def __init__(self, doc: str, words: tuple[str, ...], default: Value = REQUIRED, **rest: bool) -> None:
        super().__init__(doc, default, **rest)
        self.words = words

    @property
    def kind(self) -> str:  # type: ignore[override]  # the words are the kind
        return "one of " + ", ".join(f"`{w}`" for w in self.words)

    def options(self) -> list[Json]:
        return [{"enum": list(self.words)}, _EXPRESSION]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        return None if value in self.words else f"must be {self.kind}, not {shown(value)}"

    def literal(self, text: str) -> bool:
        return text in self.words


class Text(Arg):
    """A string in a notation of its own, meant as itself: the pattern of `rearrange`, the equation of `einsum`."""

    __slots__ = ()
    kind = "a string"
    numeric = False

    def options(self) -> list[Json]:
        return [{"type": "string", "minLength": 1}]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        return None if isinstance(value, str) else f"must be {self.kind}, not {shown(value)}"


class Sizes(Arg):
    """An integer for every spatial axis, or one for all: torch's `_size_2_t`. Its length is the op's `spatial`."""

    __slots__ = ("min", "optional_items")

    def __init__(
        self, doc: str, default: Value = REQUIRED, *, min: int = 0, optional_items: bool = False, **rest: bool
    ) -> None:
        super().__init__(doc, default, **rest)
        self.min = min
        self.optional_items = optional_items  # AdaptiveAvgPool2d takes [null, 7]: null keeps the input's size

    kind = "an integer or a list of them"

    def options(self) -> list[Json]:
        one: list[Json] = [{"type": "integer", "minimum": self.min}, _EXPRESSION]
        items = [*one, {"type": "null"}] if self.optional_items else one
        return [*one, {"type": "array", "items": {"anyOf": items}, "minItems": 1}]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        if isinstance(value, tuple):
            if len(value) != owner.spatial:
                return f"must be an integer or a list of {owner.spatial}, not a list of {len(value)}"
            for item in value:
                if item is None and self.optional_items:
                    continue
                wrong = self._refuse(item, owner) if not isinstance(item, tuple) else f"must be {self.kind}"
                if wrong:
                    return wrong
            return None
        if not _is_int(value):
            return f"must be {self.kind}, not {shown(value)}"
        return _range(value, self.min, None)


class Ints(Arg):
    """A list of integers of any length, or (`scalar`) a single one."""

    __slots__ = ("min", "scalar")
    kind = "a list of integers"

    def __init__(
        self, doc: str, default: Value = REQUIRED, *, min: int | None = None, scalar: bool = False, **rest: bool
    ) -> None:
        super().__init__(doc, default, **rest)
        self.min = min
        self.scalar = scalar

    def options(self) -> list[Json]:
        one: dict[str, Json] = {"type": "integer"}
        if self.min is not None:
            one["minimum"] = self.min
        array: Json = {"type": "array", "items": {"anyOf": [one, _EXPRESSION]}}
        return [array, one, _EXPRESSION] if self.scalar else [array, _EXPRESSION]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        if self.scalar and _is_int(value):
            return _range(value, self.min, None)
        if not isinstance(value, tuple) or not all(_is_int(v) for v in value):
            return f"must be {self.kind}, not {shown(value)}"
        return next((wrong for v in value if (wrong := _range(v, self.min, None))), None)


class Size(Arg):
    """One size torch takes at run time: an integer or an expression that may hold symbols."""

    __slots__ = ()
    kind = "a size"
    runtime = True

    def options(self) -> list[Json]:
        return [{"type": "integer"}, _EXPRESSION]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        if isinstance(value, bool | float | str | tuple):
            return f"must be {self.kind}, not {shown(value)}"
        return None


class SizeList(Arg):
    """Sizes torch takes at run time: each an integer (-1 where torch allows it) or an expression with symbols."""

    __slots__ = ("scalar",)
    kind = "a list of sizes"
    runtime = True

    def __init__(self, doc: str, default: Value = REQUIRED, *, scalar: bool = False, **rest: bool) -> None:
        super().__init__(doc, default, **rest)
        self.scalar = scalar

    def options(self) -> list[Json]:
        one: list[Json] = [{"type": "integer"}, _EXPRESSION]
        array: Json = {"type": "array", "items": {"anyOf": one}}
        return [array, *one] if self.scalar else [array]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        items = value if isinstance(value, tuple) else (value,)
        if not isinstance(value, tuple) and not self.scalar:
            return f"must be {self.kind}, not {shown(value)}"
        bad = next((v for v in items if isinstance(v, bool | float | str | tuple) or v is None), REQUIRED)
        return None if bad is REQUIRED else f"must be {self.kind}; {shown(bad)} is none"


class Number(Arg):
    """A Python scalar operand: an integer, a float or a boolean; it takes part in type promotion."""

    __slots__ = ()
    kind = "a number"

    def options(self) -> list[Json]:
        return [{"type": "number"}, {"type": "boolean"}, _EXPRESSION]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        return None if isinstance(value, bool | int | float) else f"must be {self.kind}, not {shown(value)}"


class Amount(Number):
    """A number that torch takes at run time: it may be a symbol, too."""

    __slots__ = ()
    runtime = True

    def _refuse(self, value: Value, owner: Any) -> str | None:
        if value is None or isinstance(value, str | tuple):
            return f"must be {self.kind}, not {shown(value)}"
        return None


class Floats(Arg):
    """A number or a list of numbers (the scale of `interpolate`)."""

    __slots__ = ()
    kind = "a number or a list of numbers"

    def options(self) -> list[Json]:
        one: list[Json] = [{"type": "number", "exclusiveMinimum": 0}, _EXPRESSION]
        return [*one, {"type": "array", "items": {"anyOf": one}, "minItems": 1}]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        items = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in items):
            return f"must be {self.kind}, not {shown(value)}"
        return None if all(v > 0 for v in items) else f"must be positive, not {shown(value)}"


class Weights(Arg):
    """Numbers that torch takes as a tensor of float32: a list, or lists in it for further axes."""

    __slots__ = ()
    kind = "a list of numbers"

    @staticmethod
    def shape(value: Value) -> tuple[int, ...]:
        """The tensor's shape; a number by itself has none."""
        if not isinstance(value, tuple):
            return ()
        return (len(value), *(Weights.shape(value[0]) if value else ()))

    def python(self, value: Value) -> str:
        return "None" if value is None else f"torch.tensor({_listed(value)})"

    def options(self) -> list[Json]:
        one: list[Json] = [{"type": "number"}, _EXPRESSION]
        inner = {"type": "array", "items": {"anyOf": [*one, {"type": "array"}]}}
        return [{"type": "array", "items": {"anyOf": [*one, inner]}}, *one]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        if isinstance(value, tuple):
            inside = (self._refuse(item, owner) for item in value)
            wrong = next((why for why in inside if why), None)
            if wrong:
                return wrong
            even = len({self.shape(item) for item in value}) <= 1
            return None if even else "must be a list of numbers, or of lists of one length"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"must be {self.kind}, not {shown(value)}"
        return None


def _listed(value: Value) -> str:
    """Numbers as floats, so that torch makes them float32 and no integers."""
    return f"[{', '.join(map(_listed, value))}]" if isinstance(value, tuple) else source(float(value))


class SizesOr(Sizes):
    """`Sizes`, or one of a few words: the `padding` of a convolution."""

    __slots__ = ("words",)

    def __init__(self, doc: str, words: tuple[str, ...], default: Value = REQUIRED, *, min: int = 0) -> None:
        super().__init__(doc, default, min=min)
        self.words = words

    def options(self) -> list[Json]:
        return [*super().options(), {"enum": list(self.words)}]

    def _refuse(self, value: Value, owner: Any) -> str | None:
        return None if isinstance(value, str) and value in self.words else super()._refuse(value, owner)

    def literal(self, text: str) -> bool:
        return text in self.words


class DType(Choice):
    """A dtype by torch's name without the prefix; written `torch.<name>` in Python."""

    __slots__ = ()

    def __init__(self, doc: str, default: Value = REQUIRED, **rest: bool) -> None:
        words = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
        super().__init__(doc, words, default, **rest)

    def python(self, value: Value) -> str:
        return source(value) if value is None else f"torch.{value}"


def collect(namespace: Mapping[str, object]) -> dict[str, Arg]:
    """The arguments a class body declares, in order; `extra` is none, but what others are (see `Op.extra`)."""
    return {arg.name: arg for key, arg in namespace.items() if isinstance(arg, Arg) and key != "extra"}
