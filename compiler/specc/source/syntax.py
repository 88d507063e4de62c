"""What YAML's parser complains about, in words that help. Loaded only when a file does not parse."""

import re
from collections.abc import Callable

import yaml

from specc.diagnostics.model import Diagnostic, Note, Span

# PyYAML's two parsers word the same problem differently; both are brought to one text.
_REWORDED: tuple[tuple[str, str], ...] = (
    (r"mapping values are not allowed.*", "a `key: value` may not stand here"),
    (r"(could not find expected|did not find expected) ':'", "`:` is missing after a key"),
    (r"(did not find expected|expected) ',' or '([\]}])'.*", r"`,` or `\2` is missing"),
    (r"did not find expected key", "a key is missing here, or the indentation differs from the lines above"),
    (r"expected <block end>.*", "a key is missing here, or the indentation differs from the lines above"),
    (r"did not find expected '-' indicator", "`- ` is missing here, or the indentation differs from the lines above"),
    (r"did not find expected <document start>", "text stands after the end of the document"),
    (r"expected '<document start>'.*", "text stands after the end of the document"),
    (r"found unexpected end of stream|unexpected end of stream", "the file ends inside a quoted string"),
    (r"found unexpected document (indicator|separator)", "the document ends inside a quoted string"),
    (r"found unknown escape character.*", "an unknown escape in a double-quoted string"),
    (r"found unexpected ':'", "`:` may not stand here"),
    (r"block sequence entries are not allowed.*", "a list item `- ` may not stand here"),
    (r"sequence entries are not allowed.*", "a list item `- ` may not stand here"),
    (r"mapping keys are not allowed.*", "a key may not stand here"),
    (
        r"(did not find expected|expected) (alphabetic|alphabetic or numeric) character.*",
        "a name is missing after `*` or `&`",
    ),
    (r"while scanning an? (anchor|alias)", "a name is missing after `*` or `&`"),
    (r"found a tab character.*", "a tab is used for indentation"),
    (r"(did not find expected|expected) (the )?node content.*", "a value is missing here"),
)


def explain(error: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    """The diagnostic for a failure of YAML's parser: what is wrong, where, and the likely mend."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem is None:
        first = str(error).partition("\n")[0]
        return Diagnostic("Y101", f"this is not YAML: {first}", Span(file, 1, 1, 1, 1))
    mark = error.problem_mark or error.context_mark
    lines = re.split(r"\r\n|\r|\n", text)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if not "".join(lines[line:])[column:].strip():  # at the end of the file: after its last word, not on a blank line
        line = max((n for n, content in enumerate(lines) if content.strip()), default=0)
        column = len(lines[line].rstrip())
    message = _message(error.problem, lines[line][column : column + 1])
    notes: tuple[Note, ...] = ()
    start = error.context_mark
    if start is not None and (start.line, start.column) != (line, column) and start.line < len(lines):
        what = re.sub(r"^while (parsing|scanning) ", "", error.context or "")
        opened = Span(file, start.line + 1, start.column + 1, start.line + 1, start.column + 2)
        notes = (Note(f"in {what} that starts here", opened),)
    span = Span(file, line + 1, column + 1, line + 1, column + 1 + (column < len(lines[line])))
    return Diagnostic("Y101", message, span, notes, _help(message, lines, line, column))


def _message(problem: str, character: str) -> str:
    if re.match(r"found character .*that cannot start any token", problem):
        return "a tab is used for indentation" if character == "\t" else f"a value may not begin with `{character}`"
    for pattern, reworded in _REWORDED:
        found = re.fullmatch(pattern, problem)
        if found:
            return found.expand(reworded)
    return problem


def _indentation(message: str, lines: list[str], line: int, column: int) -> str | None:
    """`a: 1` and below it, further in, `b: 2`."""
    if "`key: value` may not stand here" not in message or line == 0:
        return None
    if _indent(lines[line]) > _indent(lines[line - 1]) and re.match(r"\s*[^\s#]+: +\S", lines[line - 1]):
        return "keys of one mapping begin in one column; this line is further in than the one above"
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _help(message: str, lines: list[str], line: int, column: int) -> str | None:
    for cause in _CAUSES:
        advice = cause(message, lines, line, column)
        if advice is not None:
            return advice
    return None


def _tab(message: str, lines: list[str], line: int, column: int) -> str | None:
    indent = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
    return "indent with spaces; YAML allows no tabs there" if "tab" in message or "\t" in indent else None


def _glued_colon(message: str, lines: list[str], line: int, column: int) -> str | None:
    """`lr:0.1` is one word to YAML; the complaint comes a line later."""
    if "`:` is missing" not in message and "may not stand here" not in message:
        return None
    for candidate in (line, line - 1):
        found = candidate >= 0 and re.match(r"\s*(?:- )?([\w.]+):([^\s:/].*)$", lines[candidate])
        if found:
            return f"write a space after the colon: `{found[1]}: {found[2].strip()[:40]}`"
    return None


def _unclosed(message: str, lines: list[str], line: int, column: int) -> str | None:
    """A bracket opened on this line or before it and never closed, or closed by the other kind."""
    if "is missing" not in message and "a value is missing" not in message:
        return None
    opened: list[tuple[str, int]] = []
    for number, content in enumerate(lines[: line + 1]):
        visible = content if number < line else content[: column + 1]
        for character in _outside_quotes(visible):
            if character in "[{":
                opened.append((character, number + 1))
            elif character in "]}" and opened:
                last, where = opened.pop()
                if (last, character) not in (("[", "]"), ("{", "}")):
                    due = "]" if last == "[" else "}"
                    return f"close the `{last}` of line {where} with `{due}` before this `{character}`"
    if opened:
        last, where = opened[-1]
        return f"close the `{last}` of line {where} with `{']' if last == '[' else '}'}`"
    return None


def _outside_quotes(line: str) -> str:
    """The line without quoted strings and comment; good enough to count brackets in a file that does not parse."""
    bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"|(?<![\w])'(?:[^']|'')*'", "", line)
    return re.sub(r"(?:^|\s)#.*", "", bare)


def _colon_in_value(message: str, lines: list[str], line: int, column: int) -> str | None:
    if "`key: value` may not stand here" not in message:
        return None
    return "a value that holds `: ` goes in quotes; a nested mapping goes on lines of its own or in `{…}`"


def _indicator(message: str, lines: list[str], line: int, column: int) -> str | None:
    return "put the value in quotes" if message.startswith("a value may not begin with") else None


def _quote(message: str, lines: list[str], line: int, column: int) -> str | None:
    return "close the quote that the string begins with" if "inside a quoted string" in message else None


def _escape(message: str, lines: list[str], line: int, column: int) -> str | None:
    return r"double the backslash (`\\`), or use single quotes" if "unknown escape" in message else None


_CAUSES: tuple[Callable[[str, list[str], int, int], str | None], ...] = (
    _tab, _indentation, _glued_colon, _unclosed, _colon_in_value, _indicator, _quote, _escape,
)  # fmt: skip
