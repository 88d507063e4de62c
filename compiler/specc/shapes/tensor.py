"""The type of a value in the graph: a shape and a dtype."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specc.record import Record
from specc.shapes.dim import Dim, product
from specc.shapes.dtype import DTYPES, bytes_of, is_complex, is_floating, promote, promote_scalar

__all__ = [
    "DTYPES",
    "UNKNOWN",
    "TensorType",
    "Type",
    "Unknown",
    "is_complex",
    "is_floating",
    "promote",
    "promote_scalar",
]


class TensorType(Record):
    """A tensor's type; `dtype` is torch's name without the prefix ("float32")."""

    shape: tuple[Dim, ...]
    dtype: str = "float32"

    @staticmethod
    def of(shape: Iterable[int | str | Dim], dtype: str = "float32") -> TensorType:
        """From sizes, a string by `parse_dim`. ValueError where one does not parse or the dtype is unknown."""
        if dtype not in DTYPES:
            raise ValueError(f"`{dtype}` is not a dtype of torch")
        return TensorType(tuple(_size(size) for size in shape), dtype)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def numel(self) -> Dim:
        """The number of elements; 1 for a scalar."""
        return product(self.shape)

    @property
    def nbytes(self) -> Dim:
        """The bytes of its elements."""
        return self.numel * bytes_of(self.dtype)

    def with_dim(self, axis: int, dim: int | Dim) -> TensorType:
        """With one size replaced; a negative axis counts from the end, IndexError beyond either end."""
        sizes = list(self.shape)
        sizes[axis] = Dim.of(dim)
        return TensorType(tuple(sizes), self.dtype)

    def with_shape(self, shape: Iterable[int | Dim]) -> TensorType:
        return TensorType(tuple(Dim.of(size) for size in shape), self.dtype)

    def with_dtype(self, dtype: str) -> TensorType:
        return self if dtype == self.dtype else TensorType(self.shape, dtype)

    def evaluate(self, env: Mapping[str, int]) -> tuple[int, ...]:
        """The sizes for the symbols' values in `env`; KeyError for a symbol that is missing."""
        return tuple(dim.evaluate(env) for dim in self.shape)

    def substitute(self, env: Mapping[str, Dim | int]) -> TensorType:
        return TensorType(tuple(dim.substitute(env) for dim in self.shape), self.dtype)

    def to_json(self) -> dict[str, object]:
        """`{"shape": ["N", 64], "dtype": "float32"}`: a constant size is a number, any other its Python source."""
        return {"shape": [d.value if d.is_const else str(d) for d in self.shape], "dtype": self.dtype}

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.shape))}]"


class Unknown:
    """The type of a value whose layer is in error; what reads it stays quiet."""

    __slots__ = ()

    def __str__(self) -> str:
        return "?"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()

Type = TensorType | Unknown


def _size(size: int | str | Dim) -> Dim:
    if isinstance(size, str):
        from specc.shapes.parse import parse_dim

        return parse_dim(size)
    return Dim.of(size)
