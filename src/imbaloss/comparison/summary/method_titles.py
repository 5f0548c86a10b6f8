"""Methods named in words, beside the text that commands take."""

from imbaloss.data import NO_SAMPLER
from imbaloss.learners import Method


def name_in_words(method: Method) -> str:
    """Name a method in words, such as "Boosted trees of LightGBM" or "Network with cross-entropy".

    A sampler follows after a plus. A method without a name in words, such as a class of Python, has its text.
    """
    title = method.learner.describe(method.loss).title
    if not title or "." in title.split()[0]:
        return str(method)
    if method.learner.is_network:
        is_word = title[1:2].islower()
        title = f"network with {title[0].lower() if is_word else title[0]}{title[1:]}"
    sampler = "" if method.sampler == NO_SAMPLER else f" + {method.sampler}"
    return f"{capitalize(title)}{sampler}"


def capitalize(text: str) -> str:
    """Return a text with a capital first letter; the others are unchanged."""
    return f"{text[0].upper()}{text[1:]}"
