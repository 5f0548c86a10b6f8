"""Training: recipes, the one loop that trains a stack of networks, and the model that comes of it."""

from imbaloss.training import model_file
from imbaloss.training.loop import Outcome, train
from imbaloss.training.model import Model
from imbaloss.training.recipe import Recipe
from imbaloss.training.stack import Member

__all__ = ["Member", "Model", "Outcome", "Recipe", "model_file", "train"]
