"""Make a network of sentence-transformers with random weights; write its embeddings of texts, and our features."""

import sys
from pathlib import Path

import numpy as np

TEXTS = ["the parcel came late", "broken", "the parcel came", "late " * 900]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "parcel", "came", "late", "broken"]
SIZES = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}


def write(folder: Path) -> None:
    """Write embeddings.npy and features.npy into a folder, and the network beside them."""
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):  # a build for another PyTorch, which transformers imports and no text needs
        sys.modules["torchvision"] = None  # type: ignore[assignment]
    import sentence_transformers
    from sentence_transformers import models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    from imbaloss.features.texts import open_text_extractor, reopen_text_extractor

    inside, whole = folder / "bert", folder / "whole"
    inside.mkdir()
    (inside / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(str(inside / "vocab.txt")).save_pretrained(inside)
    BertModel(BertConfig(vocab_size=len(WORDS), max_position_embeddings=32, **SIZES)).save_pretrained(inside)
    transformer = models.Transformer(str(inside), max_seq_length=16)
    pooling = models.Pooling(transformer.get_word_embedding_dimension())
    sentence_transformers.SentenceTransformer(modules=[transformer, pooling], device="cpu").save(str(whole))
    own = sentence_transformers.SentenceTransformer(str(whole), device="cpu")
    np.save(folder / "embeddings.npy", np.vstack([own.encode(text) for text in TEXTS]))
    opened = open_text_extractor(f"sentence-transformers:{whole}")
    kept = reopen_text_extractor(opened.facts, opened.write_weights(folder / "kept"))  # a copy, as a model bundles it
    np.save(folder / "features.npy", kept.extract(TEXTS))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
