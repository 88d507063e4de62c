"""Layers with a `when`: the one class of all their uses computes what the spec says, for every value of its params."""

import itertools

import pytest

from specc.compiler import as_overrides, compile_text
from specc.emit.python import to_python
from tests.emit.python.running import compiled, faithful, module, same

HEAD = """
specc: 1
name: optional
params: {p: true, q: true, r: false}
inputs: {x: [N, 8, 6]}
"""

# Whatever the size of the first axis, the block gives as many channels as it was given.
TAIL = """
      mean: {op: mean, dim: [1], keepdim: true}
      sum: {op: add, from: [mean, x]}
      out: {op: Conv1d, out_channels: 8, kernel_size: 1}
"""

SPLIT = "split: {op: chunk, chunks: 2, dim: 1, from: x, when: on}"

BODIES = {
    "both": [
        SPLIT,
        "a: {op: relu, from: split.1 or x}",
        "b: {op: tanh, from: split.0 or x}",
        "c: {op: cat, from: [b, a], dim: 1}",
    ],
    "second": [SPLIT, "a: {op: relu, from: split.1 or x}"],
    "first": [SPLIT, "a: {op: relu, from: split or x}"],
    "before": [SPLIT, "a: {op: relu}"],
    "late": [
        SPLIT,
        "a: {op: relu, from: split.1 or x}",
        "c: {op: cat, from: [a, split.0 or x, x, split.1 or x], dim: 1}",
    ],
    "a stand-in each": [
        "t: {op: tanh}",
        SPLIT,
        "a: {op: relu, from: split.1 or x}",
        "b: {op: exp, from: split.0 or t}",
        "c: {op: cat, from: [b, a], dim: 1}",
    ],
    "two for one": [
        "t: {op: tanh}",
        SPLIT,
        "a: {op: relu, from: split.1 or x}",
        "b: {op: exp, from: split.1 or t}",
        "c: {op: cat, from: [b, a], dim: 1}",
    ],
    "one not there yet": [
        SPLIT,
        "t: {op: tanh, from: x}",
        "a: {op: relu, from: split.1 or t}",
        "c: {op: cat, from: [a, t], dim: 1}",
    ],
    "of one": ["split: {op: chunk, chunks: 1, dim: 1, when: on}", "a: {op: relu, from: split.0 or x}"],
    "together": [
        SPLIT,
        "a: {op: relu, from: split.1, when: on}",
        "b: {op: tanh, from: split.0, when: on}",
        "c: {op: cat, from: [a or x, b or x], dim: 1}",
    ],
    "lstm": [
        "rnn: {op: LSTM, hidden_size: 6, batch_first: true, when: on}",
        "h: {op: sum, from: rnn.h_n or x, dim: [0, 1]}",
        "c: {op: sum, from: rnn.c_n or x, dim: [0, 1]}",
        "both: {op: add, from: [h, c]}",
        "a: {op: mul, from: [rnn.output or x, both]}",
    ],
    "hidden": [
        "rnn: {op: LSTM, hidden_size: 6, batch_first: true, when: on}",
        "h: {op: sum, from: rnn.h_n or x, dim: [0, 1]}",
        "a: {op: mul, from: [x, h]}",
    ],
    "attention": [
        "att: {op: MultiheadAttention, num_heads: 2, batch_first: true, from: [x, x, x], when: on}",
        "w: {op: sum, from: att.1 or x, dim: -1, keepdim: true}",
        "a: {op: mul, from: [att or x, w]}",
    ],
    "pool": [
        "f: {op: floor}",
        "pool: {op: MaxPool1d, kernel_size: 3, stride: 1, padding: 1, return_indices: true, from: x, when: on}",
        "i: {op: add, from: [pool.1 or f, x]}",
        "a: {op: mul, from: [pool.0 or x, i]}",
    ],
    "in a row": [
        "conv: {op: Conv1d, out_channels: 8, kernel_size: 1}",
        "drop: {op: ReLU, when: on}",
        "inner: {op: add, from: [drop, x], when: on}",
    ],
    "in a row, kept": [
        "t: {op: tanh}",
        "drop: {op: ReLU, when: on}",
        "inner: {op: sub, from: [t, drop], when: on}",
        "a: {op: add, from: [inner or t, t]}",
    ],
    "two conditions": ["a: {op: relu, when: on}", "b: {op: tanh, when: also}", "c: {op: add, from: [b or x, x]}"],
    "a chain beside a name": [
        "z: {op: sigmoid}",
        "t: {op: tanh, from: x}",
        "c: {op: relu, when: on}",
        "a: {op: exp, from: c or z, when: also}",
        "b: {op: neg}",
    ],
    "repeated": [
        "rnn: {op: LSTM, hidden_size: 6, batch_first: true, repeat: 1, when: on}",
        "a: {op: relu, from: rnn or x}",
    ],
}


