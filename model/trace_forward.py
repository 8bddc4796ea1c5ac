"""The forward pass and the loss, written down as operations: what the transformer does, in its own order.

Every tap of `model/transformer.py` is the output of one operation here, so this file reads beside that one. It computes
nothing. Letters of an index: t position (query), s key, c channel, h head, d channel of a head, m hidden unit, v token.
A matrix that serves several heads is one piece of memory seen as (h, d, c): splitting and merging heads moves nothing.
"""

from dataclasses import dataclass, field
from typing import Any

from model.config import ModelConfig
from model.records import Operation
from model.trace_names import in_code

NORM_EPS = 1e-5
ADDED = {"layernorm": ("gain", "bias"), "rmsnorm": ("gain",), "batchnorm": ("gain", "bias")}
NORM_CODE = {
    "layernorm": "F.layer_norm({x}, {x}.shape[-1:], {gain}, {bias}, eps)",
    "rmsnorm": "F.rms_norm({x}, {x}.shape[-1:], {gain}, eps)",
    "batchnorm": "F.batch_norm({x}, {running_mean}, {running_var}, {gain}, {bias}, training=False, eps=eps)",
}


@dataclass
class Plan:
    """Collects the operations of one forward pass over a sequence of `T` tokens."""

    config: ModelConfig
    T: int
    part: str = "forward"
    block: str = "embedding"
    operations: list[Operation] = field(default_factory=list)

    def add(self, name: str, kind: str, inputs: tuple[str, ...], code: str, **settings: Any) -> str:
        """Write down one operation; `code` is what stands right of the equals sign. Returns its name."""
        line = f"{in_code(name)} = {code}"
        self.operations.append(Operation(name, self.part, kind, inputs, settings, line, self.block))
        return name

    def gather(self, name: str, table: str, rows: str) -> str:
        """Row `rows[t]` of a table for every position t."""
        return self.add(name, "gather", (table, rows), f"F.embedding({rows}, {in_code(table)})")

    def einsum(
        self, name: str, inputs: tuple[str, ...], subscripts: str, code: str, scale: float = 1.0, bias: str = ""
    ) -> str:
        """Products summed over the letters that the output does not have, times `scale`; `bias` letters of what is
        added, which is then the last input."""
        sizes = {letter: self.sizes[letter] for letter in sorted(set(subscripts) & self.sizes.keys())}
        shape = [sizes[letter] for letter in subscripts.partition("->")[2]]
        settings = {"subscripts": subscripts, "sizes": sizes, "scale": scale, "bias": bias, "shape": shape}
        return self.add(name, "einsum", inputs, code, **settings)

    def linear(self, name: str, x: str, weight: str, subscripts: str, bias: str, shaping: tuple[str, str]) -> str:
        """A matrix for every position, and its bias where the model has one; `shaping` is code around x and result."""
        bias_name = weight.replace(".w_", ".b_")
        inputs = (x, weight, bias_name) if self.config.has_bias and bias else (x, weight)
        arguments = ", ".join([in_code(x) + shaping[0], *map(in_code, inputs[1:])])
        bias = bias if len(inputs) == 3 else ""
        return self.einsum(name, inputs, subscripts, f"F.linear({arguments}){shaping[1]}", bias=bias)

    def elementwise(self, name: str, function: str, inputs: tuple[str, ...], code: str) -> str:
        """Each entry from the entries at the same place."""
        return self.add(name, "elementwise", inputs, code, function=function)

    def norm(self, name: str, x: str, kind: str, has_gain: bool) -> str:
        """`x` normalised over its last axis. BatchNorm reads its running statistics: constants, whatever x holds."""
        roles = ["x"]
        if has_gain:
            roles += [role for role in ADDED[kind] if role == "gain" or self.config.has_bias]
        if kind == "batchnorm":
            roles += ["running_mean", "running_var"]
        inputs = (x, *(f"{name}.{role}" for role in roles[1:]))
        code = NORM_CODE[kind].format(
            **({"gain": None, "bias": None} | {r: in_code(i) for r, i in zip(roles, inputs, strict=True)})
        )
        return self.add(name, "normalise", inputs, code, norm=kind, eps=NORM_EPS, roles=roles)

    def model_norm(self, name: str, x: str) -> str:
        """The model's own norm, if it has one."""
        kind = self.config.norm
        return x if kind == "none" else self.norm(name, x, kind, self.config.norm_gain)

    @property
    def sizes(self) -> dict[str, int]:
        """How far each letter of an index counts."""
        config = self.config
        return {
            "t": self.T, "s": self.T, "c": config.d_model, "h": config.n_heads, "d": config.d_head, "m": config.d_mlp,
            "v": config.vocab_size,
        }  # fmt: skip


def forward_operations(config: ModelConfig, T: int, n_counted: float) -> list[Operation]:
    """The operations of a forward pass over `T` tokens, then of its loss, whose weights sum to `n_counted`."""
    plan = Plan(config, T)
    x = _embed(plan)
    for i in range(config.n_layers):
        plan.block = f"blocks.{i}"
        x = _block(plan, x)
    plan.block = "unembedding"
    if config.norm_final:
        x = plan.model_norm("norm_final", x)
    table = "tok_emb.table" if config.tied_embeddings else "unembed"
    plan.linear("logits", x, table, "tc,vc->tv", "", ("", ""))
    _loss(plan, n_counted)
    return plan.operations


