"""The Generate page's component: a prompt, continued token by token. The browser computes every stage.

The wrapper hands over the prompt and the words of the vocabulary; the numbers come through `viz/routes/ask.py`.
"""

from collections.abc import Sequence

from viz.components.mounting import addresses, component


def generate_view(
    key: str,
    run: str,
    prompt: Sequence[int],
    vocabulary: Sequence[str],
    block_size: int,
    stop_token: int | None,
    answer_length: int,
    joiner: str = "",
    problem: str = "",
    remark: str = "",
) -> None:
    """The whole page. `prompt` are the token ids to continue, `answer_length` the most tokens an answer has (0: no
    task), `joiner` what stands between two tokens; `problem` is one sentence on why a text cannot be read, `remark`
    one on what the model does not see of it."""
    component("generate")(key=key, data={
        **addresses("generate/generate.js", run), "prompt": list(prompt), "vocabulary": list(vocabulary),
        "block_size": block_size, "stop_token": stop_token, "answer_length": answer_length,
        "joiner": joiner, "problem": problem, "remark": remark,
    })  # fmt: skip
