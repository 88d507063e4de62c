"""Plain scalars by YAML 1.2's core schema: `5e-4` is a number, `no` and `12:30:45` are strings.

PyYAML's own resolver is YAML 1.1's, which reads `no` as false, `1e-3` as text and `12:30:45` as 45045.
Source: YAML 1.2.2, section 10.3.2, https://yaml.org/spec/1.2.2/#1032-tag-resolution
"""

import math
import re

from specc.source.limits import INTEGER_MAX, INTEGER_MIN

_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_DECIMAL = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL = re.compile(r"0o[0-7]+", re.ASCII)
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
_NAN = re.compile(r"\.(?:nan|NaN|NAN)")
_NUMERIC_START = frozenset("+-.0123456789")


class OutOfRange(ValueError):
    """A number that is written correctly but cannot be held; the text says why."""


def resolve(text: str) -> bool | int | float | str | None:
    """The value of a plain (unquoted) scalar.

    Raises OutOfRange for an integer beyond 64 bits, a float that overflows, and `.nan`, which no argument of a
    network means. `.inf` is a float: masks are filled with `-.inf`.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if _DECIMAL.fullmatch(text):
        return _integer(text, text, 10)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise OutOfRange("is larger than any 64-bit float")
        return number
    if _OCTAL.fullmatch(text):
        return _integer(text, text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return _integer(text, text[2:], 16)
    if _INFINITY.fullmatch(text):
        return -math.inf if text[0] == "-" else math.inf
    if _NAN.fullmatch(text):
        raise OutOfRange("is not a number, and nothing here can be computed with it")
    return text


def _integer(text: str, digits: str, base: int) -> int:
    # The length is looked at first: Python refuses to convert thousands of digits, and takes quadratic time for many.
    significant = digits.lstrip("+-").lstrip("0")
    if len(significant) > 64:
        raise OutOfRange("does not fit 64 bits")
    number = int(significant or "0", base)
    if text[0] == "-":
        number = -number
    if not INTEGER_MIN <= number <= INTEGER_MAX:
        raise OutOfRange("does not fit 64 bits")
    return number
