"""Graph → SVG, and the clean-up of what graphviz wrote: no version, no links, tooltips that browsers show."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from specc.emit.dot import FONT, to_dot
from specc.emit.labels import STROKE
from specc.graph.ir import Graph

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
STACK = "Arial, Helvetica, 'Liberation Sans', 'Noto Sans CJK SC', sans-serif"


def to_svg(graph: Graph, *, depth: int | None = None, bind: Mapping[str, int] | None = None, dark: bool = False) -> str:
    """The picture as SVG text. Text stays text; a row or panel carries its layer's path in `data-path`.

    Raises `RenderUnavailable` without a graphviz, `RenderFailed` where it gives up.
    """
    from specc.emit.render import render

    return render(to_dot(graph, depth=depth, bind=bind, dark=dark), "svg").decode()


def normalized(svg: str) -> str:
    """Graphviz's SVG without what differs from version to version or does not belong in a picture.

    Comments, the document type and `<a>` elements go; `xlink:title` becomes `<title>`; made-up ids go, and an id that
    names a layer becomes `data-path`.
    """
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(svg.replace(STROKE, "\\"))
    name = root.findtext(f"{{{_SVG}}}g/{{{_SVG}}}title") or ""
    _clean(root)
    _lift_panel_labels(root)
    root.set("role", "img")
    page = root.find(f"{{{_SVG}}}g")
    tip = page.find(f"{{{_SVG}}}title") if page is not None else None
    root.set("aria-label", (tip.text if tip is not None and tip.text else name))
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _lift_panel_labels(root: ElementTree.Element) -> None:
    """Draws the labels of panels last, with a rim of the panel's colour: the trunk runs under them, not through."""
    page = root.find(f"{{{_SVG}}}g")
    if page is None:
        return
    labels = ElementTree.Element(f"{{{_SVG}}}g", {"class": "labels"})
    for panel in page:
        # Engines differ in whether the tooltip gets a group of its own within the panel's.
        inner = panel.find(f"{{{_SVG}}}g") if panel.find(f"{{{_SVG}}}path") is None else panel
        shape = inner.find(f"{{{_SVG}}}path") if inner is not None else None
        if panel.get("class") != "cluster" or inner is None or shape is None:
            continue
        for text in inner.findall(f"{{{_SVG}}}text"):
            inner.remove(text)
            rim = {"stroke": shape.get("fill", "none"), "stroke-width": "4", "stroke-linejoin": "round"}
            text.attrib.update(rim | {"paint-order": "stroke", "pointer-events": "none"})
            labels.append(text)
    if len(labels):
        labels.tail = "\n"
        page.append(labels)


def _clean(element: ElementTree.Element) -> None:
    _lift_links(element)
    identity = element.attrib.pop("id", "")
    path = identity.removeprefix("a_").partition("p:")
    if path[1] and not path[0]:
        element.set("data-path", path[2])
    if element.get("font-family") == FONT:
        element.set("font-family", STACK)
    for child in element:
        _clean(child)
    _one_title(element)


def _lift_links(element: ElementTree.Element) -> None:
    """Puts the content of `<a>` children in their place, with the tooltip as the title."""
    children: list[ElementTree.Element] = []
    for child in list(element):
        if child.tag != f"{{{_SVG}}}a":
            children.append(child)
            continue
        title = child.get(f"{_XLINK}title")
        if title:
            tip = ElementTree.Element(f"{{{_SVG}}}title")
            tip.text = title
            tip.tail = "\n"
            children.append(tip)
        children.extend(child)
    element[:] = children


def _one_title(element: ElementTree.Element) -> None:
    """Keeps a group's tooltip and drops graphviz's own name for it (`n3`, `n1->n2`, `cluster_0`)."""
    if element.tag != f"{{{_SVG}}}g":
        return
    own = [child for child in element if child.tag == f"{{{_SVG}}}title"]
    if own and element.get("class") in ("graph", "node", "edge", "cluster"):
        element.remove(own[0])
    while len(element) == 1 and element[0].tag == element.tag and not element.get("data-path"):
        # graphviz nests a second group for the tooltip
        inner = element[0]
        for key, value in inner.attrib.items():
            element.attrib.setdefault(key, value)
        element[:] = list(inner)
