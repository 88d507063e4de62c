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

_TRAINING = (
    Code("T601", "a name that training cannot use", "PyTorch has no optimizer, scheduler, loss, transform, dataset or "
         "metric of that name, or it needs what a spec cannot hold (a function, a second output)."),
    Code("T602", "a sample that does not fit the input", "The shape of the dataset's samples, after the "
         "transforms, must "
         "be the network's input without its batch dimension."),
    Code("T603", "fewer outputs than classes", "Every class needs an output of its own; a label beyond them would stop "
         "the run."),
    Code("T604", "an output that the loss cannot take", "The shapes and dtypes of the output and of the labels must be "
         "those that the loss is defined on."),
    Code("T605", "a network that the loop cannot train", "The training loop feeds one input and reads one output."),
    Code("W501", "a softmax before CrossEntropyLoss", "The loss applies log-softmax itself; a second softmax "
         "flattens the "
         "gradient and training stalls."),
    Code("W502", "a sigmoid before a loss that takes logits", "The loss applies the sigmoid itself."),
    Code("W503", "more outputs than classes", "The surplus outputs are never right; often a forgotten `classes: "
         "1000`."),
    Code("W504", "no log-softmax before a loss that takes log-probabilities", "The loss only picks out and negates; on "
         "logits it is unbounded below."),
)  # fmt: skip

_RUNTIME = (
    Code("R701", "a dataset is not there", "It is not in the folder that torchvision expects and cannot be "
         "downloaded."),
    Code("R702", "a dataset cannot be read", "Its files are damaged, cut short, or not what their names say."),
    Code("R703", "the data does not fit the network", "Found with real samples, before the first step."),
    Code("R704", "a label is out of range", "Labels count from 0 to one less than the number of classes."),
    Code("R705", "a device is absent", "`--device auto` takes the best that there is."),
    Code("R706", "a loss or weight is not finite", "The run stops; nothing that is not finite is saved."),
    Code("R707", "the run folder exists", "A run never overwrites another; `--resume` continues it."),
    Code("R708", "the run folder cannot be written", "Choose a folder that is writable with `--out`."),
    Code("R709", "the disk is full", "What was saved before is intact; `--resume` goes on from there."),
    Code("R710", "a checkpoint is damaged", "A file is missing or differs from its recorded SHA-256, or would run "
         "code."),
    Code("R711", "not a run that can be used", "The folder is not a run's, or belongs to another network."),
    Code("R712", "not supported in training", "It is refused rather than ignored."),
    Code("R713", "an argument that PyTorch refuses", "The message is PyTorch's own."),
    Code("R714", "an image cannot be read", "Pillow cannot make an image of the file."),
    Code("R715", "out of memory", "A smaller `batch_size` with `accumulate` keeps the effective batch."),
    Code("R716", "a data worker died", "Most often for want of memory; `workers: 0` shows its error."),
)  # fmt: skip

_COMMAND = (
    Code("C101", "a file that specc did not write is in the way", "`specc build` overwrites only a `model.py` whose "
         "docstring says that it was generated."),
    Code("C102", "a file cannot be written", "The system's own reason follows; what stood there before is untouched."),
    Code("C103", "a size for a symbol that is not there", "`--bind` takes the symbols of the network's inputs."),
    Code("C104", "a file exists already", "A starting spec never overwrites anything."),
    Code("C105", "a name that cannot be a folder", "Without `-o`, a build goes to build/NAME; the network's name must "
         "then be a word."),
    Code("C106", "a built file is out of date", "`specc build --check` compares with what it would write now."),
    Code("C107", "the diagram cannot be drawn", "No engine is installed, or the one there is failed. The `dot` format "
         "needs none."),
    Code("C108", "an unknown op was asked for", "The ops have PyTorch's names; `specc ops` lists them."),
)  # fmt: skip

CODES: dict[str, Code] = {code.code: code for code in (*_COMMAND, *_YAML, *_LANGUAGE, *_TRAINING, *_RUNTIME)}
