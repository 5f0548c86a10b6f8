"""The answer for one's own data: a study of methods, its report, and a model that predicts."""

from imbaloss.comparison.answer import Answer, facts
from imbaloss.comparison.comparing import answer
from imbaloss.comparison.from_python import compare
from imbaloss.comparison.own_model import OwnModel
from imbaloss.comparison.prediction import predict_file
from imbaloss.comparison.wishes import Wishes

__all__ = ["Answer", "OwnModel", "Wishes", "answer", "compare", "facts", "predict_file"]
