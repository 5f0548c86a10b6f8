"""SVG files as elements of a page, with colours that follow the page and marks that show their values."""

from xml.etree import ElementTree

from imbaloss.report.figures.style import COLOURS, TIP

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)
REFERENCES = (f"{{{XLINK}}}href", "clip-path")  # attributes that hold an id
PIXELS = 4 / 3  # in a point
OF_METHODS = {colour.lower(): f"var(--curve-{number})" for number, colour in enumerate(COLOURS)}
OF_PAGE = {"#000000": "currentColor", "#ffffff": "none"} | OF_METHODS  # colours that follow the page


def inline_svg(svg: str, name: str, label: str) -> str:
    """Convert the text of an SVG file to an SVG element for an HTML page.

    Metadata and the style sheet are dropped. Black becomes the colour of the page's text, white becomes none, and a
    colour of a method becomes a variable of the page's style sheet. An id that `set_tooltip` gave becomes data-tip;
    other ids are kept only if something refers to them.

    Args:
        svg: The text of the file.
        name: The beginning of all ids, so that the ids of several figures on a page differ.
        label: The description for screen readers.

    Raises:
        xml.etree.ElementTree.ParseError: The text is no XML.
        KeyError: The root has no width or height.
    """
    root = ElementTree.fromstring(svg)
    for child in list(root):  # metadata and style sheet; definitions of clip paths stay
        if child.tag == f"{{{SVG}}}metadata" or child.find(f"{{{SVG}}}style") is not None:
            root.remove(child)
    width = float(root.attrib.pop("width").removesuffix("pt")) * PIXELS
    del root.attrib["height"]
    root.attrib.update({"role": "img", "aria-label": label, "style": f"width: {width:.0f}px"})
    referenced = {
        element.attrib[key].strip("url()#") for element in root.iter() for key in REFERENCES if key in element.attrib
    }
    for element in root.iter():
        entries = element.attrib
        identity = entries.pop("id", "")
        if identity.startswith(TIP):
            entries["data-tip"] = identity.removeprefix(TIP)
        elif identity in referenced:
            entries["id"] = f"{name}-{identity}"
        for key in REFERENCES:
            if key in entries:
                entries[key] = entries[key].replace("#", f"#{name}-")
        if "style" in entries:
            for colour, of_page in OF_PAGE.items():
                entries["style"] = entries["style"].replace(colour, of_page)
    return ElementTree.tostring(root, encoding="unicode")
