"""What the Tokens page shows of a text on which byte pairs are learned: every merge, for a browser to walk through.

Torch-free; it knows no screen. A text is cut to MOST_BYTES and learning ends after MOST_MERGES, half a second at most.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from model.bpe import Learner, Merge, Pair, borders
from model.bpe_tokenizer import BpeTokenizer
from model.visible import visible

MOST_BYTES = 20_000
MOST_MERGES = 500
MOST_SHOWN = 160  # characters of the text that is shown in three ways
EXAMPLE = """\
A writer writes. While the writer is writing, the reader is waiting; when the writer has written, the reader reads
what is written. A good writer keeps writing: what was written badly can be written again, and writing again is what
makes a writer. So the writer went on writing, and the readers went on reading what the writer had written.
"""
EXAMPLE_SHOWN = "A writer was writing what is written."


def cut_to_bytes(text: str, most: int = MOST_BYTES) -> str:
    """The beginning of a text that is at most so many bytes of UTF-8 long, in whole characters."""
    beginning = text[:most]
    sizes = accumulate(len(character.encode()) for character in beginning)
    return beginning[: sum(size <= most for size in sizes)]


def learned_record(text: str) -> dict[str, Any]:
    """Learn merges from a text, cut where it is too long.

    `text`; `characters`, its sorted characters; `borders` as `model.bpe.borders` gives them; of every merge `pairs`
    [left, right], `counts`, and `lengths`: the text's tokens before the first and after each; `ranked`: for each of
    these moments the most frequent pairs [left, right, count]; `labels` of all tokens.
    """
    text = cut_to_bytes(text)
    learner = Learner(text)
    lengths, ranked = [learner.n_tokens], [_flat(learner)]
    merges: list[Merge] = []
    while len(merges) < MOST_MERGES and (merge := learner.step()) is not None:
        merges.append(merge)
        lengths.append(merge.n_tokens)
        ranked.append(_flat(learner))
    pairs = [merge.pair for merge in merges]
    tokenizer = BpeTokenizer(pairs)
    return {
        "text": text, "characters": sorted(set(text)), "borders": borders(text, pairs), "pairs": pairs,
        "counts": [merge.count for merge in merges], "lengths": lengths, "ranked": ranked,
        "labels": tokenizer.labels(range(len(tokenizer.vocab))),
    }  # fmt: skip


def _flat(learner: Learner) -> list[list[int]]:
    return [[*pair, count] for pair, count in learner.ranked()]


def shown_record(text: str, pairs: list[Pair]) -> dict[str, Any]:
    """A text, cut to MOST_SHOWN characters, its characters made visible, and the borders between its bytes.

    It may be another text than the one that the pairs were learned from.
    """
    text = text[:MOST_SHOWN]
    return {"text": text, "characters": [visible(each) for each in text], "borders": borders(text, pairs)}
