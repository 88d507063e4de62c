"""einops' patterns: `b (h d) n -> b h n d` read against a shape.

Source: https://einops.rocks/api/rearrange/.
"""

from __future__ import annotations

from keyword import iskeyword
from typing import NamedTuple, NoReturn

from specc.diagnostics import closest
from specc.ops.call import Call
from specc.ops.strides import laid_out, merge
from specc.shapes.dim import Dim, product

Group = tuple[str, ...]  # the axes that make one axis of a tensor, from the outermost in

DOTS = "..."
PACKED = "(...)"  # the ellipsis inside parentheses


class Plan(NamedTuple):
    """A pattern with the size of every axis; axes of the ellipsis are `...0`, `...1`, …, those without a name `2#0`."""

    left: tuple[Group, ...]
    right: tuple[Group, ...]
    sizes: dict[str, Dim]

    @property
    def named(self) -> tuple[str, ...]:
        """The input's axes in order."""
        return tuple(axis for group in self.left for axis in group)

    @property
    def reduced(self) -> tuple[str, ...]:
        """The axes that the output lacks, in order."""
        kept = {axis for group in self.right for axis in group}
        return tuple(axis for axis in self.named if axis not in kept)

    def size(self, group: Group) -> Dim:
        """The size of the axis that a group makes."""
        if len(group) == 1:
            return self.sizes[group[0]]
        return product(self.sizes[axis] for axis in group)

    def is_view(self) -> bool:
        """Whether the output is made without a copy: its groups step through the memory of the input in order."""
        named = self.named
        axes = dict(zip(named, laid_out([self.sizes[axis] for axis in named]), strict=True))
        new = {axis: (self.sizes[axis], Dim.of(0)) for group in self.right for axis in group if axis not in axes}
        return all(merge((axes | new)[axis] for axis in group) for group in self.right)


def plan(call: Call, *, new: bool = False, drop: bool = False) -> Plan:
    """Reads `pattern` and the lengths of the axes against the input; reports what cannot be.

    `new` admits axes that only the output has (`repeat`), `drop` those that only the input has (`reduce`).
    """
    left, right = _sides(call)
    lengths = _lengths(call, left, right)
    _agree(call, left, right, new=new, drop=drop)
    wanted = [axis for axis in _axes(right) if axis not in _axes(left) and "#" not in axis and axis not in lengths]
    if wanted:
        _refuse(
            call,
            "S310",
            f"`{call.label}` ({call.op.name}) cannot know the length of the new axis `{wanted[0]}`",
            help=f"give it: `{wanted[0]}: 2`",
        )
    left, right = _opened(call, left, right)
    sizes = {axis: Dim.of(int(axis.partition("#")[0])) for axis in (*_axes(left), *_axes(right)) if "#" in axis}
    sizes |= lengths
    for group, length in zip(left, call.x.shape, strict=True):
        _measure(call, group, length, sizes)
    return Plan(tuple(left), tuple(right), sizes)


def _refuse(call: Call, code: str, message: str, *, arg: str = "pattern", help: str | None = None) -> NoReturn:
    call.reject(code, message, arg=arg, help=help)


def _axes(groups: list[Group]) -> list[str]:
    return [DOTS if axis == PACKED else axis for group in groups for axis in group]


def _sides(call: Call) -> tuple[list[Group], list[Group]]:
    parts = call["pattern"].split("->")
    if len(parts) != 2:
        _refuse(
            call,
            "L204",
            f"`pattern` of `{call.label}` must have one `->`, not {len(parts) - 1}",
            help="name the axes of the input, then `->`, then those of the output: `b c h w -> b (h w) c`",
        )
    return _side(call, parts[0], "input"), _side(call, parts[1], "output")


def _side(call: Call, text: str, what: str) -> list[Group]:
    """The groups of one side; 1 and () are the empty group, a group of its own is an axis or the ellipsis."""
    groups: list[Group] = []
    inside: list[str] | None = None
    seen: list[str] = []
    where = f"`pattern` of `{call.label}`"
    for word in text.replace("(", " ( ").replace(")", " ) ").split(" "):
        if not word:
            continue
        if word == "(":
            if inside is not None:
                _refuse(call, "L204", f"{where} must be flat inside parentheses: one pair stands in another")
            inside = []
        elif word == ")":
            if inside is None:
                _refuse(call, "L204", f"{where} must open the parenthesis that `{text.strip()}` closes")
            groups.append(tuple(inside))
            inside = None
        else:
            axis = _axis(call, word, len(seen), what)
            if axis in seen:
                _refuse(
                    call, "L204", f"{where} must name each axis of the {what} once, but it names `{axis}` twice",
                    help="give the axes two names" if axis != DOTS else "`...` stands for all axes that are not named",
                )  # fmt: skip
            if axis is not None:
                seen.append(axis)
            if inside is None:
                groups.append((axis,) if axis is not None else ())
            elif axis is not None:
                inside.append(PACKED if axis == DOTS else axis)
    if inside is not None:
        _refuse(call, "L204", f"{where} must close the parenthesis that `{text.strip()}` opens")
    return groups


def _axis(call: Call, word: str, number: int, what: str) -> str | None:
    """The axis that a word names; None for `1`."""
    if word == DOTS:
        return word
    if word.isdecimal() and int(word) > 0:
        return None if int(word) == 1 else f"{int(word)}#{what}{number}"
    if not word.isidentifier() or word[0] == "_" or word[-1] == "_":
        help = "an axis has a name of letters and digits, with no `_` at its ends"
        if "," in word:
            help = "axes stand with blanks between them, not commas"
        elif "." in word:
            help = "`...` stands by itself, for all axes that are not named"
        _refuse(call, "L204", f"`pattern` of `{call.label}` must be made of names, but `{word}` is none", help=help)
    return word


