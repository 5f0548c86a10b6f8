"""Extractors of texts: word vectors of wordllama and model2vec, and networks of sentence-transformers."""

import hashlib
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.extras import describe_installation
from imbaloss.features.extractor import ExtractorFacts

WORDLLAMA, MODEL2VEC, SENTENCES = "wordllama", "model2vec", "sentence-transformers"
VECTORS, VOCABULARY = "l2_supercat_256.safetensors", "l2_supercat_tokenizer_config.json"  # files of wordllama
DECIDING = (".json", ".model", ".safetensors", ".txt")  # endings of the files of a model that decide its features
OTHER_RUNTIMES = {"onnx", "openvino"}  # folders of a model that are for other runtimes
LONG = 2000  # number of characters from which on a text passes alone, since all texts of a batch are padded


@dataclass(frozen=True, eq=False)
class TextExtractor:
    """A pretrained model that turns each text into a vector; an empty text gives zeros."""

    facts: ExtractorFacts
    encode: Callable[[list[str]], NDArray[np.float32]]  # texts that are not empty -> (B, D)

    def extract(self, items: Sequence[str]) -> NDArray[np.float32]:
        """Return the features of texts, (B, D)."""
        features = np.zeros((len(items), self.facts.width), np.float32)
        filled = [place for place, text in enumerate(items) if text.strip()]
        batches = [[place for place in filled if len(items[place]) < LONG]]
        batches += [[place] for place in filled if len(items[place]) >= LONG]
        for places in filter(None, batches):
            features[places] = self.encode([items[place] for place in places])
        return features


def check_text_option(text: str) -> None:
    """Check the name of an extractor of texts, such as "model2vec:NAME".

    Raises:
        ValueError: It is none of the three kinds, or lacks the name of a model where it needs one.
    """
    kind, _, name = text.partition(":")
    if kind in {MODEL2VEC, SENTENCES} and not name:
        raise ValueError(f"{text!r} lacks the name of a model: write {kind}:NAME, a folder or a name of Hugging Face")
    if (kind not in {MODEL2VEC, SENTENCES} or not name) and text != WORDLLAMA:
        raise ValueError(
            f"there is no extractor of texts {text!r}: name {WORDLLAMA}, {MODEL2VEC}:NAME or {SENTENCES}:NAME"
        )


@lru_cache(maxsize=1)
def open_text_extractor(text: str) -> TextExtractor:
    """Load an extractor of texts with its weights from this machine; nothing is downloaded.

    text: "wordllama", "model2vec:NAME" or "sentence-transformers:NAME", where NAME is a folder, or a model that is in
    the cache of Hugging Face.

    Raises:
        ValueError: There is no such extractor, its package is missing, or its weights are not on this machine.
    """
    check_text_option(text)
    kind, _, name = text.partition(":")
    with importing_quietly():
        if kind == WORDLLAMA:
            return open_wordllama()
        import_package(kind)
        folder, revision = find_model(name)
        named = f"{kind}:{folder.resolve() if Path(name).is_dir() else name}"
        try:
            encode = open_model2vec(folder) if kind == MODEL2VEC else open_sentence_transformer(folder)
            width = encode(["a"]).shape[1]
        except Exception as error:  # whatever a library raises for a folder without its files
            raise ValueError(f"{folder} holds no model of {kind}: {' '.join(str(error).split())}") from error
        return TextExtractor(ExtractorFacts(named, width, hash_files(list_deciding(folder)), revision), encode)


def open_wordllama() -> TextExtractor:
    """Load the word vectors that the package wordllama brings.

    The package's own loading asks the network for the vocabulary, which it looks for in a folder of another name.

    Raises:
        ValueError: The package is missing, or lacks a file.
    """
    package = import_package(WORDLLAMA)
    folder = Path(package.__file__).parent
    weights, vocabulary = folder / "weights" / VECTORS, folder / "tokenizers" / VOCABULARY
    for file in (weights, vocabulary):
        if not file.is_file():
            raise ValueError(f"the package wordllama lacks {file}: {describe_installation('text')}")
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    model = import_module("wordllama.inference").WordLlamaInference(
        load_file(weights)["embedding.weight"], Tokenizer.from_file(str(vocabulary))
    )
    facts = ExtractorFacts(WORDLLAMA, model.embedding.shape[1], hash_files([weights, vocabulary]))
    return TextExtractor(facts, model.embed)


def open_model2vec(folder: Path) -> Callable[[list[str]], NDArray[np.float32]]:
    """Load the model of model2vec in a folder, and return what encodes texts."""
    model = import_package(MODEL2VEC).StaticModel.from_pretrained(folder)

    def encode(texts: list[str]) -> NDArray[np.float32]:
        """Return the mean word vector of each text, (B, D)."""
        features: NDArray[np.float32] = model.encode(texts, use_multiprocessing=False)
        return features

    return encode


def open_sentence_transformer(folder: Path) -> Callable[[list[str]], NDArray[np.float32]]:
    """Load the network of sentence-transformers in a folder on the processor, and return what encodes texts.

    Weights are read from safetensors files alone, and no code of the folder runs.
    """
    package = import_package(SENTENCES)
    model = package.SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True}
    )

    def encode(texts: list[str]) -> NDArray[np.float32]:
        """Return the embedding of each text, (B, D)."""
        features: NDArray[np.float32] = model.encode(texts, show_progress_bar=False)
        return features

    return encode


def import_package(name: str) -> Any:
    """Import the package of an extractor and return it.

    Raises:
        ValueError: It is not installed, or cannot be imported.
    """
    module = name.replace("-", "_")
    try:
        return import_module(module)
    except ImportError as error:
        if find_spec(module) is None:
            raise ValueError(f"features of {name} need its package: {describe_installation('text')}") from error
        reason = " ".join(str(error.__cause__ or error).split())
        raise ValueError(f"the package {name} cannot be imported: {reason}") from error


@contextmanager
def importing_quietly() -> Iterator[None]:
    """Silence the warnings of packages, and undo what wordllama changes of the logging of all packages."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)


def find_model(name: str) -> tuple[Path, str]:
    """Return the folder of a model and its revision in Hugging Face's collection, "" for a folder of one's own.

    name: A folder, or the name of a model that is in the cache of Hugging Face.

    Raises:
        ValueError: There is no such folder, and the cache does not have the model.
    """
    if Path(name).is_dir():
        return Path(name), ""
    import huggingface_hub

    try:
        folder = Path(huggingface_hub.snapshot_download(name, local_files_only=True))
    except (ValueError, OSError) as error:
        raise ValueError(
            f"there is no folder {name}, and the cache of Hugging Face has no such model: download it by "
            f"`hf download {name}`"
        ) from error
    return folder, folder.name


def list_deciding(folder: Path) -> list[Path]:
    """Return the files of a model that decide its features, in order: weights, configuration and vocabulary."""
    files = [file for file in folder.rglob("*") if file.suffix in DECIDING and file.is_file()]
    return sorted(file for file in files if OTHER_RUNTIMES.isdisjoint(file.relative_to(folder).parts))


def hash_files(files: Iterable[Path]) -> str:
    """Return the SHA-256 of the names and contents of files, in their order, in hexadecimal digits."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            digest.update(file.name.encode() + hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
