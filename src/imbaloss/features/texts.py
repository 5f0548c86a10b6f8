"""Extractors of texts: word vectors of wordllama and model2vec, and networks of sentence-transformers."""

import errno
import hashlib
import logging
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from imbaloss.extras import describe_installation
from imbaloss.features.extractor import ExtractorFacts

WORDLLAMA, MODEL2VEC, SENTENCES = "wordllama", "model2vec", "sentence-transformers"
# the files of wordllama, in its package or in a model that keeps them
VECTORS, VOCABULARY = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
DECIDING = (".json", ".model", ".safetensors", ".txt")  # endings of the files of a model that decide its features
OTHER_RUNTIMES = {"onnx", "openvino"}  # folders of a model that are for other runtimes
LONG = 2000  # number of characters from which on a text passes alone, since all texts of a batch are padded

FileStates = tuple[tuple[Path, int, int], ...]  # files, each with its size and the time of its last change


@dataclass(frozen=True, eq=False)
class TextExtractor:
    """A pretrained model that turns each text into a vector; an empty text gives zeros."""

    facts: ExtractorFacts
    encode: Callable[[list[str]], NDArray[np.float32]]  # texts that are not empty -> (B, D)
    folder: Path  # that holds the model
    files: Sequence[Path]  # the files of the folder that decide the features
    noun: ClassVar[str] = "text"

    def extract(self, items: Sequence[str]) -> NDArray[np.float32]:
        """Return the features of texts, (B, D)."""
        features = np.zeros((len(items), self.facts.width), np.float32)
        filled = [place for place, text in enumerate(items) if text.strip()]
        batches = [[place for place in filled if len(items[place]) < LONG]]
        batches += [[place] for place in filled if len(items[place]) >= LONG]
        for places in filter(None, batches):
            features[places] = self.encode([items[place] for place in places])
        return features

    def write_weights(self, stem: Path) -> Path:
        """Copy the files that decide the features into a folder of their own, and return it. stem: the folder.

        Raises:
            OSError: A file cannot be read any more, or the folder cannot be written.
        """
        if stem.resolve() != self.folder.resolve():
            shutil.rmtree(stem, ignore_errors=True)
            for file in self.files:
                copy = stem / file.relative_to(self.folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
        return stem


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


def open_text_extractor(text: str, folder: Path | None = None) -> TextExtractor:
    """Load an extractor of texts with its weights from this machine; nothing is downloaded.

    The extractor that was opened last is kept, as long as its files do not change.

    Args:
        text: "wordllama", "model2vec:NAME" or "sentence-transformers:NAME", where NAME is a folder, or a model that is
            in the cache of Hugging Face.
        folder: A folder with the files of the model, which takes the place of the one that the text names; None for
            that one.

    Raises:
        ValueError: There is no such extractor, its package is missing, or its weights are not on this machine.
        OSError: A folder or a file does not exist or cannot be read.
    """
    check_text_option(text)
    kind, _, name = text.partition(":")
    with importing_quietly():
        package, revision = import_package(kind), ""
        if kind == WORDLLAMA:
            folder = folder or Path(package.__file__).parent
            files = [folder / VECTORS, folder / VOCABULARY]
        else:
            if folder is None:
                folder, revision = find_model(name)
                text = text if revision else f"{kind}:{folder.resolve()}"
            files = list_deciding(folder)
        states = tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
        return load_text_extractor(text, folder, revision, states)


def reopen_text_extractor(facts: ExtractorFacts, folder: Path | None = None) -> TextExtractor:
    """Load the extractor that has made features before.

    Args:
        facts: Its facts.
        folder: The folder of its files that a model keeps; None for the weights that its text names.

    Raises:
        ValueError: The extractor cannot be opened, or it has other weights now.
        OSError: A folder or a file does not exist or cannot be read.
    """
    extractor = open_text_extractor(facts.text, folder)
    extractor.facts.check_weights(facts, folder)
    return extractor


@lru_cache(maxsize=1)
def load_text_extractor(text: str, folder: Path, revision: str, states: FileStates) -> TextExtractor:
    """Load an extractor of texts, or return the last one if neither its text nor its files have changed.

    Args:
        text: Names the extractor, as in `open_text_extractor`.
        folder: The folder of the model.
        revision: That of the weights in the collection that they come from; empty if it is unknown.
        states: The files of the folder that decide the features.

    Raises:
        ValueError: The folder holds no such model.
    """
    kind, files = text.partition(":")[0], [file for file, _, _ in states]
    openers = {WORDLLAMA: open_wordllama, MODEL2VEC: open_model2vec, SENTENCES: open_sentence_transformer}
    try:
        encode = openers[kind](folder)
        width = encode(["a"]).shape[1]
    except Exception as error:  # whatever a library raises for a folder without its files
        raise ValueError(f"{folder} holds no model of {kind}: {' '.join(str(error).split())}") from error
    return TextExtractor(ExtractorFacts(text, width, hash_files(files), revision), encode, folder, files)


def open_wordllama(folder: Path) -> Callable[[list[str]], NDArray[np.float32]]:
    """Load the word vectors of wordllama from its package or a copy of their files, and return what encodes texts.

    The package's own loading asks the network for the vocabulary, which it looks for in a folder of another name.
    """
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    model = import_module("wordllama.inference").WordLlamaInference(
        load_file(folder / VECTORS)["embedding.weight"], Tokenizer.from_file(str(folder / VOCABULARY))
    )

    def encode(texts: list[str]) -> NDArray[np.float32]:
        """Return the mean word vector of each text, (B, D)."""
        features: NDArray[np.float32] = model.embed(texts)
        return features

    return encode


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
        FileNotFoundError: There is no folder of an absolute path.
    """
    if Path(name).is_dir():
        return Path(name), ""
    if Path(name).is_absolute():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", name)
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
