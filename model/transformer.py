"""The transformer: tokens in, for every position the logits of the next token out.

Reads top to bottom: a tap, attention, the MLP, a block of the two, and the model that stacks blocks. Lines that change
a shape end with the new one: B sequences of T tokens, C = d_model channels, H heads of D = d_head channels, V tokens
known. It does not know the loss, the optimizer or the data; parts that can be swapped live beside it (`positions.py`,
`norms.py`, `activations.py`, `initialisation.py`).

The structure follows GPT-2 as told by Karpathy's nanoGPT; the names of the values follow TransformerLens.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.activations import ACTIVATIONS
from model.config import ModelConfig
from model.initialisation import initialise
from model.norms import NORMS, LayerNorm, RMSNorm
from model.positions import Rope, alibi_bias, sinusoids

# Every value worth looking at passes through a tap under its name. A listener sees it there and hands back the value to
# go on with: the same one, or another, to try what would happen. A tap nobody listens to is this function.
Tap = Callable[[str, Tensor], Tensor]


def untapped(name: str, value: Tensor) -> Tensor:
    """Let `value` pass."""
    return value


def under(prefix: str, tap: Tap) -> Tap:
    """A tap that puts `prefix` before every name."""
    if tap is untapped:
        return untapped
    return lambda name, value: tap(f"{prefix}.{name}", value)


def matrix(n_outputs: int, n_inputs: int) -> nn.Parameter:
    """A weight matrix, stored as torch stores it: one row per output. Filled by `initialise`."""
    return nn.Parameter(torch.zeros(n_outputs, n_inputs))


def bias(n_outputs: int, config: ModelConfig) -> nn.Parameter | None:
    """What a linear map adds to its product, or None where the configuration leaves biases out."""
    return nn.Parameter(torch.zeros(n_outputs)) if config.has_bias else None


class Attention(nn.Module):
    """Causal self-attention: every position looks at itself and those before it, and takes over what it finds useful.

    Each head asks with a query, offers a key, and passes on a value. How well a query matches a key decides how much of
    that key's value is taken.
    """

    future: Tensor
    score_bias: Tensor | None
    fused_bias: Tensor | None

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        C, T, D = config.d_model, config.block_size, config.d_head
        self.n_heads, self.d_head = config.n_heads, D
        self.w_q, self.b_q = matrix(C, C), bias(C, config)
        self.w_k, self.b_k = matrix(C, C), bias(C, config)
        self.w_v, self.b_v = matrix(C, C), bias(C, config)
        self.w_o, self.b_o = matrix(C, C), bias(C, config)
        self.qk_norm = self._make_qk_norm(config) if config.qk_norm else None
        self.rope = Rope(T, D) if config.positions == "rope" else None

        # The mask forbids looking ahead: without it the model would read the answer instead of learning to predict it.
        future = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)  # (T_query, T_key)
        score_bias = alibi_bias(config.n_heads, T) if config.positions == "alibi" else None  # (H, T_query, T_key)
        fused_bias = None if score_bias is None else score_bias.masked_fill(future, -math.inf)
        self.register_buffer("future", future, persistent=False)
        self.register_buffer("score_bias", score_bias, persistent=False)
        self.register_buffer("fused_bias", fused_bias, persistent=False)

    @staticmethod
    def _make_qk_norm(config: ModelConfig) -> LayerNorm | RMSNorm:
        """The model's own norm over the channels of a head, without gain; RMSNorm where that is no such norm."""
        kind = LayerNorm if config.norm == "layernorm" else RMSNorm
        return kind(config.d_head, has_gain=False, has_bias=False)

    def forward(self, x: Tensor, tap: Tap, step_by_step: bool) -> Tensor:
        """x (B, T, C) → (B, T, C)."""
        q = tap("attn.q", self._split_heads(F.linear(x, self.w_q, self.b_q)))  # (B, H, T, D)
        k = tap("attn.k", self._split_heads(F.linear(x, self.w_k, self.b_k)))  # (B, H, T, D)
        v = tap("attn.v", self._split_heads(F.linear(x, self.w_v, self.b_v)))  # (B, H, T, D)
        if self.qk_norm is not None:  # queries and keys of one length: only their angle counts, so scores stay small
            q, k = tap("attn.q_norm", self.qk_norm(q)), tap("attn.k_norm", self.qk_norm(k))
        if self.rope is not None:
            q, k = tap("attn.q_rot", self.rope(q)), tap("attn.k_rot", self.rope(k))

        z = self._attend_step_by_step(q, k, v, tap) if step_by_step else self._attend_fused(q, k, v)
        z = tap("attn.z", z)  # (B, H, T, D)
        # The heads write side by side; the last matrix mixes what they found back into the residual stream.
        return F.linear(z.transpose(1, 2).flatten(2), self.w_o, self.b_o)  # (B, T, C)

    def _split_heads(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.n_heads, self.d_head).transpose(1, 2)  # (B, H, T, D)

    def _attend_step_by_step(self, q: Tensor, k: Tensor, v: Tensor, tap: Tap) -> Tensor:
        """Attention as the textbook writes it, every value on the way a tensor of its own. (B, H, T, D)."""
        T = q.shape[-2]
        # A sum of D products grows like √D; divided by it, scores start at a size where softmax still listens to all.
        scores = q @ k.mT / math.sqrt(self.d_head)  # (B, H, T_query, T_key)
        if self.score_bias is not None:
            scores = scores + self.score_bias[:, :T, :T]
        scores = tap("attn.scores", scores)
        masked_scores = tap("attn.masked_scores", scores.masked_fill(self.future[:T, :T], -math.inf))
        pattern = tap("attn.pattern", masked_scores.softmax(dim=-1))  # shares of attention: each row sums to 1
        return pattern @ v  # (B, H, T, D)

    def _attend_fused(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """The same in one kernel of torch, which never stores the scores. (B, H, T, D)."""
        T = q.shape[-2]
        if self.fused_bias is not None:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=self.fused_bias[:, :T, :T])
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class MLP(nn.Module):
    """Two matrices with a bend between them, at each position alone: thinks about what attention has gathered."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.w_in, self.b_in = matrix(config.d_mlp, config.d_model), bias(config.d_mlp, config)
        self.w_out, self.b_out = matrix(config.d_model, config.d_mlp), bias(config.d_model, config)
        self.activation = ACTIVATIONS[config.activation]

    def forward(self, x: Tensor, tap: Tap) -> Tensor:
        """x (B, T, C) → (B, T, C)."""
        mlp_pre = tap("mlp_pre", F.linear(x, self.w_in, self.b_in))  # (B, T, d_mlp)
        mlp_post = tap("mlp_post", self.activation(mlp_pre))
        return F.linear(mlp_post, self.w_out, self.b_out)  # (B, T, C)


class SwigluMLP(nn.Module):
    """An MLP whose hidden units are each opened or closed by a gate that the input computes too (Shazeer, 2020)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.w_in, self.b_in = matrix(config.d_mlp, config.d_model), bias(config.d_mlp, config)
        self.w_gate, self.b_gate = matrix(config.d_mlp, config.d_model), bias(config.d_mlp, config)
        self.w_out, self.b_out = matrix(config.d_model, config.d_mlp), bias(config.d_model, config)

    def forward(self, x: Tensor, tap: Tap) -> Tensor:
        """x (B, T, C) → (B, T, C)."""
        mlp_pre = tap("mlp_pre", F.linear(x, self.w_in, self.b_in))  # (B, T, d_mlp)
        mlp_gate = tap("mlp_gate", F.linear(x, self.w_gate, self.b_gate))  # (B, T, d_mlp)
        mlp_post = tap("mlp_post", F.silu(mlp_gate) * mlp_pre)
        return F.linear(mlp_post, self.w_out, self.b_out)  # (B, T, C)


