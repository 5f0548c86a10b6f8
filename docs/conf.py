"""How Sphinx makes the site from docs/. `make site` builds it; docs/_toc.yml is its table of contents."""

import builtins
import inspect
import pydoc
import re
from pathlib import Path
from posixpath import normpath, relpath
from typing import Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

import imbaloss

project = "imbaloss"
version = imbaloss.__version__
release = version
language = "en"
extensions = [
    "myst_nb",  # Markdown, and notebooks with the outputs that they hold
    "sphinx_external_toc",  # contents in _toc.yml, so that the pages themselves stay plain Markdown
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_fence_as_directive = ["math"]  # as GitHub writes formulas
myst_heading_anchors = 4
nb_execution_mode = "off"  # the tests execute the notebooks

autodoc_default_options = {
    "members": True,
    "undoc-members": True,
    "exclude-members": "set_fit_request, set_score_request, set_predict_request, set_predict_proba_request",
}
autodoc_member_order = "bysource"
autodoc_mock_imports = ["lightning"]  # optional, and slow to import
autodoc_typehints_format = "short"
smartquotes = False  # two dashes are an option
default_role = "code"  # docstrings write code in single backticks
napoleon_use_ivar = True
napoleon_use_param = napoleon_use_rtype = (
    False  # types stand in the signature, and those of scikit-learn's form are no types
)
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"
python_use_unqualified_type_names = True
# strict mode (-n) asks for a target of each type. Types of other packages have none, since a build without
# network cannot ask for their inventories; nor have type variables, and types behind attributes of answers and reports
nitpick_ignore_regex = [
    (r"py:.*", r"(collections|concurrent|enum|numpy|np|pa|pandas|pd|pathlib|sqlite3|torch|typing)\b.*"),
    (r"py:exc", r"FieldError|NotFittedError"),
    (
        r"py:class",
        r"imbaloss\.(networks\.stack\.Network|samplers\.ranked\.Unit|studies\.store\.Content|training\.loop\.Fitted_co)",
    ),
    (r"py:class", r"imbaloss\.features\.(extractor\.Item_contra|extraction\.Source)"),
    (r"py:class", r"imbaloss\.(comparison|report)\..*|Image\.Image|RenderableType"),
]

html_theme = "pydata_sphinx_theme"
html_title = "imbaloss"
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_sidebars = {page: [] for page in ("index", "concepts", "decisions")}  # nothing stands below them
html_show_search_summary = False  # summaries are fetched, which a browser refuses for files
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "navbar_align": "left",
    "show_toc_level": 2,
}
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
html_math_renderer = "mathml"

OUTSIDE = {  # documents beside docs/ -> the page of the site that shows them
    "README.md": "index.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
}
to_mathml = LatexToMathML(fancy_error=False)


def adapt_links(app: Sphinx, page: str, source: list[str]) -> None:
    """Adapt the links of a page to the site; the files have them for readers of GitHub.

    Links to documents outside docs/ lead to the pages that show them. A link named after its file has the title of the
    page or section as its text.
    """
    folder = Path("docs", page).parent.as_posix()

    def replace(link: re.Match[str]) -> str:
        target = OUTSIDE.get(normpath(f"{folder}/{link[1]}"))
        return f"]({relpath(f'docs/{target}', folder)}" if target else link[0]

    text = re.sub(r"\]\(((?:\.\./)+[A-Z]+\.md)", replace, source[0])
    source[0] = re.sub(r"\[[\w./-]+\.md\]\(", "[](", text)


def write_inline(translator: Any, node: nodes.math) -> None:
    """Write a formula in a line as MathML, which browsers show by themselves."""
    translator.body.append(convert_formula(node, displaystyle=False))
    raise nodes.SkipNode


def write_block(translator: Any, node: nodes.math_block) -> None:
    """Write a formula of its own as MathML; a long one scrolls by itself on a narrow screen."""
    translator.body.append(f'<div class="formula" tabindex="0">{convert_formula(node, displaystyle=True)}</div>')
    raise nodes.SkipNode


def convert_formula(node: nodes.Element, *, displaystyle: bool) -> str:
    """Convert the TeX of a formula to MathML. TeX that is not understood is a warning, and so an error of the build."""
    try:
        return to_mathml.convert_with_local_state(node.astext(), displaystyle=displaystyle)
    except LatexError as error:
        logging.getLogger(__name__).warning("formula %s: %s", node.astext(), error, location=node)
        return ""


PLAIN = re.compile(r"(`[^`]*`)|(?<=\S )\*(?=\w)|\|(?=\w)|(?<=\w)_(?!\w)")  # code, or what would be markup


def describe(app: Sphinx, what: str, name: str, documented: object, options: object, lines: list[str]) -> None:
    """Adapt a docstring to autodoc.

    A colon in a property's first sentence is no type. The `*` of a shape and the `|` of an absolute value are no
    markup. A field of a dataclass has the comment beside it, and a constant nothing: what is there is its type's.
    """
    lines[:] = [PLAIN.sub(lambda found: found[1] or f"\\{found[0]}", line) for line in lines]
    if what == "data":
        lines.clear()
    if what == "attribute" and not any(lines):
        lines.append(find_comment(name))
    if what in ("attribute", "property"):
        lines[:0] = ["..", ""]


def find_comment(name: str) -> str:
    """Return the comment beside the definition of a field, as a sentence; empty without one."""
    owner, _, field = name.rpartition(".")
    found = re.search(rf"^ +{field}: .*?  # (.+)", inspect.getsource(pydoc.locate(owner)), re.MULTILINE)
    return f"{found[1][:1].upper()}{found[1][1:]}." if found else ""


def unlink_builtins(app: Sphinx, doctree: nodes.document) -> None:
    """Keep types of Python itself, such as `bytes`, from leading to an attribute of ours with the same name."""
    for reference in list(doctree.findall(addnodes.pending_xref)):
        if reference["refdomain"] == "py" and hasattr(builtins, reference["reftarget"]):
            reference.replace_self(addnodes.desc_sig_name(text=reference["reftarget"]))


def name_signatures(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Say that the lines of a long signature are no list of definitions, as which Sphinx writes them."""
    context["body"] = context.get("body", "").replace("<dl>\n<dd>", '<dl role="presentation">\n<dd>')


def setup(app: Sphinx) -> None:
    """Connect what is written above with Sphinx."""
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
    app.connect("source-read", adapt_links)
    app.connect("html-page-context", name_signatures)
    app.connect("doctree-read", unlink_builtins)
    app.connect("autodoc-process-docstring", describe, priority=400)  # before napoleon
