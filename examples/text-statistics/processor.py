"""What a text is like: how much there is, how varied it is, how hard to read."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from dataclasses import dataclass

from sandmill import Failure, Input, Skip, init, param, processor

# Letters and digits, with apostrophes and hyphens within.
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

# What ends a sentence: its marks, with the quotes and brackets that close after them, and then a space or the end.
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)")

_PARAGRAPH_END = re.compile(r"\n\s*\n")


@dataclass
class Statistics:
    characters: int
    words: int
    distinct: int
    once: int
    sentences: int
    paragraphs: int
    word_mean: float
    sentence_median: float
    sentence_max: int
    longest: str
    readability: float


def min_words() -> int:
    value = param("min-words", "1")
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise Failure(f"min-words is a whole number from 1 on, not {value!r}")
    return int(value)


@init
def check() -> None:
    min_words()


@processor(columns=Statistics)
def describe(input: Input) -> Statistics:
    try:
        text = input.text()
    except UnicodeDecodeError:
        raise Skip("not text") from None
    words = _WORD.findall(text)
    if len(words) < min_words():
        raise Skip(f"{len(words)} words")
    counts = Counter(word.casefold() for word in words)
    lengths = sentence_lengths(text)
    letters = sum(map(len, words))
    return Statistics(
        characters=len(text),
        words=len(words),
        distinct=len(counts),
        once=sum(count == 1 for count in counts.values()),
        sentences=len(lengths),
        paragraphs=sum(1 for paragraph in _PARAGRAPH_END.split(text) if _WORD.search(paragraph)),
        word_mean=round(letters / len(words), 2),
        sentence_median=float(statistics.median(lengths)),
        sentence_max=max(lengths),
        # Of those that are equally long, the first in the order of code points.
        longest=min(counts, key=lambda word: (-len(word), word)),
        readability=round(automated_readability(letters, len(words), len(lengths)), 1),
    )


def sentence_lengths(text: str) -> list[int]:
    """How many words each sentence has. A blank line ends one, too."""
    sentences = (
        sentence for paragraph in _PARAGRAPH_END.split(text) for sentence in _SENTENCE_END.split(paragraph)
    )
    return [length for length in (len(_WORD.findall(sentence)) for sentence in sentences) if length > 0]


def automated_readability(characters: int, words: int, sentences: int) -> float:
    """The automated readability index: about the year of school that reads it with ease."""
    return 4.71 * characters / words + 0.5 * words / sentences - 21.43
