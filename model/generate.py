"""Sampling: continue a prompt, one token after the other. Knows the model, not the text its tokens stand for."""

from collections.abc import Sequence

import torch
from torch import Tensor

from model.fields import shown
from model.sampling import Rule, draw, stages, uniform
from model.transformer import Transformer

COLDEST = 1e-30  # what float32 can divide by; the likeliest token is certain long before


@torch.no_grad()
def sample(
    model: Transformer,
    prompt: Sequence[int],
    n: int,
    max_tokens: int,
    *,
    temperature: float = 1.0,
    stop_token: int | None = None,
    seed: int = 0,
) -> list[list[int]]:
    """`n` continuations of `prompt`, each up to `max_tokens` tokens or the stop token, neither of prompt nor stop.

    The model sees the last block_size tokens. Temperature 0 always takes the most likely token. Draws come from a
    generator of their own, so sampling changes no run. ValueError when n, max_tokens, temperature or prompt is no use,
    and when the model's logits are not finite: there is nothing to draw from.
    """
    _check(prompt, n, max_tokens, temperature)
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.tensor([list(prompt)] * n)  # (n, T)
    has_stopped = torch.zeros(n, dtype=torch.bool)
    was_training = model.training
    model.eval()
    try:
        for _ in range(max_tokens):
            logits = model(tokens[:, -model.config.block_size :])[:, -1]  # (n, V)
            drawn = _draw(logits, temperature, generator)  # (n, 1)
            tokens = torch.cat((tokens, drawn), dim=1)  # (n, T + 1)
            has_stopped |= drawn[:, 0] == (-1 if stop_token is None else stop_token)
            if has_stopped.all():
                break
    finally:
        model.train(was_training)
    return [_until(stop_token, row) for row in tokens[:, len(prompt) :].tolist()]


@torch.no_grad()
def continue_prompt(
    model: Transformer,
    prompt: Sequence[int],
    max_tokens: int,
    rule: Rule,
    *,
    stop_token: int | None = None,
    seed: int = 0,
) -> list[int]:
    """Up to `max_tokens` tokens after `prompt`, the stop token among them if it came: token i is drawn by the stages of
    `model/sampling.py` with random number i of `seed`, as the Generate page draws it. ValueError as in `sample`.
    """
    _check(prompt, 1, max_tokens, 0)
    tokens = list(prompt)
    with model.watch(lambda name, value: value):  # step by step, as the page reads the logits
        for i in range(max_tokens):
            logits = model(torch.tensor([tokens[-model.config.block_size :]]))[0, -1]  # (V,)
            passed = stages(logits.numpy(), rule)
            tokens.append(draw(passed.top_p, passed.order, uniform(seed, i)))
            if tokens[-1] == stop_token:
                break
    return tokens[len(prompt) :]


def _draw(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Draw one token for each row of logits (n, V); returns (n, 1)."""
    if not logits.isfinite().all():
        raise ValueError("the model's logits are no longer finite numbers, so there is nothing to draw from")
    if temperature == 0:
        return logits.argmax(dim=-1, keepdim=True)
    below_best = logits - logits.amax(dim=-1, keepdim=True)  # at most 0, so that dividing overflows nothing
    return torch.multinomial((below_best / max(temperature, COLDEST)).softmax(dim=-1), 1, generator=generator)


def _until(stop_token: int | None, row: list[int]) -> list[int]:
    return row[: row.index(stop_token)] if stop_token in row else row


def _check(prompt: Sequence[int], n: int, max_tokens: int, temperature: float) -> None:
    if not prompt:
        raise ValueError("prompt must have at least one token; got none")
    if n < 1 or max_tokens < 1:
        raise ValueError(f"n and max_tokens must be at least 1; got n={n}, max_tokens={max_tokens}")
    if not 0 <= temperature <= 1000:
        raise ValueError(f"temperature must be between 0 and 1000; got {shown(temperature)}")
