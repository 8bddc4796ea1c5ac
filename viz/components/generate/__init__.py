"""The Generate page's component: a prompt, continued token by token. The browser computes every stage.

The wrapper hands over the prompt and the words of the vocabulary; the numbers come through `viz/routes/ask.py`.
"""

from model.datasets import Dataset
from viz.components.asked import Asked
from viz.components.mounting import addresses, component


def generate_view(key: str, run: str, asked: Asked, dataset: Dataset, block_size: int) -> None:
    """The whole page. `asked`: the tokens to continue (None: what an answer of this data set starts with)."""
    tokenizer = dataset.tokenizer
    component("generate")(key=key, data={
        **addresses("generate/generate.js", run), "prompt": asked.tokens or list(dataset.start),
        "vocabulary": tokenizer.labels(range(dataset.vocab_size)), "block_size": block_size,
        "stop_token": dataset.stop_token, "answer_length": dataset.answer_length,
        "joiner": " " if tokenizer.kind == "symbol" else "", "problem": asked.problem, "remark": asked.remark,
    })  # fmt: skip
