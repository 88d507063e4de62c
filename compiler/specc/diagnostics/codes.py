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
         "an item of a list that exists; only mapping keys are created. A key that `null` removes, by `--set` or in a "
         "spec that `extends` another, must be there."),
    Code("Y401", "a path that may not be followed", "The files of `use` and `extends` are named from the folder of the "
         "file that names them, with `/`, and lie inside the project: the nearest folder above the spec with a `.git`, "
         "`.hg` or `pyproject.toml`, else the spec's own. Links are followed before that is judged."),
    Code("Y402", "files that read each other", "A file that uses or extends itself, directly or by way of others, has "
         "no end. Move what both need into a third file."),
    Code("Y403", "files read one another too deep", "`use` and `extends` may lead from file to file 16 deep."),
    Code("Y404", "a spec of too many files", "A spec may read 64 files, which together hold as many values as one may: "
         "100,000."),
    Code("Y405", "a name that two files declare", "The blocks and externs of a spec and of the files it uses share one "
         "namespace, so that none stands in for another in silence. A spec may change those of the one it `extends`."),
)  # fmt: skip

_LANGUAGE = (
    Code("L201", "an unknown key or argument", "The names are PyTorch's, so `out_channels` and not `filters`. A near "
         "miss is counted as what was meant for the rest of the check: `{op: Conv2d, out_channel: 8}` is wrong, "
         "`{op: Conv2d, out_channels: 8}` right."),
    Code("L202", "a key or argument is missing", "It has no default and cannot be inferred from the input. `{op: "
         "Linear}` says nothing about the width of its output; `{op: Linear, out_features: 10}` does. A param of a "
         "block that is declared by a type (`channels: int`) must be given at every use."),
    Code("L203", "a value of the wrong type", "The message names the types that can stand here. `kernel_size: true` "
         "is wrong, `kernel_size: 3` and `kernel_size: [3, 5]` are right; a string is an expression over params."),
    Code("L204", "a value out of range", "The value has the right type but is not one of those that are allowed: `p: "
         "1.5` is no probability, `padding_mode: zero` is spelt `zeros`."),
    Code("L205", "an unknown op or block", "An op has the name of its class in `torch.nn` or of its function in "
         "`torch`, capitals included: `ReLU` or `relu`, not `Relu`. A block is one that `blocks` declares. Where a "
         "name is near enough the check goes on as if it had been meant. `specc ops` lists the ops."),
    Code("L206", "an unknown type of a param", "A param is declared by a type (`channels: int` is required) or by "
         "its default (`stride: 1`). The types are `int`, `float`, `bool`, `str`, `list` and `op`; `channels: {type: "
         "integr}` is a slip, `channels: {type: int}` right."),
    Code("L207", "not supported by this version", "The key belongs to the language, but this version of specc cannot "
         "build it yet. It is refused rather than ignored, so that no network differs from its spec."),
    Code("L208", "a name that Python or PyTorch has taken", "Layers become attributes of an `nn.Module`, params "
         "become arguments, so their names are identifiers (of any script), no keywords, and shadow nothing: a layer "
         "`train` or `half` would replace a method that PyTorch calls. Write `half_`, or a more telling name."),
    Code("L209", "a name that is taken", "The inputs and layers of a scope share one namespace. "
         "With an input `x`, a layer `x` is wrong and `stem` right."),
    Code("L210", "an `allow` of what is no warning", "`allow` names the codes of warnings (`W511`), each with the "
         "reason why it is right here. Errors cannot be allowed: there is no network to build."),
    Code("L211", "a body that has no pre-activation order", "With `pre: true` every normalisation and activation goes "
         "before the layer with weights that it is written behind, and the `activation` of the residual before the "
         "last. That is clear for layers in a row; where one has a `from`, write the body in the order it runs, its "
         "normalisation or activation first. Nothing follows the sum then: such a body goes without `activation`."),
    Code("L301", "too many layers", "A network may have 20,000 layers, those of every use of a block and of every "
         "repeat counted. Nothing past the limit is checked."),
    Code("L302", "a repeat is too long", "`repeat` may make 10,000 copies; `repeat: 10 ** 12` would only fill the "
         "memory."),
    Code("L303", "a block contains itself", "A block that uses itself, directly or by way of another, has no end. "
         "Give the inner use a block of its own, or use `repeat`. Blocks may be nested 32 deep."),
)  # fmt: skip

