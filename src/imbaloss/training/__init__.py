"""Training: recipes, the one loop that trains a stack of networks, and the model that comes of it."""

from imbaloss.training import model_file, onnx_file, references
from imbaloss.training.fast.plan import Plan, plan_for
from imbaloss.training.fitting import check_loss
from imbaloss.training.loop import Outcome, check_device, train
from imbaloss.training.member import Member
from imbaloss.training.model import Model
from imbaloss.training.recipe import Recipe
from imbaloss.training.references import REFERENCES

__all__ = [
    "REFERENCES",
    "Member",
    "Model",
    "Outcome",
    "Plan",
    "Recipe",
    "check_device",
    "check_loss",
    "model_file",
    "onnx_file",
    "plan_for",
    "references",
    "train",
]
