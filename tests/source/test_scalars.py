"""Plain scalars mean what YAML 1.2's core schema says, not what YAML 1.1 said."""

import math

import pytest

from specc.source.scalars import OutOfRange, resolve

from .reading import only, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5e-4", 5e-4), ("1e-3", 1e-3), ("1E3", 1e3), (".5", 0.5), ("-.5", -0.5), ("1.", 1.0), ("+1.5", 1.5),
        ("0", 0), ("-0", 0), ("12", 12), ("-12", -12), ("+12", 12), ("010", 10), ("0x1F", 31), ("0o17", 15),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None),
        (".inf", math.inf), ("-.inf", -math.inf), ("+.INF", math.inf),
        ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63)),
    ],
)  # fmt: skip
def test_is_a_number_a_boolean_or_null(text, expected):
    resolved = resolve(text)
    assert resolved == expected
    assert type(resolved) is type(expected)


@pytest.mark.parametrize(
    "text",
    ["no", "on", "y", "yes", "off", "tRue", "nULL", "12:30:45", "2020-01-01", "1_000", "0b1", "0X1F", "-0x1F", "1e",
     ".", "-", "+", "..", "...", "e5", "1.2.3", "١٢", "inf", "nan", "2 * width", "=", "<<"],
)  # fmt: skip
def test_is_a_string(text):
    assert resolve(text) == text


@pytest.mark.parametrize(
    "text", ["9223372036854775808", "-9223372036854775809", "0x" + "f" * 17, "9" * 9000, "1e999", ".nan"]
)
def test_numbers_that_cannot_be_held_are_refused(text):
    with pytest.raises(OutOfRange):
        resolve(text)
    problem = only(f"a: {text}")
    assert problem.code == "Y110"
    assert problem.span.column == 4


def test_leading_zeros_do_not_count_towards_the_size():
    assert resolve("0" * 500 + "7") == 7


def test_quoted_scalars_and_block_scalars_are_strings():
    assert value("""['1', "true", '', "~", "5e-4"]""") == ["1", "true", "", "~", "5e-4"]
    assert value("a: |\n  12\n") == {"a": "12\n"}
    assert value("a: >-\n  12\n") == {"a": "12"}