def make_norm(config: ModelConfig) -> nn.Module:
    """A norm over the residual stream's channels; the configuration must have one."""
    return NORMS[config.norm](config.d_model, config.norm_gain, config.has_bias)


class Block(nn.Module):
    """Attention, then the MLP: each reads the residual stream and adds what it found to it.

    Because both only add, whatever the stream carries passes through unless it is changed on purpose, and gradients
    pass back the same way. `pre` normalises what a part reads (GPT-2), `post` the sum (Vaswani et al., 2017).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.has_residual = config.has_residual
        self.norm_placement = config.norm_placement if config.norm != "none" else ""
        self.attn = Attention(config)
        self.mlp = (SwigluMLP if config.activation == "swiglu" else MLP)(config) if config.has_mlp else None
        if config.norm != "none":
            self.norm1 = make_norm(config)
            self.norm2 = make_norm(config) if config.has_mlp else None

    def forward(self, x: Tensor, tap: Tap, step_by_step: bool) -> Tensor:
        """x (B, T, C) → (B, T, C)."""
        x = tap("resid_pre", x)
        attn_out = tap("attn_out", self.attn(self._normed("pre", "norm1", x, tap), tap, step_by_step))
        x = tap("resid_post" if self.mlp is None else "resid_mid", self._joined(x, attn_out))
        x = self._normed("post", "norm1", x, tap)
        if self.mlp is None:
            return x

        mlp_out = tap("mlp_out", self.mlp(self._normed("pre", "norm2", x, tap), tap))
        x = tap("resid_post", self._joined(x, mlp_out))
        return self._normed("post", "norm2", x, tap)

    def _joined(self, x: Tensor, out: Tensor) -> Tensor:
        return x + out if self.has_residual else out

    def _normed(self, placement: str, name: str, x: Tensor, tap: Tap) -> Tensor:
        """x through the norm called `name`, if this is the placement the configuration chose."""
        return tap(name, getattr(self, name)(x)) if placement == self.norm_placement else x


class Transformer(nn.Module):
    """The whole model. Equal configuration and seed give equal weights; all randomness is in its making.

    `model(tokens)` trains fast, through torch's fused attention. `with model.watch(listener): model(tokens)` goes step
    by step and shows the listener every value on the way; `model(tokens, step_by_step=True)` takes that path unwatched.
    """

    sinusoids: Tensor | None

    def __init__(self, config: ModelConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self._tap: Tap = untapped
        self._is_watched_fused = False
        V, T, C = config.vocab_size, config.block_size, config.d_model
        self.tok_emb = matrix(V, C)
        self.pos_emb = matrix(T, C) if config.positions == "learned" else None
        table = sinusoids(T, C) if config.positions == "sinusoidal" else None
        self.register_buffer("sinusoids", table, persistent=False)
        has_norm = config.norm != "none"
        self.norm_emb = make_norm(config) if has_norm and config.norm_embedding else None
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm_final = make_norm(config) if has_norm and config.norm_final else None
        self.unembed = None if config.tied_embeddings else matrix(V, C)
        initialise(self, config, seed)

    def forward(self, tokens: Tensor, step_by_step: bool = False) -> Tensor:
        """tokens (B, T) int64 → logits (B, T, V). ValueError when T is longer than block_size."""
        tap, T = self._tap, tokens.shape[1]
        if self.config.block_size < T:
            raise ValueError(f"tokens must be at most block_size={self.config.block_size} long; got {T}")
        step_by_step = step_by_step or (tap is not untapped and not self._is_watched_fused)

        # A token enters as its row of a learned table, knowing nothing of its neighbours; the blocks tell it of them.
        x = tap("tok_emb", F.embedding(tokens, self.tok_emb))  # (B, T, C)
        table = self.pos_emb if self.pos_emb is not None else self.sinusoids
        if table is not None:
            x = tap(
                "embedded", x + tap("pos_emb", table[:T])
            )  # the same vectors in every sequence: (T, C) onto (B, T, C)
        if self.norm_emb is not None:
            x = tap("norm_emb", self.norm_emb(x))
        for i, block in enumerate(self.blocks):
            x = block(x, under(f"blocks.{i}", tap), step_by_step)
        if self.norm_final is not None:
            x = tap("norm_final", self.norm_final(x))
        # Tied: a token's logit is how well the stream matches that token's own embedding.
        return tap("logits", F.linear(x, self.tok_emb if self.unembed is None else self.unembed))  # (B, T, V)

    @contextmanager
    def watch(self, listener: Tap, step_by_step: bool = True) -> Iterator[None]:
        """Call listener(name, value) → value for every value of a forward pass inside this context; without
        `step_by_step` torch's fused attention runs, which shows no scores and no pattern.

        What the listener returns takes the value's place. Values keep their autograd history. Looking is not training:
        meanwhile the model is in `eval()`, so BatchNorm reads its running averages and does not move them.
        """
        before, was_training = self._tap, self.training
        self._tap, self._is_watched_fused = listener, not step_by_step
        self.eval()
        try:
            yield
        finally:
            self._tap, self._is_watched_fused = before, False
            self.train(was_training)

    def tap_names(self) -> list[str]:
        """The names of all values a listener sees, in the order of the forward pass."""
        names: list[str] = []

        def note(name: str, value: Tensor) -> Tensor:
            names.append(name)
            return value

        with torch.no_grad(), self.watch(note):
            self(self.tok_emb.new_zeros(1, 1, dtype=torch.int64))
        return names
