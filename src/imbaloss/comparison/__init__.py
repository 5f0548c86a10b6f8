"""The answer for one's own data: a study of methods, its report, and a model that predicts."""

from imbaloss.comparison.answer import Answer, facts
from imbaloss.comparison.comparing import Wishes, answer, compare
from imbaloss.comparison.own_model import OwnModel
from imbaloss.comparison.prediction import predict_file

__all__ = ["Answer", "OwnModel", "Wishes", "answer", "compare", "facts", "predict_file"]
