"""Prototypes that were learned: where they lie among the samples that they were learned from, and what is near them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from imbaloss.data import Samples
from imbaloss.networks import Prototypes
from imbaloss.training import Model
from imbaloss.training.model import inference_batch_size

POINTS = 2000  # samples that are kept
PICTURED = 3  # prototypes of a class whose nearest images are kept: those that are the nearest to the most samples
NEAREST = 6  # images of each
PREFIX = "prototypes_"  # of arrays in a file


@dataclass(frozen=True, eq=False)
class PrototypeMap:
    """M prototypes of one network in two dimensions: those in which the embeddings of its samples vary most."""

    points: NDArray[np.float32]  # (N, 2), of samples that it learned from
    classes: NDArray[np.uint8]  # (N,), of these
    prototypes: NDArray[np.float32]  # (M, 2)
    own: NDArray[np.uint8]  # (M,), the class of each
    counts: NDArray[np.int64]  # (M,), samples of its class that it is the nearest prototype of
    shares: NDArray[np.float64]  # (2,), of the variance that each dimension shows
    pictured: NDArray[np.int64]  # (P,), numbers of those whose nearest samples are kept, class by class
    nearest: NDArray[np.uint8]  # (P, NEAREST), the classes of the nearest samples, the nearest first
    images: NDArray[np.uint8]  # (P, NEAREST, channels, height, width), what they look like; (P, 0) of what is no image

    @classmethod
    def of(cls, model: Model, samples: Samples) -> "PrototypeMap":
        """samples: those that the network learned from, as they are before scaling."""
        from sklearn.decomposition import PCA  # here, since it takes most of a second

        network = model.network
        assert isinstance(network, Prototypes)
        found = embeddings(model, samples.inputs)
        of_classes = network.prototypes[0].detach().double().numpy()  # (C, K, E)
        places = of_classes.reshape(-1, of_classes.shape[-1])
        own = np.repeat(np.arange(len(of_classes)), of_classes.shape[1])
        distances = cdist(found, places, "sqeuclidean")  # (N, M)
        among_own = np.where(samples.labels[:, None] == own, distances, np.inf)
        with np.errstate(invalid="ignore"):  # of a network that makes the same of all samples
            pca = PCA(min(2, *found.shape), svd_solver="full").fit(found)
        flat = [np.pad(pca.transform(some), [(0, 0), (0, 2 - pca.n_components_)]) for some in (found, places)]
        counts = np.bincount(among_own.argmin(1), minlength=len(places))
        pictured = np.sort(np.concatenate([most(counts, own == label) for label in range(len(of_classes))]))
        nearest = np.argsort(distances[:, pictured], axis=0, kind="stable")[:NEAREST].T  # (P, NEAREST)
        shown = samples.inputs[nearest] * 255 if samples.inputs.ndim == 4 else np.zeros((len(pictured), 0))
        return cls(
            points=flat[0][:POINTS].astype(np.float32),
            classes=samples.labels[:POINTS].astype(np.uint8),
            prototypes=flat[1].astype(np.float32),
            own=own.astype(np.uint8),
            counts=counts,
            shares=np.pad(np.nan_to_num(pca.explained_variance_ratio_), (0, 2 - pca.n_components_)),
            pictured=pictured,
            nearest=samples.labels[nearest].astype(np.uint8),
            images=np.rint(np.clip(shown, 0, 255)).astype(np.uint8),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """By the names that they have in a file."""
        return {PREFIX + one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "PrototypeMap | None":
        """The inverse, where there is one."""
        if PREFIX + "points" not in arrays:
            return None
        return cls(**{one.name: arrays[PREFIX + one.name] for one in fields(cls)})


def most(counts: NDArray[np.int64], among: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The places with the highest counts among some, PICTURED at most; of equal ones the first."""
    places = np.flatnonzero(among)
    return places[np.argsort(-counts[places], kind="stable")[:PICTURED]]


@torch.no_grad()
def embeddings(model: Model, inputs: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """What the body of a network of prototypes makes of inputs (N, ...): (N, E)."""
    network = model.network.eval()
    assert isinstance(network, Prototypes)
    size = inference_batch_size(model.recipe)
    chunks = [model.scaling(inputs[start : start + size]) for start in range(0, len(inputs), size)]
    found: NDArray[np.float64] = np.concatenate(
        [network.embeddings(chunk.to(model.recipe.dtype)[None])[0].double().numpy() for chunk in chunks]
    )
    return found
