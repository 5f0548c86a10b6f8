"""The answer for one's own data: a study of methods, its report, and a model that predicts.

Its names are imported when they are first used, so that the command line can read a request without torch.
"""

from typing import TYPE_CHECKING

from imbaloss.lazy_names import import_on_use

if TYPE_CHECKING:
    from imbaloss.comparison.answer import Answer
    from imbaloss.comparison.from_python import compare
    from imbaloss.comparison.own_model import OwnModel
    from imbaloss.comparison.prediction import predict_file
else:
    __getattr__, __dir__ = import_on_use(__name__)

__all__ = ["Answer", "OwnModel", "compare", "predict_file"]
