"""Params, blocks, groups, repeats, `when` and `from`: what each means, by the exact shapes it gives."""

import pytest

from specc.compiler import compile_text
from tests.graph.reading import codes, compiled, kinds, problems, shapes

IMAGE = "inputs: {x: [N, 8, H, W]}\n"
VECTOR = "inputs: {x: [N, 32]}\n"


# Params ---------------------------------------------------------------------------------------------------------------


def test_params_of_the_network_are_names_in_expressions() -> None:
    assert shapes(
        "params: {width: 6, wide: 2 * width}\n" + VECTOR + "layers: {fc: {op: Linear, out_features: wide + 1}}"
    ) == {"fc": "[N, 13]"}


def test_a_required_param_of_the_network_needs_a_value() -> None:
    assert problems("params: {width: int}\n" + VECTOR + "layers: {fc: {op: Linear, out_features: width}}")[0][:2] == (
        "L202",
        1,
    )


def test_a_block_binds_its_params_by_use() -> None:
    text = (
        VECTOR
        + """
blocks:
  Mlp:
    params: {hidden: int, out: hidden // 2, drop: 0.0}
    layers:
      - {op: Linear, out_features: hidden}
      - {op: Dropout, p: drop}
      - {op: Linear, out_features: out}
layers:
  a: {op: Mlp, hidden: 16}
  b: {op: Mlp, hidden: 12, out: 5, drop: 0.5}
"""
    )
    found = shapes(text)
    assert found["a"] == "[N, 8]"
    assert found["b.0"] == "[N, 12]"
    assert found["b"] == "[N, 5]"


@pytest.mark.parametrize(
    ("declared", "given"),
    [("int", "true"), ("int", "1.5"), ("bool", "1"), ("float", "'x y'"), ("list", "3"), ("str", "3"), ("int", "[1]")],
)
def test_params_are_typed(declared: str, given: str) -> None:
    text = (
        VECTOR
        + f"""
blocks:
  B:
    params: {{p: {declared}}}
    layers: {{a: ReLU}}
layers:
  b: {{op: B, p: {given}}}
"""
    )
    found = codes(text)
    assert len([code for code in found if code[0] in "LE"]) == 1


def test_a_param_may_be_an_op() -> None:
    text = (
        IMAGE
        + """
blocks:
  B:
    params: {norm: {type: op, default: BatchNorm2d}, act: {type: op, default: ReLU}}
    layers:
      n: norm
      a: {op: act}
layers:
  one: B
  two: {op: B, norm: InstanceNorm2d, act: GELU}
"""
    )
    found = kinds(text)
    assert (found["one.n"], found["one.a"]) == ("BatchNorm2d", "ReLU")
    assert (found["two.n"], found["two.a"]) == ("InstanceNorm2d", "GELU")


def test_a_param_passed_on_comes_before_an_op_of_its_name() -> None:
    """`norm` is an op of torch's too; what the outer param holds may be a block."""
    text = (
        IMAGE
        + """
blocks:
  Own:
    layers: {scale: InstanceNorm2d}
  Inner:
    params: {norm: {type: op, default: BatchNorm2d}}
    layers: {n: norm}
  Outer:
    params: {norm: {type: op, default: BatchNorm2d}}
    layers: {inner: {op: Inner, norm: norm}}
layers:
  one: Outer
  two: {op: Outer, norm: InstanceNorm2d}
  three: {op: Outer, norm: Own}
"""
    )
    found = kinds(text)
    assert (found["one.inner.n"], found["two.inner.n"]) == ("BatchNorm2d", "InstanceNorm2d")
    assert found["three.inner.n.scale"] == "InstanceNorm2d"


def test_params_and_layers_are_separate_namespaces() -> None:
    text = (
        VECTOR
        + """
blocks:
  B:
    params: {fc: int}
    layers: {fc: {op: Linear, out_features: fc}}
layers: {b: {op: B, fc: 3}}
"""
    )
    assert shapes(text)["b"] == "[N, 3]"


def test_a_block_does_not_see_the_params_around_it() -> None:
    text = (
        "params: {width: 4}\n"
        + VECTOR
        + """
blocks:
  B:
    layers: {fc: {op: Linear, out_features: width}}
layers: {b: B}
"""
    )
    assert "E206" in codes(text)


