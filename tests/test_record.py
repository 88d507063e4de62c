"""Records behave as frozen dataclasses do."""

import copy
import pickle
from collections.abc import Mapping

import pytest

from specc.record import NOTHING, Record


class Point(Record):
    x: int
    label: str = "here"


class Place(Record):
    x: int
    label: str = "here"


class Vertex(Record, eq=False):
    x: int
    tags: Mapping[str, int] = NOTHING


def test_fields_are_given_by_position_or_name_and_defaults_fill_the_rest() -> None:
    assert Point(1, "there") == Point(x=1, label="there") == Point(1, label="there")
    assert Point(1).label == "here"


def test_equality_is_of_class_and_fields() -> None:
    assert Point(1) != Point(2)
    assert Point(1) != Place(1)
    assert hash(Point(1)) == hash(Point(1))
    assert len({Point(1), Point(1), Point(2)}) == 2


def test_without_equality_a_record_equals_only_itself() -> None:
    vertex = Vertex(1)
    assert {vertex: 1}[vertex] == 1
    assert vertex != Vertex(1)
    assert len({vertex, Vertex(1)}) == 2


def test_a_record_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]  # what a type checker says too
    with pytest.raises(AttributeError):
        point.other = 2
    with pytest.raises(AttributeError):
        del point.x
    assert point == Point(1)


def test_replacing_gives_a_copy() -> None:
    point = Point(1)
    assert point._replace(label="there") == Point(1, "there")
    assert point == Point(1)


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), ((1, "a", 2), {}), ((1,), {"x": 2}), ((1,), {"colour": 2}), ((), {"label": "a"}), ((), {"colour": 2})],
)
def test_wrong_fields_are_refused(values: tuple[object, ...], named: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="Point takes x, label"):
        Point(*values, **named)  # type: ignore[arg-type]  # wrong on purpose


def test_the_text_names_class_and_fields() -> None:
    assert repr(Point(1)) == "Point(x=1, label='here')"


def test_records_are_copied_and_pickled() -> None:
    assert copy.deepcopy(Point(1, "there")) == Point(1, "there")
    assert pickle.loads(pickle.dumps(Point(1, "there"))) == Point(1, "there")
