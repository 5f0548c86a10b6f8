"""imbaloss: which loss finds the rare class best, and is the difference real?"""

from typing import TYPE_CHECKING

from imbaloss.lazy_names import import_on_use

if TYPE_CHECKING:
    from imbaloss import (
        boosting,
        data,
        evaluation,
        losses,
        monitor,
        networks,
        report,
        samplers,
        studies,
        training,
    )
    from imbaloss.comparison.from_python import compare
    from imbaloss.estimator import ImbalancedClassifier, MethodClassifier
else:
    __getattr__, __dir__ = import_on_use(__name__)

__all__ = [
    "ImbalancedClassifier",
    "MethodClassifier",
    "__version__",
    "boosting",
    "compare",
    "data",
    "evaluation",
    "losses",
    "monitor",
    "networks",
    "report",
    "samplers",
    "studies",
    "training",
]

__version__ = "0.2.0.dev0"
