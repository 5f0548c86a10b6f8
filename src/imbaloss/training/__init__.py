"""Training: recipes, the loop that trains a stack of networks, and the trained model."""

from typing import TYPE_CHECKING

from imbaloss.lazy_names import import_on_use

if TYPE_CHECKING:
    from imbaloss.training import onnx_file
    from imbaloss.training.averages import train_averages
    from imbaloss.training.bfloat16 import check_precision
    from imbaloss.training.fast import Plan, plan_training
    from imbaloss.training.fitting import check_loss
    from imbaloss.training.loop import Outcome, check_device, train
    from imbaloss.training.member import Member
    from imbaloss.training.model import Model
    from imbaloss.training.recipe import Recipe
    from imbaloss.training.setting import Candidate, Setting
else:
    __getattr__, __dir__ = import_on_use(__name__)

__all__ = [
    "Candidate",
    "Member",
    "Model",
    "Outcome",
    "Plan",
    "Recipe",
    "Setting",
    "check_device",
    "check_loss",
    "check_precision",
    "onnx_file",
    "plan_training",
    "train",
    "train_averages",
]
