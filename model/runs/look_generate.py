"""What the Generate page asks a run: the next token's logits, what each layer would have said, how surprised the model
is by a text, and how it continues a prompt by itself."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from model.fields import whole_number
from model.generate import continue_prompt
from model.lenses import logit_lens
from model.records import finite
from model.runs.job import Job
from model.runs.looked_at import Answer, model_of, row_of
from model.runs.wire import Arrays, Header
from model.sampling import Rule
from model.surprise import token_losses
from model.typed import read_whole

N_LIKELIEST = 8
MAX_WRITTEN = 32
MAX_READ = 2048


def next_token(job: Job, order: Header) -> Answer:
    """`logits` (V,) of the token after `tokens`, of which the model reads the last block_size; and what each of S
    stages says at each of T positions: `likeliest` and their `likeliest_probability` (S, T, K), and of the token that
    really follows `true_rank` (0 = likeliest) and `true_probability` (S, T − 1)."""
    model, at = model_of(job, order)
    window = _ids(job, order)[-model.config.block_size :]
    lens = logit_lens(model, torch.tensor(window))
    logits = lens.logits[-1, -1]
    if not logits.isfinite().all():
        raise ValueError("the model's logits are no longer finite numbers, so there is nothing to draw from")
    header: Header = {"at": at, "window": window, "remark": lens.remark}
    return header, {"logits": logits.numpy(), **_lens(lens.logits, window)}


def _lens(logits: Tensor, window: list[int]) -> Arrays:
    log_probs = logits.log_softmax(dim=-1)  # (S, T, V)
    best = log_probs.topk(min(N_LIKELIEST, logits.shape[-1]), dim=-1)  # (S, T, K)
    follows = torch.tensor(window[1:], dtype=torch.int64).expand(len(logits), -1)[..., None]  # (S, T - 1, 1)
    true = log_probs[:, :-1].gather(-1, follows)  # (S, T - 1, 1)
    ranks = (log_probs[:, :-1] > true).sum(dim=-1)  # (S, T - 1)
    return {
        "likeliest": best.indices.numpy().astype(np.int32), "likeliest_probability": best.values.exp().numpy(),
        "true_rank": ranks.numpy().astype(np.int32), "true_probability": true[..., 0].exp().numpy(),
    }  # fmt: skip


def surprise(job: Job, order: Header) -> Answer:
    """`losses` (N − 1,), −ln p in nats of every token but the first of `tokens`, or of what `text` spells; with `mean`,
    and beside it what guessing costs: among all symbols, and by how often each token occurs in the training part."""
    model, at = model_of(job, order)
    text: Any = order.get("text")
    if text is not None and not isinstance(text, str):
        raise ValueError("text must be a text")
    typed = None if text is None else read_whole(text.encode("utf-8", "replace").decode(), job.dataset, MAX_READ)
    tokens = np.array(_ids(job, order)[:MAX_READ] if typed is None else typed.tokens, np.int64)
    if len(tokens) < 2:
        raise ValueError("text must have at least two tokens, one to read and one to predict")
    losses = token_losses(model, tokens)
    by_frequency = -np.log(job.dataset.frequencies[tokens[1:]])
    mean = float(losses.mean(dtype=np.float64))
    header: Header = {
        "at": at, "tokens": tokens.tolist(), "remark": typed.remark if typed else "",
        "mean": finite(mean), "mean_by_frequency": float(by_frequency.mean()),
        "guess_count": job.dataset.guess_count,
    }  # fmt: skip
    return header, {"losses": losses, "by_frequency": by_frequency.astype(np.float32)}


def continuation(job: Job, order: Header) -> Answer:
    """The `tokens` that the model writes after the prompt `tokens` by itself, at most MAX_WRITTEN, with a `rule` and a
    `seed`: {"temperature", "top_k", "top_p"}."""
    model, at = model_of(job, order)
    rule = order.get("rule") or {}
    if not isinstance(rule, dict) or not rule.keys() <= {"temperature", "top_k", "top_p"}:
        raise ValueError("rule may have temperature, top_k and top_p")
    seed = whole_number("seed", order.get("seed", 0), 0, 2**32 - 1)
    n = whole_number("n", order.get("n", MAX_WRITTEN), 1, MAX_WRITTEN)
    stop = job.dataset.stop_token
    written = continue_prompt(model, _ids(job, order), n, Rule(**rule), stop_token=stop, seed=seed)
    return {"at": at, "tokens": written, "ended": written[-1] == stop}, {}


def _ids(job: Job, order: Header) -> list[int]:
    """The order's `tokens`, else the run's fixed held-out row; ValueError where they are none of this run's."""
    tokens: Any = order.get("tokens")
    if tokens is None:
        return row_of(job, order).tokens[0].tolist()  # type: ignore[no-any-return]
    size = job.trainer.config.model.vocab_size
    if not (isinstance(tokens, list) and tokens and all(type(each) is int and 0 <= each < size for each in tokens)):
        raise ValueError(f"tokens must be a list of ids below {size}, at least one")
    return tokens
