"""torch's dtypes and how they mix (https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc)."""

from __future__ import annotations

DTYPES = (
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
    "complex64",
    "complex128",
)

FLOATING = ("float64", "float32", "float16", "bfloat16")
COMPLEX = ("complex64", "complex128")
SIGNED = ("int8", "int16", "int32", "int64")  # narrow to wide
_BYTES = {"float64": 8, "int64": 8, "complex64": 8, "complex128": 16, "float16": 2, "bfloat16": 2, "int16": 2}
_BYTES |= {"float32": 4, "int32": 4, "int8": 1, "uint8": 1, "bool": 1}


def bytes_of(dtype: str) -> int:
    """The size of one element."""
    return _BYTES[dtype]


def real(dtype: str) -> str:
    """The dtype of the magnitudes: a complex number's is real."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def is_floating(dtype: str) -> bool:
    """As `torch.is_floating_point`: complex dtypes are not."""
    return dtype in FLOATING


def is_complex(dtype: str) -> bool:
    return dtype in COMPLEX


def is_integral(dtype: str) -> bool:
    """Whether it holds integers; bool does not count."""
    return dtype in SIGNED or dtype == "uint8"


def promote(a: str, b: str) -> str:
    """As `torch.promote_types`: the dtype of an elementwise result of two tensors of rank 1 or more."""
    if a == b:
        return a
    low, high = sorted((a, b), key=_category)
    if _category(low) != _category(high):
        if high == "complex64" and low == "float64":
            return "complex128"
        return high
    if _category(high) == 1:
        if "uint8" in (a, b):
            signed = a if b == "uint8" else b
            return "int16" if signed == "int8" else signed
        return max(a, b, key=SIGNED.index)
    if _category(high) == 2:
        if {a, b} == {"float16", "bfloat16"}:
            return "float32"
        return min(a, b, key=FLOATING.index)
    return "complex128"


def promote_scalar(dtype: str, value: bool | int | float) -> str:
    """The dtype of a tensor combined with a Python scalar: the scalar only lifts the category, to its default dtype."""
    if isinstance(value, bool):
        return dtype
    if isinstance(value, int):
        return "int64" if dtype == "bool" else dtype
    return "float32" if _category(dtype) < 2 else dtype


def _category(dtype: str) -> int:
    if dtype == "bool":
        return 0
    if is_integral(dtype):
        return 1
    return 2 if dtype in FLOATING else 3
