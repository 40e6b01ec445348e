"""Finding a command by a few of its letters, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def score(letters: str, words: str) -> int | None:
    """How well `letters` fit `words`; None if they are not in it in their order. More is better.

    What counts is letters side by side, and letters at the beginnings of words.
    """
    wanted, text = letters.casefold().replace(" ", ""), words.casefold()
    best: int | None = None
    if not wanted:
        return 0
    for start, letter in enumerate(text):
        if letter == wanted[0]:
            found = _from(wanted, text, start)
            if found is not None and (best is None or found > best):
                best = found
    return best


def _from(wanted: str, text: str, start: int) -> int | None:
    total, place, last = 0, start, -2
    for letter in wanted:
        place = text.find(letter, place)
        if place < 0:
            return None
        at_word = place == 0 or not text[place - 1].isalnum()
        total += (3 if at_word else 0) + (4 if place == last + 1 else 0) - min(place - max(last, 0), 8) // 4
        last = place
        place += 1
    return total


def best_first(letters: str, things: Iterable[T], words: Callable[[T], str]) -> list[T]:
    """Return the things whose words fit, the best first; equal ones as they came."""
    found = [(points, thing) for thing in things if (points := score(letters, words(thing))) is not None]
    found.sort(key=lambda pair: -pair[0])
    return [thing for _, thing in found]
