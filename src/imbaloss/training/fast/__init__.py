"""What makes training faster and changes nothing else: the same networks come out, up to the order of summation.

`plan` decides which shortcuts a training takes, by the recipe, the size of the data and the processor. `fused_steps`
trains perceptrons without autograd, `gram_first_layer` trains their first layer through the Gram matrix of the inputs,
`matmul_backend` chooses the library that multiplies matrices, and `memory` keeps freed memory in the process.
`shortcuts` is what the stack asks: it is the one place where training and this folder meet.

Without this folder, training would be `optimizers.py` steps of ordinary networks. The modules here know recipes,
optimizers and networks. They do not know the stack and the loop that use them.
"""

from imbaloss.training.fast.fused_steps import FusedOptimizer
from imbaloss.training.fast.memory import keep_freed_memory
from imbaloss.training.fast.plan import Plan, plan_training
from imbaloss.training.fast.shortcuts import Shortcuts

__all__ = ["FusedOptimizer", "Plan", "Shortcuts", "keep_freed_memory", "plan_training"]
