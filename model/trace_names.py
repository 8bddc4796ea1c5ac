"""Names of a trace's tensors: what their axes mean, which block they belong to, and how a line of code calls them."""

from functools import lru_cache

TABLES = {"tok_emb": "tok_emb.table", "pos_emb": "pos_emb.table"}  # parameters that share their name with a tap
OWNED = ("table", "gain", "bias", "running_mean", "running_var", "cos", "sin")  # mean nothing without their owner

_HEADS = ("head", "position", "channel")
_SCORES = ("head", "query", "key")
_HIDDEN = ("position", "hidden")
_AXES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("q", "k", "v", "q_norm", "k_norm", "q_rot", "k_rot", "z"), _HEADS),
    **dict.fromkeys(("scores", "masked_scores", "pattern", "alibi"), _SCORES),
    **dict.fromkeys(("mlp_pre", "mlp_gate", "mlp_post"), _HIDDEN),
    **dict.fromkeys(("tokens", "targets", "positions", "weights", "token_loss"), ("position",)),
    **dict.fromkeys(("w_q", "w_k", "w_v", "w_o"), ("channel", "channel")),
    **dict.fromkeys(("w_in", "w_gate"), ("hidden", "channel")),
    **dict.fromkeys(("b_in", "b_gate"), ("hidden",)),
    **dict.fromkeys(("b_q", "b_k", "b_v", "b_o", "b_out"), ("channel",)),
    **dict.fromkeys(("gain", "bias", "running_mean", "running_var"), ("channel",)),
    **dict.fromkeys(("tok_emb.table", "unembed"), ("vocab", "channel")),
    **dict.fromkeys(("loss", "grad_norm", "learning_rate", "learning_rate_rest"), ()),
    "w_out": ("channel", "hidden"),
    "logits": ("position", "vocab"),
}


def last(name: str) -> str:
    """`blocks.0.attn.q` → `q`."""
    return name.rpartition(".")[2]


def traced(parameter: str) -> str:
    """A parameter's name in a trace."""
    return TABLES.get(parameter, parameter)


def plain(name: str) -> str:
    """The value or parameter that a gradient, a state or an update belongs to: `grad:loss` → `loss`."""
    return name.rpartition(":")[2].partition("<-")[0]


def axes_of(name: str) -> tuple[str, ...]:
    """What the axes of a tensor mean; what belongs to it (gradient, state, update) has the same ones."""
    own = plain(name)
    return _AXES.get(own) or _AXES.get(last(own), ("position", "channel"))


def block_of(parameter: str) -> str:
    """The part of the model that a parameter belongs to."""
    if parameter.startswith("blocks."):
        return ".".join(parameter.split(".")[:2])
    return "unembedding" if parameter.startswith(("norm_final", "unembed")) else "embedding"


@lru_cache(4096)  # a run's names are the same in every trace
def in_code(name: str) -> str:
    """The variable that holds a tensor in a line of code: `grad:blocks.0.norm1<-q` → `grad_norm1_from_q`."""
    prefix, _, path = name.rpartition(":")
    path, _, reader = path.partition("<-")
    parts = path.split(".")
    own = "_".join(parts[-2:] if parts[-1] in OWNED else parts[-1:])
    return (f"{prefix}_" if prefix else "") + own + (f"_from_{reader}" if reader else "")