_EXPRESSIONS = (
    Code("E201", "not an expression", "A string where a number is due is an expression in Python's syntax: `2 * "
         "width`, `2 if i == 0 else 1`. `2 width` is none, and `a ? b : c` and `&&` belong to other languages."),
    Code("E202", "not part of the expression language", "Expressions have numbers, names, arithmetic, comparisons, "
         "`and`/`or`/`not`, `a if c else b`, lists, and a few functions such as `min` and `max`. Attributes, other "
         "calls, lambdas and the rest of Python are refused: `width.real` is wrong, `width` right."),
    Code("E203", "an expression is too long", "An expression may have 1,000 characters and 200 parts. A value that "
         "needs more is better a param."),
    Code("E204", "an expression has no value", "It divides by zero, does arithmetic with what is no number, or asks "
         "of a symbolic size what only a number can answer: `width / 0` and `'a' + 1` are wrong; `H / 2` of a symbol "
         "`H` is written `H // 2`."),
    Code("E205", "a number is too large", "Integers in expressions stay within 2 ** 62; nothing in a network is that "
         "large, and `9 ** 9 ** 9` would take minutes to compute."),
    Code("E206", "an unknown name in an expression", "An expression sees the params of its own scope, the symbols "
         "that its inputs bind, and `i` inside a `repeat`. A block does not see the network's params: declare one, "
         "and pass it where the block is used (`width: width`)."),
    Code("E207", "a comparison that is open", "Whether `H > 32` for a symbol `H` is known only when the network "
         "runs, but `when` and `a if c else b` are settled when it is built. Compare params, or state `where: [H > "
         "32]`."),
    Code("E208", "a condition that states nothing", "An item of `where` compares sizes: `H % 16 == 0` and `H >= 32` "
         "are right, `H` or `true` say nothing."),
    Code("E209", "a size that is not known when the network is built", "A constructor such as `Conv2d` needs its "
         "integers when the module is made; a symbol such as `H` has a value only when a tensor arrives. Give that "
         "dimension of the input a number. Ops that take sizes at run time (`reshape`, `expand`, `interpolate`) take "
         "symbols."),
)  # fmt: skip

_NAMES = (
    Code("N201", "an input without its partner", "Some inputs only mean something together: an `LSTM` given `h_0` "
         "needs `c_0`, `is_causal` needs its mask. Name both in `from`, or neither."),
    Code("N401", "an unknown layer or input", "`from` names a layer above it or an input of the same scope. A scope "
         "is closed: a block or group does not see the layers around it; hand them in through its `inputs`."),
    Code("N402", "a layer that comes later", "Layers run from top to bottom, so a layer reads only what stands above "
         "it. Move the layer that is read up."),
    Code("N403", "a layer that does not exist here", "Its `when` does not hold in this use of the block. `from: "
         "downsample or x` takes the first that exists; `from: downsample` alone fails where there is none."),
    Code("N404", "inputs that do not fit the layer", "An op reads as many tensors as its `forward` takes, a block as "
         "many as its `inputs` declares. `{op: matmul, from: a}` lacks one, `{op: matmul, from: [a, b]}` is right; "
         "names work too: `from: {query: q, key: k, value: v}`."),
    Code("N405", "an unknown output of a layer", "Ops with several outputs are read by field or position: "
         "`lstm.h_n`, `split.0`. A plain name gives the first."),
    Code("N406", "an output that cannot be reached", "`outputs` names layers of the network: with a last layer `fc`, "
         "`outputs: {logits: head}` reads nothing and `outputs: {logits: fc}` is right. The check goes on with the "
         "nearest name, or the last layer."),
    Code("N407", "an output that no input has a part in", "On the way to it no layer reads an input, so it is the "
         "same for every sample. Most often a `from` leads to the wrong place."),
    Code("N408", "no layers", "The network, a block or a group is empty. It needs at least one layer."),
    Code("N409", "an `init` rule that matches nothing", "A rule names an op that the network uses, or a path "
         "where a layer is, and a parameter that is owned there: `{op: ReLU, weight: zeros_}` matches nothing, `{op: "
         "Conv2d, weight: kaiming_normal_}` does. In a path `*` is any text: `layer4.*` is every layer in `layer4`."),
    Code("N410", "a layer that cannot be shared", "`share` applies a layer above it once more, with its weights: one "
         "of its own scope that is a submodule, not an input, a function (which has none) or a tensor (which is read "
         "by its name). An `op` beside `share` is that layer's."),
)  # fmt: skip

