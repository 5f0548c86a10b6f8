"""What precision and recall does a network reach that is trained by `recall_at_precision`, and by which multiplier?

    python -m benchmarks.recall_at_precision [--multipliers 1 3 10 30] [--steps 1500]

4,000 rows with 3 % positives, which lie so many deviations higher in the first of five inputs. A small network is
trained on all rows at once (Adam, falling learning rate). The table has precision and recall on these rows, of the
samples with a logit above 0, and the highest recall at that precision that a threshold on the same logits reaches.
"""

import argparse

import torch
from sklearn import metrics
from torch import Tensor, nn

from imbaloss import losses


def draw_rows(distance: float) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    targets = (torch.rand(4000, generator=generator) < 0.03).long()
    inputs = torch.randn(4000, 5, generator=generator)
    inputs[:, 0] += distance * targets
    return inputs, targets


def train(loss: nn.Module, inputs: Tensor, targets: Tensor, steps: int) -> Tensor:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 1), nn.Flatten(0))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(network(inputs), targets).backward()
        optimizer.step()
        schedule.step()
    return network(inputs).detach()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--multipliers", nargs="+", type=float, default=[1, 3, 10, 30])
    options.add_argument("--steps", type=int, default=1500)
    chosen = options.parse_args()
    print("| distance | precision asked | multiplier | precision | recall | by a threshold |\n|", "--- |" * 6)
    for distance in (2, 3, 4):
        inputs, targets = draw_rows(distance)
        for precision in (0.5, 0.8, 0.9):
            for multiplier in chosen.multipliers:
                loss = losses.get("recall_at_precision", precision=precision, multiplier=multiplier)
                logits = train(loss, inputs, targets, chosen.steps)
                precisions, recalls, _ = metrics.precision_recall_curve(targets, logits)
                reached = metrics.precision_score(targets, logits > 0, zero_division=1)
                cells = [reached, metrics.recall_score(targets, logits > 0), recalls[precisions >= precision].max()]
                figures = " | ".join(f"{cell:.2f}" for cell in cells)
                print(f"| {distance} | {precision} | {multiplier:g} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