def _lengths(call: Call, left: list[Group], right: list[Group]) -> dict[str, Dim]:
    """The lengths written beside the pattern."""
    axes = [axis for axis in dict.fromkeys([*_axes(left), *_axes(right)]) if "#" not in axis and axis != DOTS]
    lengths = {}
    for name in call.args:
        if name in call.op.args:
            continue
        if name not in axes:
            near = closest(name, axes)
            listed = ", ".join(f"`{axis}`" for axis in axes)
            _refuse(
                call,
                "L201",
                f"unknown argument `{name}` of `{call.label}` ({call.op.name}): its pattern has no such axis",
                arg=name,
                help=f"did you mean `{near}`?" if near else f"its axes are {listed}" if axes else None,
            )
        if iskeyword(name) or name in ("tensor", "reduction"):
            _refuse(
                call, "L204", f"the axis `{name}` of `{call.label}` must have another name to be given a length: "
                "Python has a use for this one", arg=name,
            )  # fmt: skip
        length = call.dim(name)
        if length.is_const and length.value < 0:
            _refuse(call, "L204", f"`{name}` of `{call.label}` must be at least 0, not {length}", arg=name)
        lengths[name] = length
    return lengths


def _agree(call: Call, left: list[Group], right: list[Group], *, new: bool, drop: bool) -> None:
    """The two sides name the same axes, but for what the op adds or reduces."""
    name = f"`{call.label}` ({call.op.name})"
    if any(PACKED in group for group in left):
        _refuse(call, "L204", f"`pattern` of `{call.label}` must not have `...` in parentheses before `->`")
    missing = [axis for axis in _axes(left) if axis not in _axes(right)]
    added = [axis for axis in _axes(right) if axis not in _axes(left)]
    if DOTS in added:
        _refuse(call, "S310", f"{name} has `...` in its output, but not in its input", help="write it on both sides")
    if missing and not drop:
        _refuse(
            call,
            "S310",
            f"{name} loses the axis `{missing[0].partition('#')[0]}`: its output does not name it",
            help="`reduce` takes a maximum, sum or mean over the axes that the output lacks",
        )
    if added and not new:
        axis = added[0].partition("#")[0]
        near = closest(axis, missing)
        _refuse(
            call,
            "S310",
            f"{name} does not know the axis `{axis}`: its input does not name it",
            help=f"did you mean `{near}`?" if near else f"`repeat` adds axes; their lengths are given: `{axis}: 2`",
        )


def _opened(call: Call, left: list[Group], right: list[Group]) -> tuple[list[Group], list[Group]]:
    """With the ellipsis as the axes it stands for; the input has as many axes as the pattern (S302)."""
    rank, named = call.x.rank, len(left) - ((DOTS,) in left)
    if rank < named or (rank != named and (DOTS,) not in left):
        least = "at least " if (DOTS,) in left else ""
        call.reject(
            "S302",
            f"`pattern` of `{call.label}` names {least}{named} axes, but its input is {rank}-d",
            arg="pattern",
            help=None if (DOTS,) in left or rank < named else "`...` stands for axes that are not named",
        )
    rest = tuple(f"{DOTS}{k}" for k in range(rank - named))
    left = [one for group in left for one in ([(axis,) for axis in rest] if group == (DOTS,) else [group])]
    opened: list[Group] = []
    for group in right:
        if group == (DOTS,):
            opened += [(axis,) for axis in rest]
        else:
            opened.append(tuple(one for axis in group for one in (rest if axis == PACKED else (axis,))))
    return left, opened


def _measure(call: Call, group: Group, length: Dim, sizes: dict[str, Dim]) -> None:
    """The sizes of the axes that make an axis of `length`; one may be open (S310, S308)."""
    unknown = [axis for axis in group if axis not in sizes]
    shown = f"({' '.join(axis.partition('#')[0] for axis in group)})"
    if len(unknown) > 1:
        _refuse(
            call,
            "S310",
            f"`{call.label}` ({call.op.name}) cannot tell how `{shown}` splits {length}: "
            f"the lengths of {' and '.join(f'`{axis}`' for axis in unknown)} are open",
            help=f"give all but one of them: `{unknown[0]}: 2`",
        )
    if len(group) == 1 and unknown:
        sizes[unknown[0]] = length
        return
    known = product(sizes[axis] for axis in group if axis in sizes)
    where = f"`{call.label}` ({call.op.name})"
    if not unknown:
        what = shown if len(group) != 1 else group[0].partition("#")[0]
        message = f"{where} has {known} for `{what}`, but that axis of its input has {length}"
        if not group:
            message = f"{where} has an axis of 1 in its pattern, but that axis of its input has {length}"
        call.require_equal(known, length, message, arg="pattern")
        return
    if known == 0:
        _refuse(call, "S308", f"{where} cannot split {length} into `{shown}`: a length of it is 0")
    quotient = length // known
    call.require_equal(
        (quotient * known).without_origin(),
        length.without_origin(),
        f"{where} cannot split {length} into `{shown}`: it is not divisible by {known}",
        code="S308",
        arg="pattern",
    )
    sizes[unknown[0]] = quotient
