"""An SVG file -> an SVG element within a page: its colours follow the page's, its marks tell their values."""

from xml.etree import ElementTree

from imbaloss.report.figures.style import TIP

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)
REFER = (f"{{{XLINK}}}href", "clip-path")  # attributes that name an id
PIXELS = 4 / 3  # a point


def inline(svg: str, name: str, label: str) -> str:
    """Name begins all ids, so that those of several figures differ; label is what a screen reader says of the picture.

    Black becomes the colour of the page's text, white is left out, and of what `tell` told the id becomes data-tip.
    """
    root = ElementTree.fromstring(svg)
    for child in list(root):  # who made it; a style that is meant for a file of its own; not what marks are clipped by
        if child.tag == f"{{{SVG}}}metadata" or child.find(f"{{{SVG}}}style") is not None:
            root.remove(child)
    width = float(root.attrib.pop("width").removesuffix("pt")) * PIXELS
    del root.attrib["height"]
    root.attrib.update({"role": "img", "aria-label": label, "style": f"width: {width:.0f}px"})
    named = {element.attrib[key].strip("url()#") for element in root.iter() for key in REFER if key in element.attrib}
    for element in root.iter():
        entries = element.attrib
        identity = entries.pop("id", "")
        if identity.startswith(TIP):
            entries["data-tip"] = identity.removeprefix(TIP)
        elif identity in named:
            entries["id"] = f"{name}-{identity}"
        for key in REFER:
            if key in entries:
                entries[key] = entries[key].replace("#", f"#{name}-")
        if "style" in entries:
            entries["style"] = entries["style"].replace("#000000", "currentColor").replace("#ffffff", "none")
    return ElementTree.tostring(root, encoding="unicode")
