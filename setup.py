"""Make the description of the package from README.md; pyproject.toml holds all else.

PyPI shows the text outside of the repository, where its relative links and pictures lead nowhere. The description
therefore has the texts of these links alone, and not these pictures.
"""

import re
from pathlib import Path

from setuptools import setup

RELATIVE = r"\((?!https?:|#)[^)]*\)"

readme = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
without_pictures = re.sub(rf"!\[[^\]]*\]{RELATIVE}\n*", "", readme)
setup(
    long_description=re.sub(rf"\[([^\]]*)\]{RELATIVE}", r"\1", without_pictures),
    long_description_content_type="text/markdown",
)
