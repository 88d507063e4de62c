"""What a part of a spec is, which decides the order of its keys and whether it is one line or many."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from specc.source.layout.tree import Part, Piece
from specc.source.schema import section_schema


class Role(Enum):
    SPEC = auto()
    BLOCKS = auto()  # blocks by name
    BLOCK = auto()
    BODY = auto()  # layers by name or number
    LAYER = auto()  # and what is written like one: an optimizer, a transform, an initialiser
    SHORTCUT = auto()
    TRAIN = auto()
    DATA = auto()
    OPS = auto()  # one like a layer, or a list of them
    OTHER = auto()


_BODIES = ("layers", "residual", "parallel")
_PARTS: dict[Role, dict[str, Role]] = {
    Role.SPEC: {"blocks": Role.BLOCKS, "layers": Role.BODY, "train": Role.TRAIN, "init": Role.OPS},
    Role.BLOCK: {**dict.fromkeys(_BODIES, Role.BODY), "shortcut": Role.SHORTCUT, "activation": Role.LAYER},
    Role.TRAIN: {"data": Role.DATA, **dict.fromkeys(("loss", "optimizer", "scheduler"), Role.LAYER)},
    Role.DATA: dict.fromkeys(("dataset", "augment", "transform"), Role.OPS),
}
HEAD = ("specc", "name", "description", "extends", "use", "allow")
"""The keys at the top of a spec that stand together."""

_ORDER: dict[Role, tuple[str, ...]] = {
    Role.SPEC: tuple(dict.fromkeys((*HEAD, *section_schema("spec")["properties"]))),
    Role.BLOCK: tuple(section_schema("block")["properties"]),
    Role.TRAIN: tuple(section_schema("train")["properties"]),
    Role.LAYER: ("op",),
    Role.OPS: ("op",),
}


def role_of(role: Role, names: Sequence[str | None], name: str | None) -> Role:
    """The role of what stands under `name` (None: in a list) in a part of the role `role` that has the keys `names`."""
    if role is Role.BLOCKS:
        return Role.BLOCK
    if role in (Role.BODY, Role.OPS) and (name is None or role is Role.BODY):
        return Role.LAYER
    if role is Role.SHORTCUT and name != "layers":
        return Role.LAYER
    if name is None:
        return Role.OTHER
    if role is Role.SHORTCUT:
        return Role.BODY
    if role is Role.LAYER and "op" not in names:
        return _PARTS[Role.BLOCK].get(name, Role.OTHER)
    return _PARTS.get(role, {}).get(name, Role.OTHER)


def in_order(role: Role, names: Sequence[str | None]) -> list[int]:
    """The positions of the keys in the canonical order; unknown ones stay behind the one that they follow."""
    ranks = _ORDER.get(role)
    if ranks is None or None in names:
        return list(range(len(names)))
    if len(ranks) == 1:  # `op` comes first, the others stay
        return sorted(range(len(names)), key=lambda n: names[n] != ranks[0])
    keys, rank = [], -1
    for name in names:
        rank = ranks.index(name) if name in ranks else rank
        keys.append(rank)
    return sorted(range(len(names)), key=lambda n: keys[n])


def is_structure(piece: Piece, role: Role) -> bool:
    """Whether it is laid out in lines of its own where one line is too short for it."""
    if role in (Role.SPEC, Role.BLOCKS, Role.BLOCK, Role.BODY, Role.TRAIN, Role.SHORTCUT):
        return True
    return role is Role.LAYER and _has_body(piece)


def is_short(piece: Piece, role: Role) -> bool:
    """Whether it is written in one line where that is long enough, though its author took several."""
    if role is Role.LAYER:
        return piece.kind == "mapping" and not _has_body(piece)
    if piece.kind == "sequence" and role is Role.OTHER:
        return all(part.value.kind == "scalar" for part in piece.parts)
    return False


def _has_body(piece: Piece) -> bool:
    names = names_of(piece.parts)
    return "op" not in names and any(body in names for body in _BODIES)


def names_of(parts: Sequence[Part]) -> list[str | None]:
    return [part.shown_name() for part in parts]
