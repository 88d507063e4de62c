"""Whether a Python number can be an element of a tensor: torch's kernels convert it, and refuse what does not fit."""

from __future__ import annotations

from math import isfinite

_LARGEST = {
    "float64": 1.7976931348623157e308,
    "float32": 3.4028234663852886e38,
    "float16": 65504.0,
    "bfloat16": 3.3895313892515355e38,
}
_BITS = {"int8": 7, "int16": 15, "int32": 31, "int64": 63}


def largest(dtype: str) -> float:
    """The largest finite number of a floating dtype."""
    return _LARGEST[dtype]


def fits(value: float, dtype: str) -> bool:
    """Whether torch makes a `dtype` of `value`: fractions are cut off, what is out of range is refused.

    An integer below 0 wraps around in uint8, as in C; a float does not.
    """
    if dtype in ("bool", "complex128"):
        return True
    if dtype == "complex64":
        dtype = "float32"
    if dtype in _LARGEST:
        return not isfinite(value) or abs(value) <= _LARGEST[dtype]
    if dtype == "uint8":
        return (-256 if isinstance(value, int) else -1) < value < 256 and not -1 < value < 0
    return -(1 << _BITS[dtype]) <= value < 1 << _BITS[dtype]
