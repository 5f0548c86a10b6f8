"""The training loop that a user of PyTorch would write, one network at a time: the reference for the stacked one."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from imbaloss import data
from imbaloss.data.seeds import make_generator
from imbaloss.networks import INITIALISATIONS
from imbaloss.training import Member
from imbaloss.training.scaling import Scaling
from tests.networks.singles import Alone

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


def train_plainly(member: Member) -> tuple[list[float], nn.Module]:
    """The mean loss of every epoch, and the trained network."""
    recipe, train = member.recipe, member.split.train
    dtype = getattr(torch, recipe.precision)
    inputs = Scaling.fit(recipe.scaling, train)(train.inputs).to(dtype)
    labels = torch.from_numpy(train.labels)
    network: nn.Module
    if recipe.network != "mlp":
        network = Alone.of(recipe.design(inputs.shape[1:]), make_generator(member.seed, "weights"), recipe.init)
    else:
        inputs = inputs.flatten(1)
        network = build(member, inputs.shape[1])
    network.to(dtype)
    loss = member.loss.build(counts=member.counts)
    weights = None if train.weights is None else torch.from_numpy(train.weights).to(dtype)
    if recipe.optimizer == "sgd":
        optimizer = torch.optim.SGD(
            network.parameters(), recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay
        )
    else:
        optimizer = torch.optim.Adam(network.parameters(), recipe.lr, weight_decay=recipe.weight_decay)
    generator = make_generator(member.seed, "batches")
    curve = []
    for _ in range(recipe.epochs):
        order = torch.arange(len(labels))
        if member.sampler != data.NO_SAMPLER:
            rows = data.batches.draw_rows(train.labels, member.rows, recipe.train_batch, generator)
            order = torch.from_numpy(rows)
        elif recipe.shuffle_train:
            order = torch.from_numpy(generator.permutation(len(labels)))
        total = 0.0
        for batch in order.split(recipe.train_batch):
            optimizer.zero_grad()
            value = loss(network(inputs[batch]).squeeze(-1), labels[batch], None if weights is None else weights[batch])
            if isinstance(network, Alone):
                value = value + network.penalty(labels[batch])
            value.backward()
            optimizer.step()
            total += value.item() * len(batch)
        curve.append(total / len(labels))
    return curve, network


def build(member: Member, inputs: int) -> nn.Sequential:
    recipe, generator = member.recipe, make_generator(member.seed, "weights")
    widths = (inputs, *recipe.hidden, recipe.outputs)
    modules: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        weight, bias = INITIALISATIONS[recipe.init](generator, fan_in, fan_out)
        linear = nn.Linear(fan_in, fan_out, dtype=torch.float64)
        linear.weight.data, linear.bias.data = torch.from_numpy(weight.T.copy()), torch.from_numpy(np.array(bias))
        modules += [linear, ACTIVATIONS[recipe.activation]()]
    return nn.Sequential(*modules[:-1])
