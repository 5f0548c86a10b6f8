"""Features of images by a model of timm, with the weights of its authors or those of a file."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor, nn

from imbaloss.atomic_write import write_atomically
from imbaloss.choices import suggest
from imbaloss.extras import describe_installation
from imbaloss.features.extractor import ExtractorFacts
from imbaloss.features.image_settings import ImageSettings
from imbaloss.features.spec import FLIPS, WEIGHTS, ExtractorSpec
from imbaloss.plural import format_count

if TYPE_CHECKING:
    from PIL import Image

ENDING = ".safetensors"
CLASSIFIERS = ("classifier", "fc", "head")  # their usual names in models of timm
HUB_FILES = ("model.safetensors", "open_clip_model.safetensors")  # names of files with weights in Hugging Face's hub
REACHED_WITHIN = 10.0  # seconds


class TimmExtractor:
    """A model of timm without its classifier, in inference mode: images become its pooled features."""

    noun = "image"

    def __init__(self, model: nn.Module, facts: ExtractorFacts) -> None:
        """Freeze the model. facts: what decides its features; their settings say how images are prepared."""
        self.facts = facts
        self.settings = ImageSettings.from_json(facts.settings)
        self.module: FlippedFeatures = FlippedFeatures(model, flips=self.settings.flips).eval()
        data_config = {key: value for key, value in self.settings.to_json().items() if key not in {"size", FLIPS}}
        self.transform: Callable[[Any], Tensor] = import_timm().data.create_transform(
            input_size=(3, *self.settings.size), is_training=False, **data_config
        )

    @classmethod
    def open(cls, spec: ExtractorSpec, facts: ExtractorFacts | None = None, file: Path | None = None) -> Self:
        """Open the model that a text names.

        Args:
            spec: The text, such as that of "timm:resnet50". Without a file of weights they are taken from the user's
                Hugging Face cache, and downloaded if they are not there.
            facts: The facts of an extractor that was opened before, whose settings are kept; None to find them.
            file: A safetensors file of the weights that takes the place of those that the text names; None for these.

        Raises:
            ValueError: timm is missing or lacks the model, there are no such weights, or they are of another model.
            OSError: A file cannot be read.
        """
        timm = import_timm()
        check_model_name(spec.name)
        if file is None and WEIGHTS in spec.parameters:
            file = Path(spec.parameters[WEIGHTS]).expanduser().resolve()
            spec = replace(spec, parameters={**spec.parameters, WEIGHTS: str(file)})
        flips, revision = spec.read_truth_value(FLIPS), ""
        if file is not None:
            model = timm.create_model(spec.name, pretrained=False, num_classes=0)
            load_weights(model, read_weights(file), spec.name, file)
        else:
            model, revision = load_hub_model(spec.name)
        settings = facts.settings if facts else read_data_config(model, flips=flips).to_json()
        weights = hash_weights(model.state_dict())
        extractor = cls(model, ExtractorFacts(str(spec), 0, weights, revision, settings, spec.name))
        extractor.facts = replace(extractor.facts, width=extractor.measure_width(spec.name))
        return extractor

    def measure_width(self, name: str) -> int:
        """Return the number of features of an image. name: that of the model, for messages.

        Raises:
            ValueError: The model does not pool its features to one vector for each image.
        """
        with torch.inference_mode():
            shape = self.module(torch.zeros(1, 3, *self.settings.size)).shape
        if len(shape) != 2:
            raise ValueError(f"the model {name} gives features of shape {tuple(shape)}, not one vector for an image")
        return int(shape[1])

    def extract(self, items: "Sequence[Image.Image]") -> NDArray[np.float32]:
        """Return the features of RGB images, (B, D). They pass through the model one by one.

        So the features of an image do not depend on the others, to the last bit; and on processors that is faster too.

        Raises:
            ValueError: An image cannot be prepared.
        """
        with torch.inference_mode():
            features = [self.module(self.transform(image)[None])[0].float().numpy() for image in items]
        return np.stack(features) if features else np.empty((0, self.facts.width), np.float32)

    def write_weights(self, stem: Path) -> Path:
        """Write the weights into a safetensors file, and return it. stem: its path without the ending.

        Raises:
            OSError: The file cannot be written.
        """
        file = stem.with_name(stem.name + ENDING)
        state = {name: value.detach().clone().contiguous() for name, value in self.module.model.state_dict().items()}
        return write_atomically(file, safetensors.save(state))


class FlippedFeatures(nn.Module):
    """The features of images, (B, 3, H, W) -> (B, D), averaged over each image and its mirror image if asked."""

    def __init__(self, model: nn.Module, *, flips: bool) -> None:
        """Wrap a model that gives features (B, D)."""
        super().__init__()
        self.model, self.flips = model, flips

    def forward(self, images: Tensor) -> Tensor:
        """Return the features (B, D)."""
        features: Tensor = self.model(images)
        return (features + self.model(images.flip(-1))) / 2 if self.flips else features


def import_timm() -> Any:
    """Import timm and return it.

    Raises:
        ValueError: It is missing, or cannot be imported, such as with a torchvision of another build than torch.
    """
    try:
        import timm
    except ImportError as error:
        raise ValueError(f"features by timm need more packages: {describe_installation('images')}") from error
    except RuntimeError as error:
        raise ValueError(
            f"timm cannot be imported, since the installed torchvision does not fit torch {torch.__version__} "
            f"({error}): install both from one place, as PyTorch's page says"
        ) from error
    return timm


def check_model_name(name: str) -> None:
    """Check that timm has a model, and the weights that the name may end with, as resnet50.a1_in1k.

    Raises:
        ValueError: It has none. The message suggests a similar name.
    """
    import timm

    model, _, tag = name.partition(".")
    if not timm.is_model(model):
        raise ValueError(f"timm has no model {model!r}{suggest(model, timm.list_models())}: timm.list_models() has all")
    tagged = timm.list_pretrained(f"{model}.*") if tag else []
    if tag and name not in tagged:
        weights = f"it has {', '.join(tagged)}" if tagged else "it has no weights for it"
        raise ValueError(f"timm has no weights {name!r}{suggest(name, tagged)}; {weights}")


def read_data_config(model: nn.Module, *, flips: bool) -> ImageSettings:
    """Return how a model of timm takes images, by its own configuration. flips: whether mirror images count too."""
    config = import_timm().data.resolve_model_data_config(model)
    return ImageSettings(
        size=(int(config["input_size"][1]), int(config["input_size"][2])),
        mean=tuple(map(float, config["mean"])),
        std=tuple(map(float, config["std"])),
        interpolation=str(config["interpolation"]),
        crop_pct=float(config["crop_pct"]),
        crop_mode=str(config["crop_mode"]),
        flips=flips,
    )


def read_weights(file: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        ValueError: It is no such file.
        OSError: It cannot be read.
    """
    content = file.read_bytes()
    try:
        return safetensors.load(content)
    except SafetensorError as error:
        raise ValueError(f"{file} is no safetensors file: {error}") from error