_SHAPES = (
    Code("S301", "a size that the input contradicts", "Widths that the shape already says may be left out; written "
         "down, they are checked. After a layer that gives [N, 3090], `{op: Linear, in_features: 784, …}` is wrong; "
         "without `in_features` it follows the input. The check goes on with the input's size."),
    Code("S302", "an input of the wrong rank", "The op is defined on another number of dimensions: `BatchNorm1d` "
         "takes [N, C] or [N, C, L], and images [N, C, H, W] need `BatchNorm2d`; a `Linear` after a convolution most "
         "often wants a `flatten` before it."),
    Code("S303", "inputs whose shapes do not go together", "Two tensors that are added, joined or multiplied differ "
         "in a dimension where they may not. The notes say which layer made each size."),
    Code("S304", "a symbol where a fixed size is needed", "A layer's weights are made before any tensor is seen, so "
         "a width that they depend on must be a number: after `inputs: {x: [N, L]}` a `Linear` has nothing to infer "
         "from; [N, 64] gives it 64."),
    Code("S305", "shapes that agree only under a condition", "For some sizes of the symbols the shapes agree, for "
         "others not: a U-Net whose skip connections meet again needs `H % 16 == 0`. State the condition in `where`; "
         "the module then checks it on entry."),
    Code("S306", "an input too small for the kernel", "The window, padding included, is larger than the input, so "
         "there is no place for it. Take a smaller kernel or dilation, more padding, or fewer downsampling layers "
         "before it."),
    Code("S307", "a dtype that does not fit", "Weights are float32, indices integers, masks booleans. An `Embedding` "
         "fed an input without `dtype: int64` is wrong, as is a `Linear` fed one with it."),
    Code("S308", "a division that does not come out even", "`groups` must divide the channels, `num_heads` the "
         "embedding, an upscale factor squared the channels of a pixel shuffle."),
    Code("S309", "a dimension out of range", "A tensor of rank r has the dimensions 0 to r − 1, and −r to −1 counted "
         "from the back; no dimension may be named twice. `{op: Softmax, dim: 2}` fails after a layer that gives [N, "
         "10]; `dim: 1` is right."),
    Code("S310", "arguments that contradict each other", "Each is allowed by itself, not together or with this "
         "input: `padding: same` with `stride: 2`, a pooling padded by more than half its kernel."),
    Code("S311", "a reshape that changes the number of elements", "The sizes of a `reshape` or `view` multiply to "
         "those of its input. One of them may be −1 and is inferred, if the rest divides."),
    Code("S312", "an output of another shape than declared", "`outputs: {logits: {from: fc, shape: [N, 10]}}` is an "
         "assertion; the layer gives something else. One of the two is wrong."),
    Code("S313", "an input that does not match the block", "The pattern of a block's input asserts: a number must be "
         "equal, a symbol that occurs twice must be the same size, and the rank must be that of the pattern (`...` "
         "stands for any leading dimensions)."),
    Code("S314", "a residual whose two sides differ", "The sum of a residual does not broadcast: body and shortcut "
         "have the same shape. Where the body changes channels or stride, `shortcut: auto` projects the input."),
    Code("S315", "no projection for `auto`", "`shortcut: auto` tries one 1×1 convolution (or `Linear`) with a "
         "stride. No stride takes the input to this shape; write the shortcut's layers: `shortcut: {layers: [...]}`."),
    Code("S316", "facts that contradict each other", "No sizes satisfy all items of `where` together: [H > 32, H < "
         "16] admits none, so everything would be proved. The facts are left aside for the rest of the check."),
)  # fmt: skip