def _blocks(body: list[str]) -> str:
    lines = "".join(f"      {line}\n" for line in body)
    block = f"blocks:\n  B:\n    params: {{on: false, also: true}}\n    inputs: {{x: [N, C, T]}}\n    layers:\n{lines}"
    uses = "layers:\n  one: {op: B, on: p, also: q}\n  two: {op: B, on: r, also: r}\n  three: {op: B, on: q, also: r}\n"
    return f"{HEAD}{block}{TAIL.lstrip(chr(10))}{uses}"


def _network(body: list[str]) -> str:
    lines = "\n".join(f"      {line}" for line in body).replace("when: on", "when: p").replace("when: also", "when: q")
    return f"{HEAD}layers:\n{lines}{TAIL}"


def _holds_for_all_params(text: str) -> str:
    """The source, which was run for every value of the params that it takes, and written anew for all of them."""
    graph = compiled(text)
    source = to_python(graph)
    head = source.rpartition("class ")[2].partition("super()")[0]
    taken = [name for name in graph.params if f"{name}: bool" in head]
    ran = 0
    for values in itertools.product([True, False], repeat=3):
        params: dict[str, object] = dict(zip("pqr", values, strict=True))
        result = compile_text(text, "spec.yaml", as_overrides(params))
        if not result.ok or result.graph is None:
            continue
        own = module(result.graph)
        faithful(result.graph, own)
        if all(name in taken or value == graph.params[name].value for name, value in params.items()):
            network = module(result.graph, source, **{name: params[name] for name in taken})
            faithful(result.graph, network)
            same(result.graph, network, own)
            ran += 1
    assert ran > 0
    return source


@pytest.mark.parametrize("name", BODIES)
def test_a_block_used_with_and_without_the_layer_computes_what_the_spec_says(name: str) -> None:
    _holds_for_all_params(_blocks(BODIES[name]))


@pytest.mark.parametrize("name", BODIES)
def test_a_network_computes_what_the_spec_says_with_and_without_the_layer(name: str) -> None:
    _holds_for_all_params(_network(BODIES[name]))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("both", ["if self.split:", "    split_0, split_1 = x.chunk(2, dim=1)", "else:", "    split_0 = split_1 = x"]),
        ("a stand-in each", ["if self.split:", "    y, split_1 = x.chunk(2, dim=1)", "else:", "    split_1 = x"]),
        ("hidden", ["if self.rnn is not None:", "    _, (y, _) = self.rnn(x)", "else:", "    y = x"]),
        ("pool", ["if self.pool is not None:", "    pool_output, y = self.pool(x)", "else:", "    pool_output = x"]),
        ("in a row", ["if self.drop is not None:", "    y = self.drop(y)", "if self.inner:", "    y = y + x"]),
        ("repeated", ["if self.rnn is not None:", "    y, _ = self.rnn[0](x)", "else:", "    y = x"]),
    ],
)
def test_several_outputs_and_layers_in_a_row_read_as_a_person_writes_them(name: str, lines: list[str]) -> None:
    text = "".join(f"        {line}\n" for line in lines)
    assert text in to_python(compiled(_blocks(BODIES[name])))


def test_a_name_in_another_block_says_nothing_of_this_one() -> None:
    """Both have a layer `drop`; only in the first does a `from` name what stands in for it."""
    text = """
blocks:
  A:
    params: {on: true}
    inputs: {x: [N, C, T]}
    layers:
      t: {op: tanh}
      drop: {op: relu, when: on}
      sum: {op: add, from: [drop or x, x]}
  B:
    params: {on: true}
    inputs: {x: [N, C, T]}
    layers:
      t: {op: tanh}
      drop: {op: relu, when: on}
      d: {op: Conv1d, out_channels: 8, kernel_size: 1}
layers:
  one: {op: A, on: p}
  two: {op: B, on: q}
"""
    source = _holds_for_all_params(HEAD + text)
    assert "def __init__(self, p: bool = True, q: bool = True) -> None:" in source


def test_one_copy_is_called_without_a_loop() -> None:
    text = """
layers:
  a: {op: Conv1d, out_channels: 8, kernel_size: 1, repeat: 1}
  b: {op: LSTM, hidden_size: 6, batch_first: true, repeat: 1, when: p}
  c: {op: mul, other: 2, repeat: 1, when: q}
  d: {op: exp, repeat: 1}
"""
    source = _holds_for_all_params(HEAD + text)
    assert "range" not in source
    assert "self.a = nn.Sequential(nn.Conv1d(8, 8, kernel_size=1))" in source
    assert "nn.ModuleList([nn.LSTM(6, 6, batch_first=True)])" in source
    assert "return x.exp()" in source


def test_a_parameter_that_stands_in_for_a_layer_keeps_its_value() -> None:
    text = """
layers:
  token: {parameter: [8, 6], init: zeros_}
  a: {op: relu, from: token, when: p}
  b: {op: add, from: [a or token, x]}
"""
    assert "= F.relu(self.token) if self.a else self.token" in _holds_for_all_params(HEAD + text)
