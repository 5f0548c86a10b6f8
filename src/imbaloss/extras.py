"""The command that installs the packages of an extra, such as `onnx`."""

import re
from importlib.metadata import PackageNotFoundError, requires


def describe_installation(extra: str) -> str:
    """Return the command that installs the packages of an extra, such as "pip install 'onnx>=1.17' 'onnxscript>=0.7'".

    It names these packages and not imbaloss, so that it is right wherever imbaloss came from: a clone, a wheel, PyPI.
    Their versions are those of the installed imbaloss. Where it runs without being installed, the extra is named.
    """
    try:
        requirements = requires("imbaloss") or []
    except PackageNotFoundError:
        requirements = []
    own = re.compile(rf"(.+?) *; *extra == ['\"]{extra}['\"]")
    packages = [f"'{match[1]}'" for requirement in requirements if (match := own.fullmatch(requirement))]
    return f"pip install {' '.join(packages)}" if packages else f"pip install 'imbaloss[{extra}]'"