# Blocks and groups ----------------------------------------------------------------------------------------------------


def test_the_inputs_of_a_block_are_patterns() -> None:
    text = (
        "inputs: {q: [N, S, 16], k: [N, T, 16]}\n"
        + """
blocks:
  Score:
    inputs: {q: [B, S, D], k: [B, T, D]}
    layers:
      kt: {op: transpose, dim0: 1, dim1: 2, from: k}
      scores: {op: matmul, from: [q, kt]}
      flat: {op: reshape, shape: [B, S * T]}
layers:
  by_position: {op: Score, from: [q, k]}
  by_name: {op: Score, from: {k: k, q: q}}
outputs: {a: by_position, b: by_name}
"""
    )
    found = shapes(text)
    assert found["by_position.scores"] == "[N, S, T]"
    assert found["by_position"] == found["by_name"] == "[N, S * T]"


def test_an_ellipsis_stands_for_any_leading_dimensions() -> None:
    text = (
        "inputs: {a: [N, 16], b: [N, T, H, 16]}\n"
        + """
blocks:
  B:
    inputs: {x: [..., D]}
    layers: {fc: {op: Linear, out_features: 2 * D}}
layers:
  one: {op: B, from: a}
  two: {op: B, from: b}
outputs: {one: one, two: two}
"""
    )
    found = shapes(text)
    assert (found["one"], found["two"]) == ("[N, 32]", "[N, T, H, 32]")


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("[N, 16]", "S313"),
        ("[N, 8, H]", "S313"),
        ("[N, C, C, W]", "S305"),
        ("[N, C, H, W]", None),
        ("[..., 8, H, W]", None),
    ],
)
def test_a_pattern_asserts(pattern: str, code: str | None) -> None:
    text = (
        IMAGE
        + f"""
blocks:
  B:
    inputs: {{y: {pattern}}}
    layers: {{a: ReLU}}
layers: {{b: B}}
"""
    )
    assert codes(text) == ([] if code is None else [code])


def test_a_group_sees_its_input_the_params_and_nothing_else() -> None:
    inside = (
        "params: {width: 4}\n"
        + VECTOR
        + """
layers:
  before: {op: Linear, out_features: 8}
  group:
    layers:
      fc: {op: Linear, out_features: width}
      sum: {op: add, from: [fc, %s]}
"""
    )
    assert codes(inside % "x") == ["S303"]
    assert codes(inside % "before") == ["N401"]
    assert shapes(inside % "fc")["group"] == "[N, 4]"


def test_symbols_of_the_scope_around_are_not_seen_in_a_group() -> None:
    assert codes(IMAGE + "layers: {g: {layers: {a: {op: reshape, shape: [-1, 8, H * W]}}}}") == ["E206"]


def test_a_group_may_declare_inputs() -> None:
    text = (
        IMAGE
        + """
layers:
  a: {op: Conv2d, out_channels: 4, kernel_size: 1}
  g:
    from: {l: a, r: x}
    inputs: {l: [N, C, H, W], r: [N, D, H, W]}
    layers: {c: {op: cat, dim: 1, from: [l, r]}}
"""
    )
    assert shapes(text)["g"] == "[N, 12, H, W]"


def test_a_block_may_have_several_outputs() -> None:
    text = (
        VECTOR
        + """
blocks:
  Two:
    layers:
      a: {op: Linear, out_features: 3}
      b: {op: Linear, out_features: 4, from: x}
    outputs: {left: a, right: b}
layers:
  two: Two
  first: {op: Linear, out_features: 1, from: two}
  second: {op: Linear, out_features: 1, from: two.right}
  third: {op: Linear, out_features: 1, from: two.0}
outputs: {a: first, b: second, c: third}
"""
    )
    graph = compiled(text)
    node = {n.path: n for n in graph.root.walk()}
    assert [str(v.type) for v in node["two"].outputs] == ["[N, 3]", "[N, 4]"]
    assert node["second"].args["in_features"].value == 4
    assert node["first"].args["in_features"].value == node["third"].args["in_features"].value == 3


