"""Fitted trees as a module of PyTorch, which an ONNX file can hold: LightGBM's, and forests of scikit-learn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

ZERO = torch.tensor(1e-35, dtype=torch.float64)  # LightGBM's largest number that counts as zero
NEVER, NAN_MISSING, ZERO_MISSING = 0, 1, 2  # which numbers are missing at a node: none, NaN, NaN and zeros
MISSING_TYPES = {"None": NEVER, "NaN": NAN_MISSING, "Zero": ZERO_MISSING}  # of LightGBM
NO_SET = -1


@dataclass(frozen=True)
class TreeNode:
    """A node of a tree. A leaf is its own child on both sides."""

    left: int  # the place of the child among the nodes of the tree
    right: int
    feature: int = 0
    threshold: float = 0.0  # a row goes to the left if its number is not above it
    missing: int = NEVER
    is_missing_left: bool = False
    categories: frozenset[int] | None = None  # whose rows go to the left; None for a number
    value: float = 0.0  # of a leaf


class TreeSum(nn.Module):
    """The sum of what trees give for rows: rows (B, D) in float64 -> (B,)."""

    def __init__(self, trees: Sequence[Sequence[TreeNode]]) -> None:
        """Put the nodes of all trees behind each other into tensors.

        Args:
            trees: The nodes of each tree, the root first; at least one tree.
        """
        super().__init__()
        starts = np.cumsum([0, *map(len, trees)])[:-1]
        nodes = [(node, int(start)) for tree, start in zip(trees, starts, strict=True) for node in tree]
        self.roots = torch.tensor(starts)
        self.depth = max(map(find_depth, trees))
        self.left = torch.tensor([start + node.left for node, start in nodes])
        self.right = torch.tensor([start + node.right for node, start in nodes])
        self.feature = torch.tensor([node.feature for node, _ in nodes])
        self.threshold = torch.tensor([node.threshold for node, _ in nodes], dtype=torch.float64)
        self.missing = torch.tensor([node.missing for node, _ in nodes])
        self.is_missing_left = torch.tensor([node.is_missing_left for node, _ in nodes])
        self.value = torch.tensor([node.value for node, _ in nodes], dtype=torch.float64)
        sets = list(dict.fromkeys(node.categories for node, _ in nodes if node.categories is not None))
        self.categories = 1 + max((max(each, default=0) for each in sets), default=0)
        places = {each: place for place, each in enumerate(sets)}
        self.set = torch.tensor([NO_SET if node.categories is None else places[node.categories] for node, _ in nodes])
        self.members = torch.tensor([[code in each for code in range(self.categories)] for each in sets])

    def forward(self, rows: Tensor) -> Tensor:
        """Return the sum of the values of the leaves that rows (B, D) come to, (B,). Unrolled to the deepest leaf."""
        places = self.roots.expand(rows.shape[0], -1)
        for _ in range(self.depth):
            places = torch.where(self.goes_left(rows, places), self.left[places], self.right[places])
        return self.value[places].sum(1)

    def goes_left(self, rows: Tensor, places: Tensor) -> Tensor:
        """Say for each row and tree whether it goes to the left child. places: (B, T), the node that the row is at."""
        numbers, missing = rows.gather(1, self.feature[places]), self.missing[places]
        is_nan = numbers.isnan()
        filled = torch.where(is_nan, torch.zeros_like(numbers), numbers)
        is_missing = (missing == NAN_MISSING) & is_nan | (missing == ZERO_MISSING) & (filled.abs() <= ZERO)
        left = choose(is_missing, self.is_missing_left[places], filled <= self.threshold[places])
        if not len(self.members):
            return left
        sets = self.set[places]
        is_known = ~is_nan & (numbers >= 0) & (numbers < self.categories)
        codes = filled.clamp(0, self.categories - 1).long()
        is_member = is_known & self.members.flatten()[sets.clamp(min=0) * self.categories + codes]
        return choose(sets == NO_SET, left, is_member)


def choose(condition: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return for each place the first truth where the condition holds, else the second one, (B, T) each.

    ONNX runtimes have `torch.where` for numbers alone.
    """
    return condition & first | ~condition & second


def find_depth(nodes: Sequence[TreeNode]) -> int:
    """Return the number of steps from the root of a tree to its deepest leaf. Children stand behind their parents."""
    depths = [0] * len(nodes)
    for place, node in enumerate(nodes):
        for child in {node.left, node.right} - {place}:
            depths[child] = depths[place] + 1
    return max(depths)


def read_lightgbm(booster: Any) -> list[list[TreeNode]]:
    """Read the trees of a booster of LightGBM, whose values add up to the log-odds."""
    return [read_lightgbm_tree(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]


def read_lightgbm_tree(structure: Mapping[str, Any]) -> list[TreeNode]:
    """Read a tree from the nested entries in which LightGBM dumps it."""
    entries = [structure]
    children: dict[int, tuple[int, int]] = {}
    for place, entry in enumerate(entries):  # which grows meanwhile
        if "split_feature" in entry:
            children[place] = (len(entries), len(entries) + 1)
            entries += [entry["left_child"], entry["right_child"]]
    return [
        read_lightgbm_split(entry, *children[place])
        if place in children
        else TreeNode(place, place, value=float(entry["leaf_value"]))
        for place, entry in enumerate(entries)
    ]


def read_lightgbm_split(entry: Mapping[str, Any], left: int, right: int) -> TreeNode:
    """Read a node with two children, at these places, from its entries. Missing categories go to the right."""
    if entry["decision_type"] == "==":
        codes = frozenset(map(int, str(entry["threshold"]).split("||")))
        return TreeNode(left, right, int(entry["split_feature"]), categories=codes)
    return TreeNode(
        left,
        right,
        int(entry["split_feature"]),
        float(entry["threshold"]),
        MISSING_TYPES[entry["missing_type"]],
        bool(entry["default_left"]),
    )


def read_forest(classifier: Any) -> list[list[TreeNode]]:
    """Read the trees of a fitted forest of scikit-learn, whose values add up to the share of votes for class 1."""
    column = np.asarray(classifier.classes_).tolist().index(1)
    number = len(classifier.estimators_)
    return [list(iterate_forest_nodes(each.tree_, column, number)) for each in classifier.estimators_]


def iterate_forest_nodes(tree: Any, column: int, number: int) -> Iterator[TreeNode]:
    """Yield the nodes of one of a number of trees of scikit-learn, with its votes for the class of a column."""
    shares = tree.value[:, 0, column] / tree.value[:, 0].sum(axis=1) / number
    for place, (left, right) in enumerate(zip(tree.children_left.tolist(), tree.children_right.tolist(), strict=True)):
        if left < 0:
            yield TreeNode(place, place, value=float(shares[place]))
        else:
            yield TreeNode(left, right, int(tree.feature[place]), float(tree.threshold[place]))