def _embed(plan: Plan) -> str:
    config = plan.config
    x = plan.gather("tok_emb", "tok_emb.table", "tokens")
    if config.positions in ("learned", "sinusoidal"):
        table = "pos_emb.table" if config.positions == "learned" else "sinusoids"
        pos_emb = plan.gather("pos_emb", table, "positions")
        x = plan.elementwise("embedded", "add", (x, pos_emb), "tok_emb + pos_emb")
    return plan.model_norm("norm_emb", x) if config.norm_embedding else x


def _block(plan: Plan, x: str) -> str:
    config, path = plan.config, plan.block
    is_pre = config.norm_placement == "pre"
    x = plan.elementwise(f"{path}.resid_pre", "identity", (x,), in_code(x))
    read = plan.model_norm(f"{path}.norm1", x) if is_pre else x
    attn_out = _attention(plan, read)
    x = _join(plan, f"{path}.resid_mid" if config.has_mlp else f"{path}.resid_post", x, attn_out)
    x = x if is_pre else plan.model_norm(f"{path}.norm1", x)
    if not config.has_mlp:
        return x
    read = plan.model_norm(f"{path}.norm2", x) if is_pre else x
    mlp_out = _mlp(plan, read)
    x = _join(plan, f"{path}.resid_post", x, mlp_out)
    return x if is_pre else plan.model_norm(f"{path}.norm2", x)


def _join(plan: Plan, name: str, x: str, out: str) -> str:
    if not plan.config.has_residual:
        return plan.elementwise(name, "identity", (out,), in_code(out))
    return plan.elementwise(name, "add", (x, out), f"{in_code(x)} + {in_code(out)}")


def _attention(plan: Plan, x: str) -> str:
    config, path = plan.config, f"{plan.block}.attn"
    split = ("", ".view(T, n_heads, d_head).transpose(0, 1)")
    q, k, v = (plan.linear(f"{path}.{a}", x, f"{path}.w_{a}", "tc,hdc->htd", "hd", split) for a in "qkv")
    if config.qk_norm:
        kind = "layernorm" if config.norm == "layernorm" else "rmsnorm"
        q, k = (plan.norm(f"{path}.{a}_norm", x, kind, has_gain=False) for a, x in (("q", q), ("k", k)))
    if config.positions == "rope":
        q, k = (_turned(plan, f"{path}.{a}_rot", x) for a, x in (("q", q), ("k", k)))

    # ALiBi is added to the scores as a bias is to a linear map: a constant for each head, query and key.
    is_alibi = config.positions == "alibi"
    inputs, bias = ((q, k, "alibi"), "hts") if is_alibi else ((q, k), "")
    code = f"{in_code(q)} @ {in_code(k)}.mT / math.sqrt(d_head)" + " + alibi" * is_alibi
    scores = plan.einsum(f"{path}.scores", inputs, "htd,hsd->hts", code, scale=config.d_head**-0.5, bias=bias)
    masked = f"{path}.masked_scores"
    plan.add(masked, "mask", (scores,), "scores.masked_fill(keys > queries, -math.inf)", fill="-inf")
    pattern = plan.add(f"{path}.pattern", "softmax", (masked,), "masked_scores.softmax(dim=-1)")
    z = plan.einsum(f"{path}.z", (pattern, v), "hts,hsd->htd", "pattern @ v")
    merged = (".transpose(0, 1).flatten(1)", "")
    return plan.linear(f"{plan.block}.attn_out", z, f"{path}.w_o", "htd,chd->tc", "c", merged)


def _turned(plan: Plan, name: str, x: str) -> str:
    code = f"{in_code(x)} * rope_cos + {in_code(x)}.roll(d_head // 2, -1) * rope_sin"
    return plan.add(name, "rotate", (x, "rope.cos", "rope.sin"), code, direction=1)


def _mlp(plan: Plan, x: str) -> str:
    function, path = plan.config.activation, plan.block
    pre = plan.linear(f"{path}.mlp_pre", x, f"{path}.mlp.w_in", "tc,mc->tm", "m", ("", ""))
    inputs: tuple[str, ...] = (pre,)
    if function == "swiglu":
        gate = plan.linear(f"{path}.mlp_gate", x, f"{path}.mlp.w_gate", "tc,mc->tm", "m", ("", ""))
        inputs = (gate, pre)
    post = plan.elementwise(f"{path}.mlp_post", function, inputs, ACTIVATION_CODE[function])
    return plan.linear(f"{path}.mlp_out", post, f"{path}.mlp.w_out", "tm,cm->tc", "c", ("", ""))


ACTIVATION_CODE = {
    "identity": "mlp_pre",
    "relu": "F.relu(mlp_pre)",
    "relu2": "F.relu(mlp_pre).square()",
    "gelu": "F.gelu(mlp_pre)",
    "silu": "F.silu(mlp_pre)",
    "tanh": "torch.tanh(mlp_pre)",
    "swiglu": "F.silu(mlp_gate) * mlp_pre",
}


def _loss(plan: Plan, n_counted: float) -> None:
    plan.part = plan.block = "loss"
    code = 'F.cross_entropy(logits, targets, reduction="none")'
    plan.add("token_loss", "cross_entropy", ("logits", "targets"), code)
    code = "(token_loss * weights).sum() / weights.sum()"
    plan.einsum("loss", ("token_loss", "weights"), "t,t->", code, scale=1 / n_counted)