_LINTS = (
    Code("W511", "nothing reads it", "A layer (or input) whose result goes nowhere costs parameters and time and "
         "does nothing: often a `from` further down names the wrong layer. Read it, list it in `outputs`, or remove "
         "it."),
    Code("W512", "a param that nothing uses", "`params: {width: 64}` with a `width` in no expression has no effect "
         "when it is set. Use it or remove it."),
    Code("W513", "a block that nothing uses", "It is declared but no layer names it, so its inside was never checked "
         "against a shape. Use it or remove it."),
    Code("W514", "one value per channel", "Batch normalisation trains on the mean and variance of every channel over "
         "the batch and the pixels. Of a single value (a batch of 1 whose axes have shrunk to 1) there is no variance, "
         "and PyTorch refuses to train; in eval mode it runs."),
    Code("W515", "a bias before a batch norm", "The norm subtracts the mean of every channel, and with it whatever the "
         "layer before added; it has a bias of its own. `bias: false` saves the parameters and changes nothing else."),
    Code("W516", "a dropout before a batch norm", "In training the norm sees values that were dropped and scaled, and "
         "keeps their variance; in eval mode nothing is dropped, and the variance that it divides by is wrong (Li et "
         "al. 2018, arXiv:1801.05134). Put the dropout behind the norm."),
    Code("W517", "an activation twice in a row", "A `ReLU` of a `ReLU` changes nothing, nor does one of what is never "
         "negative; a `Tanh` of a `Tanh` only narrows the range. Most often one of two was meant to have a layer "
         "between."),
    Code("W518", "a stride that skips what nothing else reads", "A stride larger than its kernel steps over positions: "
         "of a 1×1 convolution with stride 2, three quarters of an image. So does one that leaves a quarter of the "
         "axis over at the end. Where another layer reads them, as the body beside a projecting shortcut does, nothing "
         "is said."),
    Code("W519", "a shortcut that could be the identity", "A projection where the body keeps the shape costs "
         "parameters and puts a layer where the gradient should pass freely (He et al. 2016, arXiv:1603.05027)."),
    Code("W520", "a dead branch", "Each of these layers is read, yet all they lead to is a layer that nothing reads: "
         "they are computed for nothing. Often one `from` names the wrong layer."),
    Code("W521", "an `allow` that silences nothing", "`allow: {W511: \"the head is for later\"}` keeps quiet about a "
         "warning, in the whole spec or in the layer or block where it stands. Where there is no such warning, the "
         "reason is stale."),
)  # fmt: skip

_TRAINING = (
    Code("T601", "a name that training cannot use", "PyTorch has no optimizer, scheduler, loss, transform, dataset "
         "or metric of that name, or it needs what a spec cannot hold (a function, a second output)."),
    Code("T602", "a sample that does not fit the input", "The shape of the dataset's samples, after the transforms, "
         "must be the network's input without its batch dimension."),
    Code("T603", "fewer outputs than classes", "Every class needs an output of its own; a label beyond them would "
         "stop the run."),
    Code("T604", "an output that the loss cannot take", "The shapes and dtypes of the output and of the labels must "
         "be those that the loss is defined on."),
    Code("T605", "a network that the loop cannot train", "The training loop feeds one input and reads one output."),
    Code("W501", "a softmax before CrossEntropyLoss", "The loss applies log-softmax itself; a second softmax "
         "flattens the gradient and training stalls."),
    Code("W502", "a sigmoid before a loss that takes logits", "The loss applies the sigmoid itself."),
    Code("W503", "more outputs than classes", "The surplus outputs are never right; often a forgotten `classes: "
         "1000`."),
    Code("W504", "no log-softmax before a loss that takes log-probabilities", "The loss only picks out and negates; "
         "on logits it is unbounded below."),
    Code("W505", "a target that is broadcast", "The loss of an output [N] and a target [N, 1] is one of N × N pairs: "
         "PyTorch computes it, and warns that it is hardly what is meant. Give both one shape."),
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
    Code("C109", "a network that is no chain", "`specc build --style sequential` writes an `nn.Sequential`, in which "
         "every layer is called with what the layer before it gives, and with nothing else. A network with branches, "
         "several inputs or a function that `torch.nn` has no module of is built as a class: `--style module`, or "
         "`--style containers`."),
    Code("C110", "an unknown code was asked for", "`specc explain` lists the codes; each begins with the letter of "
         "what it is about."),
)  # fmt: skip

_ALL = (
    *_YAML, *_LANGUAGE, *_EXPRESSIONS, *_NAMES, *_SHAPES, *_TRAINING, *_LINTS, *_RUNTIME, *_COMMAND
)  # fmt: skip
CODES: dict[str, Code] = {code.code: code for code in _ALL}
