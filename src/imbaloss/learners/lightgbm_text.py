"""The text form of LightGBM's trees, which is checked before LightGBM reads it."""

import re
from math import isfinite

from imbaloss.training.recipe import require

START = "tree\n"
END = "end of trees\n"  # ends the part of the text that prediction needs
OBJECTIVE = "binary sigmoid:1"
OF_NODES = ("split_gain", "internal_value", "internal_weight", "internal_count")  # other entries of trees
OF_LEAVES = ("leaf_weight", "leaf_count")  # they have no value in a tree of one leaf
THRESHOLD = "threshold"  # the entry with the thresholds of nodes; inf parts missing values from all numbers
INFINITE, LARGEST = re.compile(r"(?<![^ ])inf(?![^ ])"), "1e308"
NUMBERS = re.compile(r"[-+.0-9e ]*", re.ASCII)


def cut_text(text: str) -> str:
    """Return the text up to the last tree, without what prediction does not need, such as the number of threads."""
    return text.partition(END)[0] + END


def name_objective(text: str) -> str:
    """Return the text of trees of a loss of ours with the objective that makes probabilities of their log-odds.

    LightGBM writes no objective there.
    """
    head, columns, rest = text.partition("\nfeature_names=")
    return f"{head}\nobjective={OBJECTIVE}{columns}{rest}"


def check_text(text: str) -> None:
    """Check a text of trees before LightGBM reads it, since LightGBM ends the process at some errors.

    Raises:
        ValueError: An entry has a value that LightGBM does not write for a binary objective.
        KeyError: An entry is missing.
    """
    head, *trees = re.split(r"(?=^Tree=)", text.removesuffix(END), flags=re.MULTILINE)
    require(text.startswith(START) and text.endswith(END) and len(trees) > 0, "it is not whole")
    entries = read_entries(head.removeprefix(START))
    columns = int(entries["max_feature_idx"]) + 1
    require(re.fullmatch(r"v\d+", entries["version"]) is not None, "the version is none")
    require(entries["objective"] == OBJECTIVE, f"the objective is {entries['objective']}")
    require(entries["num_class"] == entries["num_tree_per_iteration"] == "1", "it has several classes")
    require(entries["label_index"] == "0", "the place of the label is another one")
    for name in ("feature_names", "feature_infos"):
        require(len(entries[name].split(" ")) == columns, f"{name} are not {columns}")
    require(read_numbers(entries["tree_sizes"]) == [len(tree) for tree in trees], "the trees have other sizes")
    for number, tree in enumerate(trees):
        check_tree(read_entries(tree), number, columns)


def check_tree(entries: dict[str, str], number: int, columns: int) -> None:
    """Check the entries of one tree: the lengths of its arrays, and where its nodes point.

    Args:
        entries: The entries by name.
        number: The number of the tree.
        columns: The number of columns.

    Raises:
        ValueError: An entry has an impossible value.
        KeyError: An entry is missing.
    """
    arrays = {name: read_numbers(text) for name, text in entries.items() if name != THRESHOLD}
    arrays[THRESHOLD] = read_numbers(INFINITE.sub(LARGEST, entries[THRESHOLD]))
    [leaves], [categories] = arrays["num_leaves"], arrays["num_cat"]
    nodes, kinds = int(leaves) - 1, arrays["decision_type"]
    require(arrays["Tree"] == [number] and arrays["is_linear"] == [0], "it is another kind of tree")
    require(len(arrays["shrinkage"]) == 1, "the shrinkage is missing")
    require(len(arrays["leaf_value"]) == leaves >= 1, "leaves are missing")
    require(all(len(arrays[name]) in ({leaves} if nodes else {0, 1}) for name in OF_LEAVES), "leaves are missing")
    children = (arrays["left_child"], arrays["right_child"])
    of_nodes = [arrays["split_feature"], arrays[THRESHOLD], kinds, *children, *(arrays[name] for name in OF_NODES)]
    require(all(len(array) == nodes for array in of_nodes), "nodes are missing")
    require(all(0 <= column < columns for column in arrays["split_feature"]), "a column does not exist")
    for side in children:  # a node is older than its children, so that a path has an end
        require(all(-leaves <= child < nodes for child in side), "a child does not exist")
        require(all(child < 0 or child > place for place, child in enumerate(side)), "a path has no end")
    starts = arrays["cat_boundaries"] if categories else [0]
    require(all(0 <= kind < 16 for kind in kinds) and len(starts) == categories + 1, "a kind does not exist")
    require(starts == sorted(starts) and starts[0] == 0, "categories are out of order")
    require(starts[-1] == len(arrays.get("cat_threshold", ())), "categories are missing")
    sets = [threshold for kind, threshold in zip(kinds, arrays[THRESHOLD], strict=True) if int(kind) % 2]
    require(all(0 <= place < categories for place in sets), "a set of categories does not exist")


def read_entries(text: str) -> dict[str, str]:
    """Read lines `name=value`. Raises ValueError if a line is another one, or a name stands twice."""
    lines = [line for line in text.split("\n") if line]
    require(all("=" in line for line in lines), "a line is no entry")
    entries = {name: value for name, _, value in (line.partition("=") for line in lines)}
    require(len(entries) == len(lines), "an entry stands twice")
    return entries


def read_numbers(text: str) -> list[float]:
    """Read finite numbers with a space between them; whole numbers are read as such. Raises ValueError for others."""
    require(NUMBERS.fullmatch(text) is not None, f"{text[:20]!r} is no number")
    numbers = [float(word) if "." in word or "e" in word else int(word) for word in text.split(" ") if text]
    require(all(map(isfinite, numbers)), f"{text[:20]!r} is not finite")
    return numbers
