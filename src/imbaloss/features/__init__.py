"""Frozen features: pretrained networks turn images and texts into vectors, which any learner then learns from."""

from typing import TYPE_CHECKING

from imbaloss.lazy_names import import_on_use

if TYPE_CHECKING:
    from imbaloss.features.extraction import ProgressHandler, extract_features, ignore_progress, to_halves
    from imbaloss.features.extractor import Extractor, ExtractorFacts
    from imbaloss.features.image_settings import ImageSettings, prepare_image
    from imbaloss.features.opening import ImageExtractor, open_image_extractor, reopen_image_extractor
    from imbaloss.features.pixels import hash_pixels, open_pixels
    from imbaloss.features.spec import ExtractorSpec, read_image_spec
    from imbaloss.features.store import FeatureStore, find_feature_folder
else:
    __getattr__, __dir__ = import_on_use(__name__)

__all__ = [
    "Extractor",
    "ExtractorFacts",
    "ExtractorSpec",
    "FeatureStore",
    "ImageExtractor",
    "ImageSettings",
    "ProgressHandler",
    "extract_features",
    "find_feature_folder",
    "hash_pixels",
    "ignore_progress",
    "open_image_extractor",
    "open_pixels",
    "prepare_image",
    "read_image_spec",
    "reopen_image_extractor",
    "to_halves",
]