def load_weights(model: nn.Module, state: Mapping[str, Tensor], name: str, file: Path) -> None:
    """Load weights into a model of timm without its classifier, whose weights are left out.

    Args:
        model: The model; changed in place.
        state: The weights by name, in timm's names.
        name: The name of the model.
        file: The file of the weights, for messages.

    Raises:
        ValueError: Weights are missing, are of another shape, or are no weights of such a model.
    """
    needed = model.state_dict()
    missing = [key for key in needed if key not in state]
    reshaped = [key for key in needed if key in state and state[key].shape != needed[key].shape]
    unknown = [key for key in state if key not in needed and not key.startswith(list_classifier_names(model))]
    for problem, keys in (("lacks", missing), ("has in another shape", reshaped), ("has beside those of it", unknown)):
        if keys:
            raise ValueError(
                f"{file} holds no weights of {name}: it {problem} {format_count(len(keys), 'tensor')}, as {keys[0]!r}"
            )
    model.load_state_dict({key: state[key] for key in needed})


def list_classifier_names(model: nn.Module) -> tuple[str, ...]:
    """Return what the names of the weights of a classifier begin with in the complete model of timm."""
    named = getattr(model, "pretrained_cfg", {}).get("classifier") or CLASSIFIERS
    return tuple(f"{name}." for name in ((named,) if isinstance(named, str) else named))


def load_hub_model(name: str) -> tuple[nn.Module, str]:
    """Load a model of timm with the weights of its authors, and return it with their revision.

    They are taken from the user's Hugging Face cache, and downloaded with a progress bar if they are not there.

    Raises:
        ValueError: There are no such weights, or they cannot be downloaded.
    """
    timm = import_timm()
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.hf_hub_id:
        raise ValueError(f"timm has no pretrained weights of {name}: name a file, as timm:{name}:weights=FILE{ENDING}")
    file = find_hub_file(name, config.hf_hub_id, filter(None, (config.hf_hub_filename, *HUB_FILES)))
    overlay = {"file": str(file), "custom_load": False}
    return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=0), file.parent.name


def find_hub_file(name: str, repository: str, names: Iterable[str]) -> Path:
    """Return the file of weights in the user's Hugging Face cache; download it if it is not there.

    Args:
        name: The name of the model, for messages.
        repository: The repository of Hugging Face's hub that holds the weights.
        names: The names that the file may have there, in the order in which they are tried.

    Raises:
        ValueError: The repository has no such file, or it cannot be reached.
    """
    import huggingface_hub
    import requests
    from huggingface_hub import constants, errors

    named = list(names)
    for file_name in named:
        cached = huggingface_hub.try_to_load_from_cache(repository, file_name)
        if isinstance(cached, str):
            return Path(cached)
    lacking = f"the weights of {name} are not in the Hugging Face cache {constants.HF_HUB_CACHE}, and"
    instead = f"run this once where there is a network, or name a file, as timm:{name}:weights=FILE{ENDING}"
    try:
        if not constants.HF_HUB_OFFLINE:  # else the hub's own retries would take a minute
            requests.head(constants.ENDPOINT, timeout=REACHED_WITHIN)
        for file_name in named:
            with suppress(errors.RemoteEntryNotFoundError):
                return Path(huggingface_hub.hf_hub_download(repository, file_name))
    except Exception as error:
        raise ValueError(f"{lacking} {constants.ENDPOINT} cannot be reached: {instead}") from error
    raise ValueError(f"{lacking} {repository} there holds no {named[0]}: {instead}")


def hash_weights(state: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of weights in hexadecimal digits: of name, type, shape and bytes of each, sorted by name."""
    digest = hashlib.sha256()
    for name, value in sorted(state.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
