"""Did-you-mean."""

from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate a person most likely meant by `word`, or None where nothing is near."""
    import difflib  # only a mistake pays for it

    names = list(candidates)
    folded = {name.casefold().replace("_", ""): name for name in reversed(names)}
    exact = folded.get(word.casefold().replace("_", ""))
    if exact is not None:
        return exact
    near = difflib.get_close_matches(word.casefold().replace("_", ""), folded, n=1, cutoff=0.7)
    return folded[near[0]] if near else None