@pytest.mark.parametrize(
    "blocks",
    [
        "  A: {layers: {a: A}}",
        "  A: {layers: {b: B}}\n  B: {layers: {a: A}}",
        "  A: {residual: {b: {layers: {c: A}}}}",
        "  A: {layers: {b: {op: A, repeat: 3}}}",
    ],
)
def test_a_block_cannot_contain_itself(blocks: str) -> None:
    assert "L303" in codes(VECTOR + f"blocks:\n{blocks}\nlayers: {{x1: A}}")


# Repeats --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_repeat_makes_copies_in_a_chain(count: int) -> None:
    found = shapes(VECTOR + f"layers: {{a: {{op: Linear, out_features: '8 * (i + 1)', repeat: {count}}}}}")
    assert found["a"] == f"[N, {8 * count or 32}]"
    assert [path for path in found if path != "a"] == [f"a.{k}" for k in range(count)]


def test_a_repeat_of_a_group_and_of_a_block() -> None:
    text = (
        IMAGE
        + """
params: {depth: 2}
blocks:
  Conv:
    params: {channels: int}
    layers: {c: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1}}
layers:
  blocks: {op: Conv, channels: 4 * (i + 1), repeat: depth}
  groups: {repeat: depth + 1, layers: {c: {op: Conv2d, out_channels: i + 1, kernel_size: 2, stride: 2}}}
"""
    )
    found = shapes(text)
    assert found["blocks"] == "[N, 8, H, W]"
    assert found["groups.2.c"] == found["groups"] == "[N, 3, H // 8, W // 8]"


def test_further_inputs_go_to_every_copy_of_a_repeat() -> None:
    text = (
        "inputs: {x: [N, 8], m: [N, 3]}\n"
        + """
blocks:
  Mix:
    inputs: {x: [N, D], m: [N, E]}
    layers:
      both: {op: cat, dim: 1, from: [x, m]}
layers:
  mix: {op: Mix, repeat: 4, from: [x, m]}
"""
    )
    found = shapes(text)
    assert [found[f"mix.{k}"] for k in range(4)] == [f"[N, {8 + 3 * (k + 1)}]" for k in range(4)]
    assert found["mix"] == "[N, 20]"


# When and or ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wide", "expected"), [("true", "[N, 8]"), ("false", "[N, 32]")])
def test_a_layer_exists_where_its_condition_holds(wide: str, expected: str) -> None:
    text = (
        f"params: {{wide: {wide}}}\n"
        + VECTOR
        + """
layers:
  fc: {op: Linear, out_features: 8, when: wide}
  act: {op: ReLU, from: fc or x}
"""
    )
    found = shapes(text)
    assert found["act"] == expected
    assert ("fc" in found) == (wide == "true")


def test_a_condition_may_compare_sizes_of_the_input() -> None:
    text = (
        IMAGE
        + """
blocks:
  Fit:
    params: {channels: int}
    inputs: {x: [N, C, H, W]}
    layers:
      proj: {op: Conv2d, out_channels: channels, kernel_size: 1, when: C != channels}
      out: {op: ReLU, from: proj or x}
layers:
  same: {op: Fit, channels: 8}
  other: {op: Fit, channels: 5}
"""
    )
    found = shapes(text)
    assert "same.proj" not in found
    assert found["other.proj"] == found["other"] == "[N, 5, H, W]"


def test_what_a_condition_needs_must_be_known_when_the_network_is_built() -> None:
    assert codes(IMAGE + "layers: {a: {op: ReLU, when: H > 4}}")[0] == "E207"
    assert codes("where: [H > 8]\n" + IMAGE + "layers: {a: {op: ReLU, when: H > 4}}") == []


# From -----------------------------------------------------------------------------------------------------------------


def test_a_layer_reads_the_one_before_it_or_what_from_names() -> None:
    text = (
        "inputs: {x: [N, 32], w: [4, 4]}\n"
        + """
layers:
  a: {op: Linear, out_features: 4}
  b: {op: Linear, out_features: 4, from: x}
  c: {op: add, from: [a, b]}
  d: {op: matmul, from: {input: c, other: w}}
  e: {op: mul, from: {other: d, input: c}}
"""
    )
    graph = compiled(text)
    reads = {n.name: [i.value.name for i in n.inputs] for n in graph.root.nodes}
    assert reads == {"a": ["x"], "b": ["x"], "c": ["a", "b"], "d": ["c", "w"], "e": ["c", "d"]}


