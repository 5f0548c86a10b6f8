"""Training: recipes, the one loop that trains a stack of networks, and the model that comes of it."""

from imbaloss.training import model_file
from imbaloss.training.loop import Outcome, check_device, train
from imbaloss.training.model import Model
from imbaloss.training.plan import Plan, plan_for
from imbaloss.training.recipe import Recipe
from imbaloss.training.stack import Member

__all__ = ["Member", "Model", "Outcome", "Plan", "Recipe", "check_device", "model_file", "plan_for", "train"]
