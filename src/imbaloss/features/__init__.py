"""Frozen features: pretrained networks turn images and texts into vectors, which any learner then learns from."""

from imbaloss.features.extraction import extract_features, to_halves
from imbaloss.features.extractor import Extractor, ExtractorFacts
from imbaloss.features.store import FeatureStore, find_feature_folder

__all__ = [
    "Extractor",
    "ExtractorFacts",
    "FeatureStore",
    "extract_features",
    "find_feature_folder",
    "to_halves",
]
