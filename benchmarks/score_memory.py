"""How near is the gradient of a small batch to that of the whole set, with a memory of earlier scores and without?

    python -m benchmarks.score_memory [--losses smooth_ap] [--memory 0 512 4096] [--steps 300 3000] [--lr 0.001]

20,000 rows with 3 % positives, a network with one hidden layer, batches of 32, Adam. One training, by the loss without
memory, goes through the batches, and losses with memory see the same scores of the same batches. After so many steps
the gradient of the weights is computed for the 625 batches of an epoch and compared with that of all rows:

- mean: the cosine of the angle between the mean gradient of the batches and that of all rows, if each batch meets a
  memory of other rows, with today's scores. This is the bias of a small batch and a small memory.
- fresh: the same cosine if all batches met one memory, that of the training, with today's scores. Batches that follow
  one another share a memory.
- cosine: the same with the scores of the time. What lies between is that the weights have moved since.
- length: of the latter mean gradient, over that of all rows;
- spread: the root of the mean squared distance of one batch's gradient from their mean, over the length of the mean;
- ms: the time of one batch, forward and backward.

--train N trains by each loss for N steps instead, and prints scores on other rows with 95 % intervals over seeds:
for batches of other sizes (--batch), batches with a given share of positives (--share, 0 for rows as they come), and
with --others for a memory that holds other rows at each step, with the scores that the network of that step gives them.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Iterator
from itertools import chain, islice, product, repeat

import torch
from scipy import stats
from sklearn import metrics
from torch import Tensor, nn

from imbaloss import losses
from imbaloss.losses.scores import Scores
from imbaloss.samplers import StratifiedBatchSampler

ROWS, INPUTS, SHARE, BATCH, AT_ONCE = 20_000, 20, 0.03, 32, 50


def draw_rows(seed: int) -> tuple[Tensor, Tensor]:
    """Inputs and targets: positives lie higher in five inputs, and farther out in another five."""
    generator = torch.Generator().manual_seed(seed)
    targets = (torch.rand(ROWS, generator=generator) < SHARE).long()
    inputs = torch.randn(ROWS, INPUTS, generator=generator)
    inputs[:, :5] += 0.5 * targets.unsqueeze(1)
    inputs[:, 5:10] *= 1 + 0.7 * targets.unsqueeze(1)
    return inputs, targets


def make_network(lr: float, seed: int = 0) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(INPUTS, 32), nn.Tanh(), nn.Linear(32, 1), nn.Flatten(0))
    return network, torch.optim.Adam(network.parameters(), lr=lr)


def make_loss(name: str, memory: int) -> nn.Module:
    return losses.get(name, **({"memory": memory} if memory else {}))


def logit_gradients(network: nn.Module, inputs: Tensor) -> Tensor:
    """The gradient of each row's logit with respect to the weights, (N, W)."""
    weights = dict(network.named_parameters())

    def logit(values: dict[str, Tensor], row: Tensor) -> Tensor:
        return torch.func.functional_call(network, values, (row.unsqueeze(0),)).squeeze(0)

    of_rows = torch.func.vmap(torch.func.grad(logit), in_dims=(None, 0))(weights, inputs)
    return torch.cat([part.detach().flatten(1) for part in of_rows.values()], dim=1)


def batch_gradients(stack: nn.Module, logits: Tensor, targets: Tensor, of_rows: Tensor, batches: Tensor) -> Tensor:
    """The gradient of the weights for each batch of rows, (K, W), by a loss with as many memories as AT_ONCE."""
    state, gradients = copy.deepcopy(stack.state_dict()), []
    for rows in batches.split(AT_ONCE):
        if state:
            stack.load_state_dict({key: value[: len(rows)] for key, value in state.items()})
        batch = logits[rows].requires_grad_()
        (gradient,) = torch.autograd.grad(stack.stacked(batch, targets[rows]).sum(), batch)
        gradients.append((gradient.unsqueeze(-1) * of_rows[rows]).sum(1))
    return torch.cat(gradients).double()


def repeat_memory(name: str, memory: int, loss: nn.Module) -> nn.Module:
    """The loss with the memory of one for each of AT_ONCE batches."""
    stack = make_loss(name, memory)
    state = {key: value.expand(AT_ONCE, *value.shape[1:]).clone() for key, value in loss.state_dict().items()}
    stack.load_state_dict(state)
    return stack


def draw_memories(name: str, memory: int, logits: Tensor, targets: Tensor, steps: int) -> nn.Module:
    """The loss with AT_ONCE memories of other rows each, with today's scores."""
    stack, generator = make_loss(name, memory), torch.Generator().manual_seed(3)
    for _ in range(steps if memory else 0):
        rows = torch.randint(ROWS, (AT_ONCE, BATCH), generator=generator)
        scores = Scores(logits[rows].unsqueeze(-1), targets[rows], torch.ones(rows.shape))
        stack.memory(scores)
    return stack


def refresh(name: str, memory: int, logits: Tensor, targets: Tensor, seen: list[Tensor]) -> nn.Module:
    """The loss with the scores that these rows have today."""
    loss = make_loss(name, memory)
    for rows in seen:
        loss(logits[rows], targets[rows])
    return loss


