"""Maps of learned prototypes: their places among the training samples, and the samples nearest to them."""

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

POINTS = 2000  # largest number of samples in a map
PICTURED = 3  # number of prototypes of a class whose nearest images are kept: those with the most samples
NEAREST = 6  # number of nearest images that are kept of a prototype
PREFIX = "prototypes_"  # of the names of arrays in a file


@dataclass(frozen=True, eq=False)
class PrototypeMap:
    """The M prototypes of one network among its training samples, on the first two principal components.

    The components are those of the embeddings of the training samples.
    """

    points: NDArray[np.float32]  # (N, 2), coordinates of training samples, at most POINTS
    classes: NDArray[np.uint8]  # (N,), classes of these samples
    prototypes: NDArray[np.float32]  # (M, 2), coordinates of the prototypes
    own: NDArray[np.uint8]  # (M,), classes of the prototypes
    counts: NDArray[np.int64]  # (M,), number of samples of its class to which a prototype is the nearest of its class
    shares: NDArray[np.float64]  # (2,), share of the variance that each component explains
    pictured: NDArray[np.int64]  # (P,), indices of the prototypes whose nearest samples are kept, class by class
    nearest: NDArray[np.uint8]  # (P, NEAREST), classes of their nearest samples, the nearest first
    images: NDArray[np.uint8]  # (P, NEAREST, channels, height, width), of these samples; (P, 0) if they are no images

    @classmethod
    def of(cls, model: Model, samples: Samples) -> "PrototypeMap":
        """Return the map of a network of prototypes (learned points of each class among the embeddings of its samples).

        Args:
            model: A model whose network is `Prototypes`; another one is an AssertionError.
            samples: The samples that the network was trained on, before scaling. At most 2,000 are points of the map.
        """
        from sklearn.decomposition import PCA  # here, since it takes most of a second

        network = model.network
        assert isinstance(network, Prototypes)
        embedded = compute_embeddings(model, samples.inputs)  # (N, E)
        of_classes = network.prototypes[0].detach().double().numpy()  # (C, K, E)
        places = of_classes.reshape(-1, of_classes.shape[-1])
        own = np.repeat(np.arange(len(of_classes)), of_classes.shape[1])
        distances = cdist(embedded, places, "sqeuclidean")  # (N, M)
        among_own = np.where(samples.labels[:, None] == own, distances, np.inf)
        with np.errstate(invalid="ignore"):  # of a network with the same embedding for all samples
            pca = PCA(min(2, *embedded.shape), svd_solver="full").fit(embedded)
        flat = [np.pad(pca.transform(each), [(0, 0), (0, 2 - pca.n_components_)]) for each in (embedded, places)]
        counts = np.bincount(among_own.argmin(1), minlength=len(places))
        pictured = np.sort(np.concatenate([find_highest(counts, own == label) for label in range(len(of_classes))]))
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
        """Return the arrays of the map by their names in a file, such as "prototypes_points"."""
        return {PREFIX + field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "PrototypeMap | None":
        """Read a map from the arrays of a file; None if the file has no map.

        Raises:
            KeyError: The file has some of the arrays of a map, but not all.
        """
        if PREFIX + "points" not in arrays:
            return None
        return cls(**{field.name: arrays[PREFIX + field.name] for field in fields(cls)})


def find_highest(counts: NDArray[np.int64], among: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the indices of the three highest counts (`PICTURED`) where `among` is true, the highest first.

    Of equal counts the first one is taken. The result is shorter if `among` is true in fewer places.

    Args:
        counts: (M,), the counts.
        among: (M,), which counts are considered.
    """
    places = np.flatnonzero(among)
    return places[np.argsort(-counts[places], kind="stable")[:PICTURED]]


@torch.no_grad()
def compute_embeddings(model: Model, inputs: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the embeddings (N, E), in float64, of inputs (N, ...) by a network of prototypes.

    The network is switched to evaluation mode, and stays so.

    Args:
        model: A model whose network is `Prototypes`; another one is an AssertionError.
        inputs: The inputs, before scaling.
    """
    network = model.network.eval()
    assert isinstance(network, Prototypes)
    size = inference_batch_size(model.recipe)
    chunks = [model.scaling(inputs[start : start + size]) for start in range(0, len(inputs), size)]
    embedded: NDArray[np.float64] = np.concatenate(
        [network.embeddings(chunk.to(model.recipe.dtype)[None])[0].double().numpy() for chunk in chunks]
    )
    return embedded
