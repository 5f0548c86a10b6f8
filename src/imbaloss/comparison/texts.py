"""Free text: how a column of it is recognised, and whether its words are divided by spaces."""

import re
from collections.abc import Iterable, Sequence

WORDS, CHARACTERS = "word", "char"  # what terms consist of
TERMS = {WORDS: "words and pairs of words", CHARACTERS: "pieces of one to three characters"}  # the terms, in words
LOOKED_AT = 10_000  # number of texts that are looked at, evenly spaced
FEWEST_WORDS = 4  # number of words that at least half of the texts of a column of free text have
FEWEST_LETTERS = 15  # the same number of letters, where spaces do not divide words
MOSTLY = 0.5  # share of letters of scripts without spaces from which on terms consist of characters
SHARE_OF_WORDS = 0.6  # share of the parts between spaces that are words; others are numbers, codes and addresses
SHARE_OF_LOWER = 0.3  # share of words that begin in lower case; names begin with capitals
SHARE_OF_COMMON = 0.3  # share of words that other texts have too
NO_WORD = re.compile(r"[\d_@/\\:=<>#&.]")  # a part between spaces with such a character is a number, code or address
MARKS = ".,;:!?()[]{}\"'*-\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u2026\u00bf\u00a1"  # around a word
UNSPACED = re.compile(  # letters of scripts that do not divide words by spaces
    "[\u0900-\u0dff"  # Indic scripts, whose vowel signs end a word for scikit-learn
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # Han
)


def choose_unit(texts: Sequence[str]) -> str:
    """Return what the terms of texts consist of: "char" if most letters are of scripts without spaces, else "word"."""
    looked_at = "".join(look_at(texts))
    letters = sum(map(str.isalpha, looked_at))
    return CHARACTERS if len(UNSPACED.findall(looked_at)) > MOSTLY * letters else WORDS


def divide_words(text: str) -> str:
    """Return a text in lower case, with spaces around each letter of a script that does not divide words by them."""
    return UNSPACED.sub(r" \g<0> ", text.lower())


def look_at(texts: Sequence[str]) -> Sequence[str]:
    """Return at most 10,000 of the texts, evenly spaced."""
    return texts[:: -(-len(texts) // LOOKED_AT)] if texts else texts


def is_free_text(texts: Sequence[str]) -> bool:
    """Say whether the different texts of a column are free text, and not names, addresses, codes or paths.

    At least half of them have four words, most parts between spaces are words, some words begin in lower case, and some
    are in several texts. Where words are not divided by spaces, at least half have 15 letters.
    """
    looked_at = look_at(texts)
    if not looked_at:
        return False
    if choose_unit(looked_at) == CHARACTERS:
        long = sum(len(UNSPACED.findall(text)) >= FEWEST_LETTERS for text in looked_at)
        return 2 * long >= len(looked_at)
    parts_of = [[part for part in (each.strip(MARKS) for each in text.split()) if part] for text in looked_at]
    words_of = [[part for part in parts if part[0].isalpha() and not NO_WORD.search(part)] for parts in parts_of]
    words = [word for words in words_of for word in words]
    if 2 * sum(len(words) >= FEWEST_WORDS for words in words_of) < len(looked_at):
        return False
    if len(words) < SHARE_OF_WORDS * sum(map(len, parts_of)):
        return False
    cased = [word for word in words if word[0].lower() != word[0].upper()]
    if sum(map(str.islower, (word[0] for word in cased))) < SHARE_OF_LOWER * len(cased):
        return False
    common = find_common(words_of)
    return sum(word.lower() in common for word in words) >= SHARE_OF_COMMON * len(words)


def find_common(words_of: Iterable[Iterable[str]]) -> set[str]:
    """Return the words that at least two of the texts have, in lower case. words_of: the words of each text."""
    seen: set[str] = set()
    common: set[str] = set()
    for words in words_of:
        different = {word.lower() for word in words}
        common |= different & seen
        seen |= different
    return common
