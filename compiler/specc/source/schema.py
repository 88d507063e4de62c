"""The JSON Schema of specs (Draft 2020-12), from the op declarations and the sections of the language.

`section_schema` and `op_schema` are what the elaborator checks a part against, one level at a time: it looks at `op`
first, because a choice among all ops at once could only answer "not valid under any of the given schemas".
`spec_schema` is the whole for editors, with the same dispatch in `if`/`then`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specc.ops.declare import Op

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

EXPRESSION: Schema = {"type": "string", "minLength": 1, "description": "an expression over params"}
_NAME: Schema = {"type": "string", "minLength": 1}
_FLAG: Schema = {"type": "boolean"}
_TEXT: Schema = {"type": "string"}
_ANY: Schema = {}


def _doc(schema: Schema, description: str, **more: Any) -> Schema:
    return {**schema, "description": description, **more}


def _one_of(*branches: Schema) -> Schema:
    return {"anyOf": list(branches)}


def _list(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


def _map(values: Schema, **limits: int) -> Schema:
    return {"type": "object", "additionalProperties": values, **limits}


def _closed(properties: dict[str, Schema], required: tuple[str, ...] = (), title: str | None = None) -> Schema:
    schema: Schema = {"type": "object"} if title is None else {"title": title, "type": "object"}
    return {**schema, "properties": properties, "required": list(required), "additionalProperties": False}


_SOURCE = _one_of(_NAME, {"type": "integer", "minimum": 0})  # a layer of a list is named by its number
_FROM = _doc(
    _one_of(
        *_SOURCE["anyOf"],
        _list(_SOURCE, minItems=1),
        {"type": "object", "additionalProperties": _one_of(*_SOURCE["anyOf"], _list(_SOURCE, minItems=1))},
    ),
    "what the layer reads: a layer or input, a list of them, or a mapping from the names of its inputs",
)
_LAYERS = _doc(
    _one_of({"type": "object"}, {"type": "array"}), "the layers, in order: a mapping names them, a list numbers them"
)
_SHAPE = _doc(
    _list(_one_of({"type": "integer", "minimum": 0}, _NAME)),
    "a shape: integers, symbols, expressions, or `...` for any leading dimensions",
)
_SIZES = _doc(
    _list(_one_of({"type": "integer", "minimum": 0}, EXPRESSION)), "a shape of fixed sizes: integers and expressions"
)
_DTYPE: Schema = {
    "enum": [
        "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
        "complex64", "complex128",
    ],
    "description": "torch's name of the dtype",
    "default": "float32",
}  # fmt: skip
_TENSOR = _one_of(_SHAPE, _closed({"shape": _SHAPE, "dtype": _DTYPE, "doc": _TEXT}, ("shape",)))
_INPUTS = _doc(_map(_TENSOR, minProperties=1), "the inputs by name: a shape, or `{shape: …, dtype: …}`")
_OUTPUTS = _doc(
    _map(
        _one_of(
            *_SOURCE["anyOf"],
            _closed({"from": _SOURCE, "shape": _SHAPE, "dtype": _DTYPE, "doc": _TEXT}, ("from",)),
        ),
        minProperties=1,
    ),
    "the outputs by name: a layer, or `{from: layer, shape: …}` to have the shape checked",
)
_BLOCK_OUTPUTS = _doc(
    _one_of(*_SOURCE["anyOf"], _OUTPUTS), "a layer, or the outputs by name; by default the last layer"
)
_PARAMS = _doc(
    _map(
        _one_of(
            {"type": ["string", "number", "boolean", "array", "null"]},
            _closed({"type": _NAME, "default": _ANY, "doc": _TEXT}, ("type",)),
        )
    ),
    "the params: a type (`int`) makes one required, a value is its default",
)
_WHERE = _doc(_list(_NAME), "conditions on the symbols that the compiler may use and the module checks")
_SHORTCUT = _doc(
    _one_of({"enum": ["identity", "auto"]}, {"type": "object", "minProperties": 1}),
    "what is added to the body: `identity`, `auto` (a projection where the shapes need one), or `{layers: …}`",
    default="identity",
)
_ACTIVATION = _doc(_one_of(_NAME, {"type": "object"}, {"type": "null"}), "what follows the sum")
_PRE = _doc(_FLAG, "the pre-activation order of He et al. 2016", default=False)
_MERGE = _doc({"enum": ["cat", "add", "mul", "stack"]}, "how the branches are put together", default="cat")
_DIM = _doc(_one_of({"type": "integer"}, EXPRESSION), "the dimension to merge along")
_CONTAINER = _doc({"enum": ["Sequential", "ModuleList", "ModuleDict"]}, "what it becomes in PyTorch")
_ALLOW = _doc(_map(_NAME), 'warnings that are not to be reported here, each with the reason: `{W511: "for later"}`')
_INIT = _doc(_one_of(_NAME, {"type": "object"}), "an initialiser of torch.nn.init")

_BODY: dict[str, Schema] = {
    "layers": _LAYERS,
    "residual": _doc(_LAYERS, "the body of a residual: its layers, to which the shortcut is added"),
    "shortcut": _SHORTCUT,
    "activation": _ACTIVATION,
    "pre": _PRE,
    "parallel": _doc(_LAYERS, "branches over one input"),
    "merge": _MERGE,
    "dim": _DIM,
}

LAYER_KEYS: dict[str, Schema] = {
    "from": _FROM,
    "when": _doc(_one_of(_FLAG, EXPRESSION), "the layer exists only where this holds"),
    "repeat": _doc(_one_of({"type": "integer", "minimum": 0}, EXPRESSION), "how many copies, one after another"),
    "names": _doc(_one_of(_NAME, _list(_NAME)), 'names of the copies, such as "denselayer{i + 1}"'),
    "shared": _doc(_FLAG, "one copy's weights, used `repeat` times", default=False),
    "share": _doc(_SOURCE, "use this layer's weights again"),
    "tie": _doc(_map(_NAME), "parameters of this layer that are another layer's: `{weight: wte.weight}`"),
    "freeze": _doc(_one_of(_FLAG, EXPRESSION), "do not train its parameters", default=False),
    "container": _CONTAINER,
    "doc": _doc(_TEXT, "a comment that is kept"),
    "allow": _ALLOW,
}
"""The keys that every layer takes, beside the arguments of its op."""

# Those of a tensor of the network's own: it reads nothing, and there is one of it.
_TENSOR_KEYS = {name: LAYER_KEYS[name] for name in ("when", "doc", "allow")}

_NAMED_OP = _one_of(_NAME, {"type": "object", "minProperties": 1})  # `SGD` or `{op: SGD, lr: 0.1}`
_COUNT: Schema = {"type": "integer", "minimum": 1}
_TRANSFORMS = _one_of(_NAMED_OP, _list(_NAMED_OP))

_DATA = _closed(
    {
        "dataset": _doc(_NAMED_OP, "a dataset of torchvision.datasets"),
        "root": _doc(_NAME, "the folder that holds it", default="data"),
        "batch_size": _doc(_COUNT, "samples in a batch", default=32),
        "augment": _doc(_TRANSFORMS, "transforms of torchvision.transforms.v2 for training only"),
        "transform": _doc(_TRANSFORMS, "transforms of torchvision.transforms.v2 for every split"),
        "workers": _doc({"type": "integer", "minimum": 0}, "processes that load samples", default=0),
        "target": _doc(_NAME, "a dataset of one's own, `pkg.mod:Name`"),
        "args": _doc({"type": "object"}, "its arguments"),
        "sample": _doc(_TENSOR, "the shape of its samples"),
        "labels": _doc(
            _closed({"shape": _SHAPE, "dtype": _DTYPE, "classes": _doc(_COUNT, "how many classes")}), "its labels"
        ),
    }
)

_TRAIN = _closed(
    {
        "data": _doc(_DATA, "where samples come from"),
        "loss": _doc(_NAMED_OP, "a loss of torch.nn"),
        "optimizer": _doc(_NAMED_OP, "an optimizer of torch.optim"),
        "scheduler": _doc(_one_of(*_NAMED_OP["anyOf"], {"type": "null"}), "a scheduler of torch.optim.lr_scheduler"),
        "epochs": _doc(_COUNT, "passes over the training data"),
        "steps": _doc(_COUNT, "optimizer steps, in place of `epochs`"),
        "metrics": _doc(_list(_NAME), "what is measured beside the loss", default=["accuracy"]),
        "precision": _doc({"enum": [32, 16, "32", "16", "bf16"]}, "32, or mixed bf16 or 16", default=32),
        "clip_grad_norm": _doc(
            _one_of({"type": "number", "exclusiveMinimum": 0}, {"type": "null"}), "the largest norm of the gradient"
        ),
        "accumulate": _doc(_COUNT, "batches to an optimizer step", default=1),
        "early_stop": _doc(
            _one_of(
                _closed(
                    {
                        "patience": _doc(_COUNT, "epochs to wait for an improvement"),
                        "monitor": _doc(_NAME, "the measure that is watched", default="loss"),
                        "min_delta": _doc({"type": "number", "minimum": 0}, "what counts as one", default=0),
                    },
                    ("patience",),
                ),
                {"type": "null"},
            ),
            "stop when the measure no longer improves",
        ),
        "seed": _doc({"type": "integer", "minimum": 0, "maximum": 2**32 - 1}, "the seed of everything", default=0),
        "compile": _doc(_FLAG, "use torch.compile", default=False),
    },
    title="train",
)

_EXTERN = _closed(
    {
        "target": _doc(_NAME, "where the class or function is: `pkg.mod:Name`"),
        "signature": _doc(_NAME, 'its shapes: "N T C, N S C -> N T C"'),
        "args": _doc(_PARAMS, "its arguments, as params"),
        "doc": _TEXT,
    },
    ("target", "signature"),
    title="extern",
)

_BLOCK = _closed(
    {
        "doc": _doc(_TEXT, "what the block is"),
        "params": _PARAMS,
        "inputs": _INPUTS,
        "where": _WHERE,
        **_BODY,
        "outputs": _BLOCK_OUTPUTS,
        "container": _CONTAINER,
        "allow": _ALLOW,
    },
    title="block",
)

_SPEC = _closed(
    {
        "specc": _doc({"const": 1}, "the version of the language", default=1),
        "name": _doc(_NAME, "the name of the network"),
        "description": _doc(_TEXT, "what it is"),
        "extends": _doc(_NAME, "a spec to start from; the keys here replace its own"),
        "use": _doc(_list(_NAME), "files whose blocks this one may use"),
        "params": _PARAMS,
        "inputs": _INPUTS,
        "where": _WHERE,
        "blocks": _doc(_map({"type": "object"}), "blocks by name"),
        "extern": _doc(_map({"type": "object"}), "code of one's own, with its shapes"),
        "layers": _LAYERS,
        "outputs": _OUTPUTS,
        "init": _doc(
            _list(
                {
                    "type": "object",
                    "properties": {
                        "op": _doc(_NAME, "the layers of this op"),
                        "path": _doc(_NAME, "the layers at this path, `*` being any text: `layer4.*`"),
                        "weight": _INIT,
                        "bias": _INIT,
                    },
                }
            ),
            "how parameters begin: a rule names layers by `op` or `path`, and a function for each parameter",
        ),
        "train": _doc({"type": "object"}, "how to train it"),
        "allow": _ALLOW,
    },
    title="the spec",
)

_WHOLE: Schema = {**_SPEC, "required": ["inputs", "layers"]}

_SECTIONS: dict[str, Schema] = {
    "spec": _WHOLE,
    "library": _SPEC,
    "block": _BLOCK,
    "extern": _EXTERN,
    "train": _TRAIN,
    "group": _closed({**LAYER_KEYS, "inputs": _INPUTS, "where": _WHERE, **_BODY, "outputs": _BLOCK_OUTPUTS}),
    "parameter": _closed(
        {**_TENSOR_KEYS, "freeze": LAYER_KEYS["freeze"], "parameter": _SIZES, "init": _INIT, "dtype": _DTYPE},
        ("parameter",),
    ),
    "buffer": _closed(
        {
            **_TENSOR_KEYS,
            "buffer": _SIZES,
            "init": _INIT,
            "dtype": _DTYPE,
            "value": _doc(_one_of({"type": ["number", "boolean", "array"]}, EXPRESSION), "what it holds"),
            "persistent": _doc(_FLAG, "whether the state dict holds it", default=True),
        },
        ("buffer",),
    ),
    "share": _closed({name: LAYER_KEYS[name] for name in ("share", "from", "when", "doc")} | {"op": _NAME}, ("share",)),
}


def section_schema(name: str) -> Schema:
    """The schema of one level of a spec; what lies below is the next section's.

    `spec` is the top level (after `extends`), `library` that of a file whose blocks are used, `block` one block,
    `extern` one extern, `train` all of it. Of layers without arguments of an op: `group` (layers, residual or
    parallel), `parameter`, `buffer`, `share`.
    """
    return _SECTIONS[name]


def layer_schema(arguments: Schema) -> Schema:
    """The schema of a layer whose op takes `arguments` (`properties`, `required`), with the keys every layer takes."""
    return {
        "type": "object",
        "properties": {"op": _NAME, **LAYER_KEYS, **arguments["properties"]},
        "required": list(arguments.get("required", ())),
        "additionalProperties": arguments.get("additionalProperties", False),
    }


_OP_SCHEMAS: dict[str, Schema] = {}


def op_schema(op: type[Op]) -> Schema:
    """The schema of a layer that names this op: its arguments and the keys every layer takes. Made once an op."""
    if op.name not in _OP_SCHEMAS:
        _OP_SCHEMAS[op.name] = layer_schema(op.schema())
    return _OP_SCHEMAS[op.name]


def spec_schema() -> Schema:
    """The schema of a whole spec for editors. Nothing is required at the top: a file may hold only blocks to `use`."""
    from specc.ops import OPS as ops

    dispatch = [
        {
            "if": {"properties": {"op": {"const": name}}, "required": ["op"], "not": {"required": ["share"]}},
            "then": {"$ref": f"#/$defs/op.{name}"},
        }
        for name, op in ops.items()
    ]
    layer = {
        "anyOf": [
            {"type": "null"},  # removes a layer of the spec that this one `extends`
            {"anyOf": [{"enum": list(ops)}, _NAME], "type": "string"},
            {
                "type": "object",
                "minProperties": 1,
                "properties": {"op": {"anyOf": [{"enum": list(ops)}, _NAME]}, **LAYER_KEYS, **_nested(_BODY)},
                "allOf": dispatch,
            },
        ]
    }
    definitions = {
        "layer": layer,
        "layers": _layers(),
        "block": {**_BLOCK, "properties": _nested(_BLOCK["properties"])},
        "extern": _EXTERN,
        "train": _TRAIN,
    }
    for name, op in ops.items():
        definitions[f"op.{name}"] = _shared({"title": name, "description": op.doc, **op_schema(op)})
    definitions |= {f"key.{name}": schema for name, schema in LAYER_KEYS.items()}
    properties = {**_nested(_SPEC["properties"]), "train": {"$ref": "#/$defs/train"}}
    properties["blocks"] = _doc(_map({"$ref": "#/$defs/block"}), _SPEC["properties"]["blocks"]["description"])
    properties["extern"] = _doc(_map({"$ref": "#/$defs/extern"}), _SPEC["properties"]["extern"]["description"])
    return {"$schema": _DIALECT, **_SPEC, "title": "a specc spec", "properties": properties, "$defs": definitions}


def _shared(schema: Schema) -> Schema:
    """An op's schema with the keys that every layer takes as references: they are written once, not once an op."""
    keys = {name: {"$ref": f"#/$defs/key.{name}"} for name in LAYER_KEYS}
    return {**schema, "properties": {**schema["properties"], **keys}}


def _nested(properties: dict[str, Schema]) -> dict[str, Schema]:
    """The properties with their layers described all the way down."""
    return {
        name: _doc({"$ref": "#/$defs/layers"}, schema["description"])
        if schema.get("anyOf") == _LAYERS["anyOf"]
        else schema
        for name, schema in properties.items()
    }


def _layers() -> Schema:
    layer = {"$ref": "#/$defs/layer"}
    return _one_of(_map(layer), _list(layer))
