"""A text that a visitor typed, as the model can read it: its tokens, and one sentence on what had to be left out.

It knows the data set's tokenizer and how its rows begin and end; no model, no screen. Torch-free.
"""

from dataclasses import dataclass

from model.datasets import Dataset

MOST_BYTES_A_TOKEN = 4  # UTF-8's longest character: more text than this cannot be needed to fill the context


@dataclass(frozen=True)
class Typed:
    """Tokens to read, the last of them only to be predicted. None: the run's own example is read. `remark` says what
    was cut, or ""."""

    tokens: tuple[int, ...] | None
    remark: str = ""


def example(dataset: Dataset) -> str:
    """What stands for an empty text: a line of the data, or "" where only whole exercises make sense."""
    return "" if dataset.is_task else dataset.examples[-1]


def read_typed(text: str, dataset: Dataset, block_size: int) -> Typed:
    """The tokens of `text`, between the line ends that a name has in the data, cut to block_size + 1.

    ValueError, one sentence, for what the vocabulary does not know and for too little to predict anything.
    """
    is_typed, text = bool(text.strip()), text.strip() or example(dataset)
    if not text:
        return Typed(None)
    room = (block_size + 1) * max(map(len, dataset.tokenizer.vocab)) * MOST_BYTES_A_TOKEN
    own = dataset.tokenizer.encode(text[:room])
    ends = [dataset.stop_token] if dataset.stop_token is not None and not dataset.is_task else []
    tokens = [*ends, *own, *ends]
    if len(tokens) < 2:
        raise ValueError("text must have at least two tokens, one to read and one to predict; got one")
    is_cut = is_typed and (len(tokens) > block_size + 1 or len(text) > room)
    remark = _cut(dataset, own[block_size + 1 - len(ends) :], block_size) if is_cut else ""
    return Typed(tuple(tokens[: block_size + 1]), remark)


def read_prompt(text: str, dataset: Dataset, block_size: int) -> Typed:
    """The tokens to continue: `text` behind the line end that a name has in the data, the last block_size of them.
    An empty text is the data set's own start. ValueError, one sentence, for what the vocabulary does not know.
    """
    if not text.strip():
        return Typed(dataset.start)
    room = block_size * max(map(len, dataset.tokenizer.vocab)) * MOST_BYTES_A_TOKEN
    begin = dataset.start if dataset.stop_token is not None and not dataset.is_task else ()
    _, space, whole = text[-room:].partition(" ")  # where the text is cut, no symbol is cut in two
    tokens = (*begin, *dataset.tokenizer.encode(whole if space and len(text) > room else text[-room:]))
    is_cut = len(tokens) > block_size or len(text) > room
    remark = f"The model reads {block_size} tokens at once: of this prompt it sees the last {block_size}."
    return Typed(tokens[-block_size:], remark if is_cut else "")


def read_whole(text: str, dataset: Dataset, most: int) -> Typed:
    """The tokens of a text of any length, between the line ends that a name has in the data, cut to `most` of them.

    ValueError, one sentence, for what the vocabulary does not know and for too little to predict anything.
    """
    ends = (dataset.stop_token,) if dataset.stop_token is not None and not dataset.is_task else ()
    room = most * max(map(len, dataset.tokenizer.vocab)) * MOST_BYTES_A_TOKEN
    whole, space, _ = text[:room].rpartition(" ")  # where the text is cut, no symbol is cut in two
    beginning = whole if space and len(text) > room else text[:room]
    tokens = (*ends, *dataset.tokenizer.encode(beginning.strip("\n")), *ends)
    if len(tokens) < 2 or not text.strip():
        raise ValueError("text must have at least two tokens, one to read and one to predict")
    is_cut = len(tokens) > most or len(text) > room
    return Typed(tokens[:most], f"Only the first {most:,} tokens are shown." if is_cut else "")


def _cut(dataset: Dataset, lost: list[int], block_size: int) -> str:
    """Which tokens did not fit; of a long text the first few."""
    if not lost:
        return f"The model reads {block_size} tokens at once: the end of the line did not fit."
    shown = "".join(dataset.tokenizer.labels(lost[:12])) + ("…" if len(lost) > 12 else "")
    return f"The model reads {block_size} tokens at once: what begins with “{shown}” did not fit."
