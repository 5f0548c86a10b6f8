"""What a column of text is worth: learned from by its words, by frozen features of wordllama, or left out.

    python -m benchmarks.text_columns --repetitions 5

Tables: made-up ones whose signal is one keyword in 70 % of the positives and 3 % of the others; the sentences of docs/,
of which those of one page are the rare class, at 3 %; and, where the 20 Newsgroups are on disk, messages of sci.med
among those of recreation, at 3 %. Beside the text each table has its number of words and of characters. The scores are
those of the better of LightGBM and logistic regression by its mean average precision. Intervals are Student's over the
tables of a kind.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

import imbaloss
from imbaloss.data.newsgroups import Newsgroups

DOCS = Path(__file__).parents[1] / "docs"
SHARE = 0.03  # of positives among sentences and messages
MOST = 3000  # number of rows, at most
METHODS = ("lightgbm", "logistic_regression")
SCORES = ("average_precision", "roc_auc")
WAYS = {"left out": {"drop": "text"}, "words": {}, "wordllama": {"text": "wordllama"}}


class Texts(NamedTuple):
    """A table of texts: its kind and name, the texts, and which are to be found."""

    kind: str
    name: str
    texts: list[str]
    labels: NDArray[np.int64]  # (N,), 0 or 1


def make_keyword_texts(seed: int, rows: int = 2000) -> Texts:
    """Make texts of 5 to 30 words, whose frequencies fall as those of a language; the keyword stands anywhere."""
    generator = np.random.default_rng(seed)
    weights = 1 / np.arange(1, 2001)
    words = np.array([f"word{place}" for place in range(2000)], dtype=object)
    labels = (generator.random(rows) < 0.05).astype(np.int64)
    texts = []
    for label in labels:
        text = generator.choice(words, generator.integers(5, 31), p=weights / weights.sum()).tolist()
        if generator.random() < (0.7 if label else 0.03):
            text.insert(generator.integers(len(text) + 1), "leaking")
        texts.append(" ".join(text))
    return Texts("keyword", f"seed {seed}", texts, labels)


def read_sentences(page: Path) -> set[str]:
    """Return the sentences of 4 to 80 words of a page, without its blocks of code."""
    text = re.sub(r"\s+", " ", re.sub(r"```.*?```", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL))
    return {each.strip() for each in re.split(r"(?<=[.!?]) ", text) if 4 <= len(each.split()) <= 80}


def make_rare(kind: str, name: str, positives: set[str], negatives: set[str]) -> Texts:
    """Return as many texts as the share of positives allows; texts of both classes count as positive."""
    generator, sought, others = np.random.default_rng(0), sorted(positives), sorted(negatives - positives)
    found = min(len(sought), int(SHARE * min(MOST, len(others) / (1 - SHARE))))
    rest = min(len(others), round(found * (1 - SHARE) / SHARE))
    chosen = [*generator.permutation(sought)[:found].tolist(), *generator.permutation(others)[:rest].tolist()]
    return Texts(kind, name, chosen, (np.arange(len(chosen)) < found).astype(np.int64))


def list_tables(tables: int, pages: int) -> Iterator[Texts]:
    """Yield the tables: made-up ones, pages of docs (the longest first), and a newsgroup where it is at hand."""
    yield from map(make_keyword_texts, range(10, 10 + tables))
    sentences = {page.stem: read_sentences(page) for page in sorted(DOCS.glob("*.md"))}
    for name in sorted(sentences, key=lambda name: -len(sentences[name]))[:pages]:
        others = {each for other, of_page in sentences.items() if other != name for each in of_page}
        yield make_rare("sentences of docs", name, sentences[name], others)
    try:
        messages = Newsgroups()
    except OSError:
        return
    sought, others = (set(messages.select_documents("train", name)) for name in ("sci.med", "recreation"))
    yield make_rare(
        "newsgroups", "sci.med", {text for text in sought if text.strip()}, {text for text in others if text.strip()}
    )


def score(table: Texts, repetitions: int, **options: str) -> dict[str, float]:
    """Compare both methods on a table, and return the mean scores of the better one."""
    frame = pd.DataFrame({
        "words": [len(text.split()) for text in table.texts],
        "characters": [len(text) for text in table.texts],
        "text": table.texts,
    })  # fmt: skip
    texts = () if "drop" in options else ("text",)
    answer = imbaloss.compare(
        frame, table.labels, methods=METHODS, repetitions=repetitions, importance=False, text_columns=texts, **options
    )
    means = answer.table.set_index("method")
    return {each: float(means.loc[means["average_precision"].idxmax(), each]) for each in SCORES}


def main() -> None:
    """Print the scores of each table, and what each way gains over leaving the text out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--tables", type=int, default=5, help="number of made-up tables")
    parser.add_argument("--pages", type=int, default=6)
    asked = parser.parse_args()
    lines = []
    for table in list_tables(asked.tables, asked.pages):
        of_ways = {way: score(table, asked.repetitions, **options) for way, options in WAYS.items()}
        print(f"{table.kind}, {table.name}: {len(table.texts)} rows, {table.labels.sum()} positives", flush=True)
        for way, scores in of_ways.items():
            print(f"  {way:10}", ", ".join(f"{name} {value:.3f}" for name, value in scores.items()), flush=True)
            lines.append({"kind": table.kind, "name": table.name, "way": way, **scores})
    frame = pd.DataFrame(lines).set_index(["kind", "way", "name"]).sort_index()
    for kind, of_kind in frame.groupby(level="kind"):
        for way in [*WAYS][1:]:
            gained = of_kind.loc[(kind, way)] - of_kind.loc[(kind, "left out")]
            for name in SCORES:
                half = stats.t.ppf(0.975, len(gained) - 1) * gained[name].std() / np.sqrt(len(gained))
                print(f"{kind}, {way}: {name} {gained[name].mean():+.3f} (± {half:.3f}, {len(gained)} tables)")


if __name__ == "__main__":
    main()
