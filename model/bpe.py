"""Byte-pair encoding, learned one merge at a time, so that each step can be looked at. Torch-free; knows no run.

The rule (Sennrich et al. 2016, on bytes as in GPT-2): write the text as bytes of UTF-8; count which two tokens stand
side by side; give the most frequent pair a token of its own; put it in everywhere; begin again. Three details decide
which merges come out, and `tokenizers`, which the runs use, decides them in the same way:

- Tokens never reach over the border of a piece: a word with the space before it, a number, signs, a line end.
- Among equally frequent pairs the one whose left token has the smaller id wins, then whose right one has. Bytes have
  their value as id and merges count on from 256, so older tokens come first.
- A row of three equal tokens holds their pair twice, though only one of the two can be merged.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import pairwise

Pair = tuple[int, int]
Ranked = tuple[tuple[Pair, int], ...]  # pairs with their counts

N_BYTES = 256
LEAST_COUNT = 2  # a pair that stands once saves one token and costs one: learning ends
N_RANKED = 12  # pairs that a step keeps to be looked at
TIE_RULE = (
    "The most frequent pair wins. Of equally frequent pairs it is the one whose left token has the smaller id; if the "
    "left ones are the same, whose right one has. So bytes come before merged tokens, and older merges before newer."
)

LONGEST = 40  # characters of a piece: longer ones are cut, as a merge takes the longer the longer they are
_PIECE = re.compile(
    rf" ?[^\W\d_]{{1,{LONGEST}}}| ?\d{{1,{LONGEST}}}| ?(?:[^\w\s]|_){{1,{LONGEST}}}|\n"
    rf"|[^\S\n]{{1,{LONGEST}}}(?!\S)|[^\S\n]{{1,{LONGEST}}}"
)


def pieces(text: str) -> list[str]:
    """The text cut where no token may reach over: joined they are the text again. A line end is a piece of its own."""
    return _PIECE.findall(text)


def spelled(merges: Sequence[Pair]) -> list[bytes]:
    """The bytes of every token: the 256 single ones, then one token a merge."""
    table = [bytes([value]) for value in range(N_BYTES)]
    for left, right in merges:
        table.append(table[left] + table[right])
    return table


@dataclass(frozen=True)
class Merge:
    """One step: `pair` stood side by side `count` times and is now one token, whose id is `token`.

    `ranked` are the most frequent pairs before the step, the chosen one first; `n_tokens` is the text's length after.
    """

    pair: Pair
    token: int
    count: int
    ranked: Ranked
    n_tokens: int


class Learner:
    """A text on its way from bytes to tokens; `step` makes one merge."""

    def __init__(self, text: str) -> None:
        self.n_merges = 0
        self._times = Counter(piece.encode() for piece in pieces(text))  # equal pieces are worked on once
        self._words = {word: list(word) for word in self._times}
        self._counts: Counter[Pair] = Counter()
        self._holders: defaultdict[Pair, set[bytes]] = defaultdict(set)  # the words that a pair was ever seen in
        for word in self._words:
            self._count(word, 1)
        self.n_tokens = sum(len(word) * times for word, times in self._times.items())

    def ranked(self) -> Ranked:
        """The most frequent pairs, in the order in which the tie rule puts them."""
        return tuple(nsmallest(N_RANKED, self._counts.items(), key=lambda each: (-each[1], each[0])))

    def step(self) -> Merge | None:
        """Merge the most frequent pair; None when none stands twice."""
        ranked = self.ranked()
        if not ranked or ranked[0][1] < LEAST_COUNT:
            return None
        pair, count = ranked[0]
        token = N_BYTES + self.n_merges
        for word in self._holders.pop(pair):
            self._count(word, -1)
            n_before = len(self._words[word])
            self._words[word] = join(self._words[word], pair, token)
            self.n_tokens -= (n_before - len(self._words[word])) * self._times[word]
            self._count(word, 1)
        self.n_merges += 1
        return Merge(pair, token, count, ranked, self.n_tokens)

    def _count(self, word: bytes, sign: int) -> None:
        """Add a word's pairs to the counts, or take them away, as often as the text has the word."""
        for pair in pairwise(self._words[word]):
            self._counts[pair] += sign * self._times[word]
            if sign > 0:
                self._holders[pair].add(word)
            elif not self._counts[pair]:
                del self._counts[pair]


def join(tokens: Sequence[int], pair: Pair, token: int) -> list[int]:
    """The tokens with `token` in the place of every `pair`, from left to right."""
    joined: list[int] = []
    i = 0
    while i < len(tokens):
        is_pair = tuple(tokens[i : i + 2]) == pair
        joined.append(token if is_pair else tokens[i])
        i += 2 if is_pair else 1
    return joined


def borders(text: str, merges: Sequence[Pair]) -> list[int]:
    """For each byte of the text: the merge, counted from 1, that takes away the border before it; 0 where it stays.

    After k merges the tokens are what stands between borders of 0 or more than k, and the last merge inside a token
    tells its id: 255 + merge, or the byte itself.
    """
    rank = {pair: number for number, pair in enumerate(merges, 1)}
    known = {piece: _borders_within(piece.encode(), rank) for piece in set(pieces(text))}
    return [border for piece in pieces(text) for border in known[piece]]


def _borders_within(word: bytes, rank: dict[Pair, int]) -> list[int]:
    found = [0] * len(word)
    tokens = list(word)
    starts = list(range(len(word)))
    while True:
        number = min((rank[pair] for pair in pairwise(tokens) if pair in rank), default=0)
        if not number:
            return found
        kept = [0]  # places in `tokens` that stay
        for i in range(1, len(tokens)):
            if kept[-1] == i - 1 and rank.get((tokens[i - 1], tokens[i])) == number:
                found[starts[i]] = number
                tokens[i - 1] = N_BYTES + number - 1
            else:
                kept.append(i)
        tokens, starts = [tokens[i] for i in kept], [starts[i] for i in kept]
