"""Samplers for torch's DataLoader that draw by class or by weight, on any number of ranks. They need torch alone.

>>> labels = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
>>> batches = list(StratifiedBatchSampler(labels, batch_size=5))
>>> [sum(labels[index] for index in batch) for batch in batches]
[1, 1]

All samplers here have these properties.

- The draw of an epoch follows from seed and epoch. It is a list of units: numbers of samples, or whole batches.
- Ranks take the units by turns: rank r of R takes units r, r + R, r + 2 R and so on. The draw does not depend on R.
- All ranks take equally many units. For that the first units of the draw come once more at its end, or with
  `drop_last` its last units are left out.
- `set_epoch` names the epoch. Without it, each complete iteration is an epoch.
- `state_dict` is the same on all ranks. The rest of an epoch may be continued by another number of ranks.
- `prior_shift` undoes what the sampler does to the log-probabilities of a mean over samples, such as cross-entropy.
"""

from imbaloss.samplers.class_balanced import ClassBalancedSampler
from imbaloss.samplers.ranked import DrawOptions, RankedSampler, State
from imbaloss.samplers.stratified import StratifiedBatchSampler
from imbaloss.samplers.weighted import WeightedDistributedSampler

__all__ = [
    "ClassBalancedSampler",
    "DrawOptions",
    "RankedSampler",
    "State",
    "StratifiedBatchSampler",
    "WeightedDistributedSampler",
]