def milliseconds(loss: nn.Module, logits: Tensor, targets: Tensor) -> float:
    times = []
    for rows in torch.arange(BATCH * 20).split(BATCH):
        batch = logits[rows].requires_grad_()
        start = time.perf_counter()
        loss(batch, targets[rows]).backward()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def compare(name: str, network: nn.Module, watchers: dict[int, nn.Module], seen: list[Tensor]) -> None:
    inputs, targets = draw_rows(0)
    of_rows = logit_gradients(network, inputs)
    logits = network(inputs).detach()
    every = logits.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(losses.get(name)(every, targets), every)
    whole = (gradient @ of_rows).double()
    # each row once: the mean over batches then has little noise
    batches = torch.randperm(ROWS, generator=torch.Generator().manual_seed(2)).view(-1, BATCH)
    for memory, loss in watchers.items():
        today = refresh(name, memory, logits, targets, seen if memory else [])
        stacks = (
            draw_memories(name, memory, logits, targets, min(len(seen), 500)),
            repeat_memory(name, memory, today),
            repeat_memory(name, memory, loss),
        )
        gradients = [batch_gradients(stack, logits, targets, of_rows, batches) for stack in stacks]
        means = [each.mean(0) for each in gradients]
        figures = [f"{torch.cosine_similarity(mean, whole, dim=0):.2f}" for mean in means]
        figures += [f"{means[-1].norm() / whole.norm():.2f}"]
        figures += [f"{gradients[-1].var(0).sum().sqrt() / means[-1].norm():.1f}"]
        figures += [f"{milliseconds(today, logits, targets):.1f}"]
        print(f"| `{name}` | {len(seen)} | {memory} |", " | ".join(figures), "|", flush=True)


def watch(name: str, chosen: argparse.Namespace) -> None:
    inputs, targets = draw_rows(0)
    network, optimizer = make_network(chosen.lr)
    plain = losses.get(name)
    watchers = {memory: make_loss(name, memory) for memory in chosen.memory}
    seen, generator = [], torch.Generator().manual_seed(1)
    for step in range(1, max(chosen.steps) + 1):
        rows = torch.randint(ROWS, (BATCH,), generator=generator)
        seen.append(rows)
        logits = network(inputs[rows])
        for loss in watchers.values():
            with torch.no_grad():
                loss(logits, targets[rows])
        optimizer.zero_grad()
        plain(logits, targets[rows]).backward()
        optimizer.step()
        if step in chosen.steps:
            compare(name, network, watchers, seen)


def draw_batches(batch: int, share: float, steps: int, seed: int) -> Iterator[Tensor]:
    """The rows of each step: drawn at random, or batches with a given share of positives if it is above 0."""
    generator, targets = torch.Generator().manual_seed(seed), draw_rows(0)[1]
    if not share:
        yield from (torch.randint(ROWS, (batch,), generator=generator) for _ in range(steps))
        return
    sampler = StratifiedBatchSampler(targets, batch, shares=[1 - share, share], seed=seed)
    batches = chain.from_iterable(repeat(sampler))  # each iteration is the next epoch
    yield from (torch.tensor(rows) for rows in islice(batches, steps))


def train_once(name: str, memory: int, batches: Iterator[Tensor], seed: int, chosen: argparse.Namespace) -> list[float]:
    """ROC-AUC and average precision of one training, on other rows."""
    inputs, targets = draw_rows(0)
    network, optimizer = make_network(chosen.lr, seed)
    loss, generator = make_loss(name, memory), torch.Generator().manual_seed(seed + 1000)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, chosen.train)
    for rows in batches:
        if memory and chosen.others:
            loss, others = make_loss(name, memory), torch.randint(ROWS, (memory,), generator=generator)
            with torch.no_grad():
                loss(network(inputs[others]), targets[others])
        optimizer.zero_grad()
        loss(network(inputs[rows]), targets[rows]).backward()
        optimizer.step()
        schedule.step()
    new, labels = draw_rows(1)
    logits = network(new).detach()
    return [function(labels, logits) for function in (metrics.roc_auc_score, metrics.average_precision_score)]


def train(name: str, chosen: argparse.Namespace) -> None:
    """Print mean scores on other rows over the seeds, with the half width of their 95 % intervals (Student's)."""
    for batch, share, memory in product(chosen.batch, chosen.share, chosen.memory):
        scores = [
            train_once(name, memory, draw_batches(batch, share, chosen.train, seed), seed, chosen)
            for seed in range(chosen.seeds)
        ]
        means = torch.tensor(scores, dtype=torch.float64)
        halves = means.std(0) / len(scores) ** 0.5 * float(stats.t.ppf(0.975, len(scores) - 1))
        cells = [f"{mean:.3f} ± {half:.3f}" for mean, half in zip(means.mean(0), halves, strict=True)]
        print(f"| `{name}` | {batch} | {share or 'as drawn'} | {memory} |", " | ".join(cells), "|", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--losses", nargs="+", default=["auc_squared_hinge", "partial_auc", "smooth_ap"])
    options.add_argument("--memory", nargs="+", type=int, default=[0, 512, 4096])
    options.add_argument("--steps", nargs="+", type=int, default=[300, 3000])
    options.add_argument("--lr", type=float, default=0.001)
    options.add_argument("--train", type=int, default=0, help="steps of a training by each loss")
    options.add_argument("--batch", nargs="+", type=int, default=[BATCH], help="samples of a batch of a training")
    options.add_argument("--share", nargs="+", type=float, default=[0], help="positives of a batch of a training")
    options.add_argument("--others", action="store_true", help="a memory of other rows at each step of a training")
    options.add_argument("--seeds", type=int, default=5, help="trainings for each loss")
    chosen = options.parse_args()
    columns = (
        ["ROC-AUC", "average precision"] if chosen.train else ["mean", "fresh", "cosine", "length", "spread", "ms"]
    )
    heads = ["loss", *(["batch", "positives"] if chosen.train else ["steps"]), "memory", *columns]
    print("|", " | ".join(heads), "|\n|", " | ".join(["---"] * len(heads)), "|")
    for name in chosen.losses:
        (train if chosen.train else watch)(name, chosen)


if __name__ == "__main__":
    main()
