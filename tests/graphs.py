"""Small graphs built by hand, for tests of what reads a graph; the ops are stand-ins with a name and a family."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from specc.graph.ir import Graph, Input, Node, Scope, Value
from specc.ops.call import Bound
from specc.ops.declare import Family, Op, Owned
from specc.shapes.dim import Dim
from specc.shapes.tensor import UNKNOWN, TensorType, Type

C, N_, A, P = Family.CONVOLUTION, Family.NORMALIZATION, Family.ACTIVATION, Family.POOLING
_FAMILIES = {
    "Conv2d": (C, 2), "ConvTranspose2d": (C, 2), "BatchNorm2d": (N_, 2), "LayerNorm": (N_, 0), "BatchNorm1d": (N_, 1),
    "ReLU": (A, 0), "relu": (A, 0), "GELU": (A, 0), "softmax": (A, 0), "MaxPool2d": (P, 2), "AdaptiveAvgPool2d": (P, 2),
    "Linear": (Family.LINEAR, 0), "flatten": (Family.SHAPE, 0), "Dropout": (Family.DROPOUT, 0),
    "Embedding": (Family.EMBEDDING, 0), "MultiheadAttention": (Family.ATTENTION, 0), "LSTM": (Family.RECURRENT, 0),
    "add": (Family.MATH, 0), "cat": (Family.SHAPE, 0), "mul": (Family.MATH, 0), "arange": (Family.MATH, 0),
}  # fmt: skip


def op(name: str) -> type[Op]:
    family, spatial = _FAMILIES[name]
    return cast("type[Op]", SimpleNamespace(name=name, family=family, spatial=spatial, args={}, own=False))


def tensor(*shape: int | str, dtype: str = "float32") -> TensorType:
    return TensorType.of(shape, dtype)


class Build:
    """A scope under construction. Every method returns the value it makes."""

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.inputs: list[Value] = []
        self.nodes: list[Node] = []

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def input(self, name: str, type_: Type) -> Value:
        value = Value(name, type_, None)
        self.inputs.append(value)
        return value

    def leaf(
        self,
        name: str,
        kind: str,
        *reads: Value,
        out: Type | None = None,
        params: dict[str, tuple[int, ...]] | None = None,
        buffers: dict[str, tuple[int, ...]] | None = None,
        macs: Dim | int = 0,
        ports: tuple[str, ...] = (),
        error: str | None = None,
        role: str = "",
        doc: str = "",
        **args: Any,
    ) -> Value:
        type_ = out if out is not None else reads[0].type
        value = Value(name, type_, self.at(name))
        self.nodes.append(
            Node(
                name,
                self.at(name),
                op(kind),
                None,
                {key: Bound(given, given=True) for key, given in args.items()},
                tuple(Input(ports[i] if ports else "input", v) for i, v in enumerate(reads)),
                (value,),
                None,
                role=role,
                parameters={key: Owned(shape) for key, shape in (params or {}).items()},
                buffers={key: Owned(shape) for key, shape in (buffers or {}).items()},
                macs=Dim.of(macs),
                error=error,
                doc=doc,
            )
        )
        return value

    def conv(
        self, name: str, x: Value, channels: int, kernel: int = 3, stride: int = 1, *, error: str | None = None
    ) -> Value:
        assert isinstance(x.type, TensorType)
        padding = kernel // 2
        space = [(d + 2 * padding - kernel) // stride + 1 for d in x.type.shape[2:]]
        made = x.type.with_shape((x.type.shape[0], channels, *space))
        taken = x.type.shape[1].value
        weight = (channels, taken, kernel, kernel)
        macs = made.numel * (taken * kernel * kernel)
        return self.leaf(
            name, "Conv2d", x, out=made, params={"weight": weight}, macs=macs, error=error,
            out_channels=channels, kernel_size=kernel, stride=stride, padding=padding, bias=False,
        )  # fmt: skip

    def norm(self, name: str, x: Value) -> Value:
        assert isinstance(x.type, TensorType)
        size = (x.type.shape[1].value,)
        return self.leaf(
            name,
            "BatchNorm2d",
            x,
            params={"weight": size, "bias": size},
            buffers={"running_mean": size, "running_var": size},
        )

    def linear(self, name: str, x: Value, features: int, **more: Any) -> Value:
        if not isinstance(x.type, TensorType):
            return self.leaf(name, "Linear", x, out=UNKNOWN, out_features=features, **more)
        taken = x.type.shape[-1].value
        made = x.type.with_dim(-1, features)
        return self.leaf(
            name, "Linear", x, out=made, params={"weight": (features, taken), "bias": (features,)},
            macs=made.numel * taken, out_features=features, **more,
        )  # fmt: skip

    def nest(
        self,
        name: str,
        *reads: Value,
        fill: Callable[..., Value],
        title: str = "",
        kind: str = "",
        definition: str = "",
        role: str = "",
        error: str | None = None,
        residual: bool = False,
        absent: tuple[tuple[str, ast.expr | None], ...] = (),
        optional: bool = False,
        count: int | None = None,
        index: int | None = None,
    ) -> Value:
        """A composite whose body `fill(build, *inputs)` writes."""
        inner = Build(self.at(name))
        inputs = [inner.input(f"x{i}" if i else "x", v.type) for i, v in enumerate(reads)]
        last = fill(inner, *inputs)
        value = Value(name, last.type, self.at(name))
        scope = Scope(
            kind or ("block" if title else "group"), title, definition or title or self.at(name), {},
            tuple(inner.inputs),
            tuple(inner.nodes), (("out", last),), residual=residual, absent=absent,
            repeat=Bound(count) if count is not None else None,
        )  # fmt: skip
        self.nodes.append(
            Node(
                name,
                self.at(name),
                None,
                scope,
                {},
                tuple(Input(f"x{i}" if i else "x", v) for i, v in enumerate(reads)),
                (value,),
                None,
                role=role,
                optional=optional,
                index=index,
                error=error,
            )
        )
        return value

    def repeat(self, name: str, count: int, *reads: Value, each: Callable[..., Value]) -> Value:
        """Copies 0 … count - 1; `each(build, name, *inputs)` writes one."""

        def fill(inner: Build, *inputs: Value) -> Value:
            x = inputs[0]
            for i in range(count):
                x = each(inner, str(i), x, *inputs[1:])
            return x

        return self.nest(name, *reads, fill=fill, kind="repeat", count=count)

    def graph(self, name: str, *outputs: Value, **more: Any) -> Graph:
        root = Scope(
            "network", name, name, {}, tuple(self.inputs), tuple(self.nodes), tuple((o.name, o) for o in outputs)
        )
        start = Graph(name, "", f"specs/{name}.yaml", "0" * 64, {}, (), (), root, (), None)
        return start._replace(**more)


def basic_block(b: Build, name: str, x: Value, channels: int, stride: int) -> Value:
    def fill(s: Build, x: Value) -> Value:
        assert isinstance(x.type, TensorType)
        h = s.norm("bn1", s.conv("conv1", x, channels, 3, stride))
        h = s.norm("bn2", s.conv("conv2", s.leaf("relu", "ReLU", h), channels))
        short = x
        if stride != 1 or x.type.shape[1] != channels:
            short = s.nest(
                "downsample",
                x,
                fill=lambda d, v: d.norm("1", d.conv("0", v, channels, 1, stride)),
                role="shortcut",
                optional=True,
            )
        h = s.leaf("add", "add", h, short, role="sum")
        return s.leaf("act", "relu", h, role="activation")

    assert isinstance(x.type, TensorType)
    same = stride == 1 and x.type.shape[1] == channels
    absent: tuple[tuple[str, ast.expr | None], ...] = (("downsample", None),) if same else ()
    return b.nest(name, x, fill=fill, title="BasicBlock", residual=True, absent=absent)


def resnet18(size: int | str = 224, **more: Any) -> Graph:
    b = Build()
    sizes = (size, size) if isinstance(size, int) else ("H", "W")
    x = b.conv("conv1", b.input("image", tensor("N", 3, *sizes)), 64, 7, 2)
    x = b.leaf("relu", "ReLU", b.norm("bn1", x))
    assert isinstance(x.type, TensorType)
    pooled = x.type.with_shape((*x.type.shape[:2], *((d - 1) // 2 + 1 for d in x.type.shape[2:])))
    x = b.leaf("maxpool", "MaxPool2d", x, out=pooled, kernel_size=3, stride=2, padding=1)
    for n, channels in enumerate((64, 128, 256, 512), 1):

        def each(s: Build, name: str, v: Value, channels: int = channels, n: int = n) -> Value:
            return basic_block(s, name, v, channels, 2 if n > 1 and name == "0" else 1)

        x = b.repeat(f"layer{n}", 2, x, each=each)
    x = b.leaf("avgpool", "AdaptiveAvgPool2d", x, out=tensor("N", 512, 1, 1), output_size=1)
    x = b.leaf("flatten", "flatten", x, out=tensor("N", 512), start_dim=1)
    x = b.linear("fc", x, 1000)
    return b.graph("resnet18", x, **more)


def mlp(first: str = "全连接层1", doc: str = "", error: str | None = None, name: str = "多层感知机") -> Graph:
    b = Build()
    x = b.linear(first, b.input("图像", tensor("N", 784)), 256, doc=doc, error=error)
    x = b.leaf("激活", "ReLU", x)
    x = b.repeat("hidden", 3, x, each=lambda s, n, v: s.linear(n, v, 256))
    x = b.linear("输出层", b.leaf("dropout", "Dropout", x, p=0.2), 10)
    return b.graph(name, x)


def unet() -> Graph:
    b = Build()

    def double(s: Build, name: str, v: Value, channels: int) -> Value:
        def fill(d: Build, x: Value) -> Value:
            h = d.leaf("relu1", "ReLU", d.norm("bn1", d.conv("conv1", x, channels)))
            return d.leaf("relu2", "ReLU", d.norm("bn2", d.conv("conv2", h, channels)))

        return s.nest(name, v, fill=fill, title="DoubleConv")

    x = b.input("image", tensor("N", 1, 256, 256))
    kept = []
    for n, channels in enumerate((64, 128, 256), 1):
        x = double(b, f"enc{n}", x, channels)
        kept.append(x)
        assert isinstance(x.type, TensorType)
        half = x.type.with_shape((*x.type.shape[:2], *(d // 2 for d in x.type.shape[2:])))
        x = b.leaf(f"pool{n}", "MaxPool2d", x, out=half, kernel_size=2, stride=None)
    x = double(b, "bottom", x, 512)
    for n, channels in ((3, 256), (2, 128), (1, 64)):
        assert isinstance(x.type, TensorType)
        double_ = x.type.with_shape((x.type.shape[0], channels, *(d * 2 for d in x.type.shape[2:])))
        up = b.leaf(f"up{n}", "ConvTranspose2d", x, out=double_, out_channels=channels, kernel_size=2, stride=2)
        x = b.leaf(f"cat{n}", "cat", up, kept[n - 1], out=double_.with_dim(1, 2 * channels), dim=1)
        x = double(b, f"dec{n}", x, channels)
    return b.graph("unet", b.conv("mask", x, 1, 1))


def transformer() -> Graph:
    b = Build()
    tokens = b.input("tokens", tensor("N", "T", dtype="int64"))
    x = b.leaf(
        "wte", "Embedding", tokens, out=tensor("N", "T", 512), params={"weight": (50257, 512)},
        num_embeddings=50257, embedding_dim=512,
    )  # fmt: skip
    where = b.leaf("index", "arange", out=tensor("T", dtype="int64"))
    place = b.leaf(
        "wpe",
        "Embedding",
        where,
        out=tensor("T", 512),
        params={"weight": (1024, 512)},
        num_embeddings=1024,
        embedding_dim=512,
    )
    x = b.leaf("sum", "add", x, place)

    def layer(s: Build, name: str, v: Value) -> Value:
        def fill(d: Build, x: Value) -> Value:
            n = d.leaf("ln1", "LayerNorm", x, params={"weight": (512,), "bias": (512,)})
            a = d.leaf(
                "attn", "MultiheadAttention", n, n, n, ports=("query", "key", "value"), num_heads=8,
                params={"in_proj_weight": (1536, 512), "out_proj.weight": (512, 512)},
            )  # fmt: skip
            x = d.leaf("add1", "add", a, x)
            h = d.leaf("ln2", "LayerNorm", x, params={"weight": (512,), "bias": (512,)})
            h = d.nest(
                "mlp",
                h,
                definition="Layer.mlp",
                fill=lambda m, v: m.linear("fc2", m.leaf("act", "GELU", m.linear("fc1", v, 2048)), 512),
            )
            return d.leaf("add2", "add", h, x)

        return s.nest(name, v, fill=fill, title="Layer")

    x = b.repeat("layers", 12, x, each=layer)
    x = b.leaf("ln", "LayerNorm", x, params={"weight": (512,), "bias": (512,)})
    return b.graph("transformer", b.linear("head", x, 50257))


def inception() -> Graph:
    b = Build()
    x = b.conv("stem", b.input("image", tensor("N", 3, "H", "W")), 192, 7, 2)

    def fill(s: Build, v: Value) -> Value:
        assert isinstance(v.type, TensorType)
        ways = [s.conv("branch1x1", v, 64, 1)]
        ways.append(s.nest("branch3x3", v, fill=lambda d, y: d.conv("1", d.conv("0", y, 96, 1), 128, 3)))
        ways.append(s.nest("branch5x5", v, fill=lambda d, y: d.conv("1", d.conv("0", y, 16, 1), 32, 5)))
        pool = s.leaf("pool", "MaxPool2d", v, kernel_size=3, stride=1, padding=1)
        ways.append(s.conv("project", pool, 32, 1))
        return s.leaf("cat", "cat", *ways, out=v.type.with_dim(1, 256), dim=1)

    x = b.nest("inception3a", x, fill=fill, title="Inception")
    return b.graph("inception", b.conv("classes", x, 10, 1))


def broken() -> Graph:
    """A `Linear` that expects another width, then a layer that knows nothing; and a sum of unequal shapes."""
    b = Build()
    x = b.leaf("flatten", "flatten", b.input("image", tensor("N", 1, 28, 28)), out=tensor("N", 784), start_dim=1)
    left = b.leaf("relu", "ReLU", b.linear("linear1", x, 3090))
    right = b.linear("linear2", x, 100)
    y = b.leaf(
        "sum",
        "add",
        left,
        right,
        out=UNKNOWN,
        error="`sum` cannot add [N, 3090] and [N, 100]: axis 1 differs, 3090 and 100",
    )
    z = b.linear("linear3", y, 10)
    return b.graph("broken_mlp", z)


def dense(layers: int) -> Graph:
    """A dense block: every layer reads all before it."""
    b = Build()
    x = b.conv("stem", b.input("image", tensor("N", 3, 64, 64)), 32)

    def fill(s: Build, x: Value) -> Value:
        made = [x]
        for i in range(layers):
            v = s.leaf(f"cat{i}", "cat", *made, out=tensor("N", 32 * len(made), 64, 64), dim=1) if i else x
            made.append(s.conv(f"conv{i}", s.leaf(f"relu{i}", "ReLU", s.norm(f"bn{i}", v)), 32))
        return s.leaf("cat", "cat", *made, out=tensor("N", 32 * len(made), 64, 64), dim=1)

    return b.graph("densenet", b.conv("last", b.nest("dense", x, fill=fill, title="DenseBlock"), 10, 1))