def test_outputs_are_read_by_field_or_position() -> None:
    text = (
        "inputs: {x: [T, N, 8]}\n"
        + """
layers:
  lstm: {op: LSTM, hidden_size: 4}
  plain: {op: ReLU, from: lstm}
  field: {op: ReLU, from: lstm.h_n}
  place: {op: ReLU, from: lstm.2}
outputs: {a: plain, b: field, c: place}
"""
    )
    found = shapes(text)
    assert (found["plain"], found["field"], found["place"]) == ("[T, N, 4]", "[1, N, 4]", "[1, N, 4]")


def test_pieces_of_a_split_are_read_by_position() -> None:
    text = (
        VECTOR
        + """
layers:
  parts: {op: chunk, chunks: 4, dim: 1}
  sum: {op: add, from: [parts.0, parts.3]}
"""
    )
    assert shapes(text)["sum"] == "[N, 8]"


def test_layers_may_be_a_list() -> None:
    text = (
        VECTOR
        + """
layers:
  - {op: Linear, out_features: 8}
  - ReLU
  - {op: add, from: [1, 0]}
  - layers: [{op: Linear, out_features: 2}]
outputs: {y: 3, z: {from: 0}}
"""
    )
    graph = compiled(text)
    assert graph.root.numbered
    assert {name: str(t) for name, t in graph.outputs.items()} == {"y": "[N, 2]", "z": "[N, 8]"}
    assert [n.path for n in graph.root.walk()] == ["0", "1", "2", "3", "3.0"]


@pytest.mark.parametrize("name", ["全连接层1", "слой", "couche_é", "_private", "x2"])
def test_names_may_be_of_any_script(name: str) -> None:
    assert list(shapes(VECTOR + f"layers: {{{name}: {{op: Linear, out_features: 2}}}}")) == [name]


# Outputs --------------------------------------------------------------------------------------------------------------


def test_outputs_assert_shapes() -> None:
    good = IMAGE + "layers: {c: {op: Conv2d, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}}\n"
    assert codes(good + "outputs: {y: {from: c, shape: [N, 4, (H - 1) // 2 + 1, (W + 1) // 2]}}") == []
    assert problems(good + "outputs: {y: {from: c, shape: [N, 5, (H - 1) // 2 + 1, (W + 1) // 2]}}") == [
        ("S312", 3, 35)
    ]
    assert codes(good + "outputs: {y: {from: c, shape: [N, 4, H, (W + 1) // 2]}}") == ["S305"]
    assert codes(good + "outputs: {y: {from: c, shape: [N, 4]}}") == ["S312"]
    assert codes(good + "outputs: {y: {from: c, dtype: int64}}") == ["S307"]


def test_facts_decide_what_is_open() -> None:
    text = (
        IMAGE
        + """
layers:
  down: {op: MaxPool2d, kernel_size: 2}
  up: {op: Upsample, scale_factor: 2}
  sum: {op: add, from: [up, x]}
"""
    )
    assert codes(text) == ["S305"]
    assert codes("where: [H % 2 == 0, W % 2 == 0]" + "\n" + text) == []


def test_the_copies_of_a_block_chain_its_first_input_whatever_the_order_of_from() -> None:
    graph = compiled(
        """
inputs: {a: [N, 8], b: [N, 8]}
blocks:
  Mix:
    inputs: {x: [N, D], y: [N, D]}
    layers: {fc: {op: Linear, from: x, out_features: D}, out: {op: add, from: [fc, y]}}
layers:
  m: {op: Mix, from: {y: b, x: a}, repeat: 3}
"""
    )
    assert [item.value.name for item in graph.root.nodes[0].inputs] == ["a", "b"]


def test_a_group_that_names_a_size_around_it_is_told_to_have_inputs() -> None:
    result = compile_text(
        """
inputs: {a: [N, 8]}
blocks:
  B:
    inputs: {x: [N, D]}
    layers: {g: {layers: [{op: Linear, out_features: 2 * D}, ReLU]}}
layers: {m: B}
"""
    )
    assert [(d.code, d.help) for d in result.diagnostics] == [
        ("E206", "a group sees its own sizes only: give it `inputs`, a pattern that names `D`")
    ]
