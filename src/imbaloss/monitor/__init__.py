"""Monitoring: what to log of a validation, in a loop of one's own, in Lightning and in Hugging Face's Trainer.

>>> import torch, imbaloss.monitor
>>> scores = imbaloss.monitor.score_logits(torch.tensor([-2.0, 0.5, -1.0, 3.0]), torch.tensor([0, 0, 1, 1]))
>>> {name: round(score, 3) for name, score in scores.items()}
{'average_precision': 0.833, 'f1': 0.5, 'tuned_f1': 0.8, 'threshold': 0.182}

With a criterion, the mean error of each class is added. `imbaloss.monitor.lightning` has the callback for Lightning,
which is imported there alone. The errors of the classes in training are `imbaloss.losses.ClassErrors`.
"""

from imbaloss.monitor.scores import compute_metrics, find_validation_scores, score_logits

__all__ = ["compute_metrics", "find_validation_scores", "score_logits"]
