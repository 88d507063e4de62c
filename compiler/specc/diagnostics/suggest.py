"""Did-you-mean."""

from collections.abc import Iterable
from functools import lru_cache


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate a person most likely meant by `word`, or None where nothing is near."""
    return _closest(word, tuple(candidates))


@lru_cache(maxsize=256)  # in a repeat the same mistake comes again with every copy
def _closest(word: str, names: tuple[str, ...]) -> str | None:
    import difflib  # only a mistake pays for it

    folded = {name.casefold().replace("_", ""): name for name in reversed(names)}
    exact = folded.get(word.casefold().replace("_", ""))
    if exact is not None:
        return exact
    near = difflib.get_close_matches(word.casefold().replace("_", ""), folded, n=1, cutoff=0.7)
    return folded[near[0]] if near else None


def closest_argument(word: str, names: Iterable[str]) -> str | None:
    """As `closest`, of an op's arguments: Keras's name for one of them is meant too."""
    from specc.diagnostics.keras import ARGUMENTS

    known = list(names)
    return next((name for name in ARGUMENTS.get(word, ()) if name in known), None) or closest(word, known)
