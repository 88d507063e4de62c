"""Numbers as people read them."""

from __future__ import annotations

_LARGE = (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3))
_BYTES = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


def thousands(number: int) -> str:
    """`11689512` → `11,689,512`."""
    return f"{number:,}"


def short(number: int) -> str:
    """Three digits and a decimal prefix: `1814073344` → `1.81 G`, `512` → `512`."""
    return _scaled(number, _LARGE, "")


def bytes_text(number: int) -> str:
    """Three digits and a binary prefix: `25165824` → `24.0 MiB`, `512` → `512 B`."""
    return _scaled(number, _BYTES, " B")


def plural(number: int, noun: str) -> str:
    """`1 layer`, `2 layers`."""
    return f"{thousands(number)} {noun}{'' if number == 1 else 's'}"


def _scaled(number: int, units: tuple[tuple[str, int], ...], plain: str) -> str:
    for place, (unit, size) in enumerate(units):
        if abs(number) < size:
            continue
        text = _three_digits(number / size)
        if text == "1000" and place:  # 999,999 is 1.00 M, not 1000 k
            unit, text = units[place - 1][0], "1.00"
        return f"{text} {unit}"
    return f"{number}{plain}"


def _three_digits(x: float) -> str:
    for digits in (2, 1, 0):
        text = f"{x:.{digits}f}"
        if len(text.lstrip("-").replace(".", "")) <= 3 or not digits:
            return text
    return str(x)
