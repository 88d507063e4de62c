"""The reference as the Markdown files of docs/ops/: an index, and a file for every family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.reference.manual import families
from specc.reference.page import Example, Page, page, summary_of

if TYPE_CHECKING:
    from specc.ops import Op
    from specc.ops.declare import Family

_NOTE = "<!-- Generated from the op declarations by `make golden`. -->\n"

_DEFINITIONS = """\
Names, arguments and defaults are PyTorch's. An *inferred* argument follows from the shape of the input; written
down, it is checked. Every page was held to PyTorch: see `make oracle`.

**Multiply-adds** count the multiplications by weights or of two tensors in one forward pass (convolutions, matrix
products), half of what `torch.utils.flop_counter` counts. Element-wise work, reductions and biases count as none.

**What the backward pass keeps** are the tensors that autograd holds from the forward pass to the backward pass, in
training mode on the CPU, every floating-point input needing a gradient. A tensor that several layers keep is held
once, and parameters are not counted: they are there anyway. `specc summary` adds it up for a network.
"""


def files() -> dict[str, str]:
    """The text of every file by its name."""
    out = {"README.md": _index()}
    for family, members in families().items():
        out[f"{family.value}.md"] = _family(family, members)
    return out


def _index() -> str:
    lines = [_NOTE, "# The ops", "", _DEFINITIONS]
    for family, members in families().items():
        lines += [f"## [{family.value.capitalize()}]({family.value}.md)", "", "| op | |", "| --- | --- |"]
        lines += [f"| [`{op.name}`]({family.value}.md#{_anchor(op)}) | {_cell(summary_of(op))} |" for op in members]
        lines.append("")
    return "\n".join(lines)


def _family(family: Family, members: list[type[Op]]) -> str:
    lines = [_NOTE, f"# {family.value.capitalize()}", "", "[All ops](README.md)", ""]
    return "\n".join([*lines, *(_op(page(op), _anchor(op)) for op in members)])


def _anchor(op: type[Op]) -> str:
    """Of its own: a module and a function may differ by capitals alone, which headings' anchors do not keep."""
    return f"{'nn' if op.stateful else 'fn'}-{op.name}"


def _op(about: Page, anchor: str) -> str:
    parts = [f'<a id="{anchor}"></a>', "", f"## {about.name}", "", about.summary]
    parts += [line for text in about.more for line in ("", text)]
    parts += ["", f"[`{about.target}`]({about.url})", ""]
    if about.formula:
        parts += ["```text", *about.formula, "```", ""]
    if about.arguments:
        parts += ["| argument | default | |", "| --- | --- | --- |"]
        parts += [
            f"| `{arg.name}` | {_default(arg.default)} | {_cell(f'{arg.doc}; {arg.kind}')} |" for arg in about.arguments
        ]
        parts.append("")
    parts += [_ports(about), "", *_example(about.example), ""]
    return "\n".join(parts)


def _ports(about: Page) -> str:
    inputs = ", ".join(f"`{name}`{f' ({remark})' if remark else ''}" for name, remark in about.inputs)
    text = f"Reads {inputs or 'nothing'}."
    if about.outputs:
        outputs = ", ".join(f"`{name}`{f' ({remark})' if remark else ''}" for name, remark in about.outputs)
        text += f" Gives {outputs}."
    return text


def _example(shown: Example) -> list[str]:
    owned = [f"{name} {shape}" for name, shape in (*shown.parameters, *shown.buffers)]
    lines = ["```yaml", *shown.spec.splitlines(), "```", "", "```python", *shown.python, "```", ""]
    facts = [f"gives `{', '.join(shown.gives)}`", f"`{shown.macs}` multiply-adds", f"keeps {_ticked(shown.keeps)}"]
    if owned:
        facts.insert(1, f"owns `{', '.join(owned)}`")
    return [*lines, f"Here it {'; '.join(facts)}."]


def _ticked(keeps: str) -> str:
    return keeps.replace(" * ", "·")


def _default(text: str) -> str:
    return f"`{text[2:]}`" if text.startswith("= ") else text


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
