"""Every code a diagnostic may carry. A code never changes its meaning and is never given to another problem.

The letter says where the problem lies: `Y` YAML and files, `L` the language (keys, arguments, types of values),
`E` expressions, `N` names and wiring, `S` shapes and dtypes, `W` lints, `T` training, `R` the runtime (data, devices,
checkpoints), `C` the command line. Loaded only to write SARIF and the reference; reporting needs the code's text alone.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    title: str  # one line: what is wrong in general
    doc: str  # what it means and what to do about it


_YAML = (
    Code("Y001", "a file cannot be read", "The file is missing, is a directory or a device, or may not be read."),
    Code("Y002", "a file is too large", "A spec may have 1,000,000 bytes; a larger file is hardly one."),
    Code("Y003", "a file is not UTF-8", "Specs are UTF-8 text. Save the file in that encoding."),
    Code("Y101", "the text is not YAML", "YAML's parser cannot go on here. A place before this one may be the cause."),
    Code("Y102", "a key is written twice", "YAML parsers silently keep the last of two equal keys; specc keeps neither "
         "silently. The first is used for the rest of the check."),
    Code("Y103", "a YAML tag", "Tags (`!name`, `!!python/…`) can make a parser construct objects; a spec needs none."),
    Code("Y104", "a merge key", "`<<` belongs to YAML 1.1 and hides where a value comes from. Blocks with params do "
         "the same work."),
    Code("Y105", "a key that is not a word", "A key is a string, or a number or word that is read as it is written. "
         "Lists and mappings cannot be keys, and a key cannot be empty."),
    Code("Y106", "more than one document", "A spec is one YAML document; `---` may only stand at its start."),
    Code("Y107", "an empty file", "There is nothing in the file but blanks and comments."),
    Code("Y108", "an alias that repeats nothing", "`*name` repeats the value marked `&name` before it. It may not "
         "stand inside that value."),
    Code("Y109", "a character that may not stand in a spec", "Control characters, unpaired surrogates, line separators "
         "and, in keys, marks that change the direction of text make a file look different from what it is."),
    Code("Y110", "a number out of range", "Integers have 64 bits, floats are IEEE doubles; `.nan` is refused."),
    Code("Y201", "nesting too deep", "Lists and mappings may be nested 64 deep, aliases expanded."),
    Code("Y202", "too many values", "A file may hold 100,000 values, aliases counted as often as they are used."),
    Code("Y203", "a value is too long", "A single value may have 10,000 characters."),
    Code("Y301", "an override that cannot be read", "`--set` takes `key.path=value`; the value is YAML."),
    Code("Y302", "an override of something that is not there", "Each step of the path must lead into a mapping or to "
         "an item of a list that exists; only mapping keys are created."),
)  # fmt: skip

_LANGUAGE = (
    Code("L201", "an unknown key or argument", "The names are PyTorch's. Often a spelling mistake."),
    Code("L202", "a key or argument is missing", "It has no default and cannot be inferred from the input."),
    Code("L203", "a value of the wrong type", "The message names the types that can stand here."),
    Code("L204", "a value out of range", "The value has the right type but is not one of those that are allowed."),
)  # fmt: skip

CODES: dict[str, Code] = {code.code: code for code in (*_YAML, *_LANGUAGE)}
