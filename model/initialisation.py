"""The numbers a model starts from.

Every parameter has a generator of its own, seeded by the run's seed and the parameter's name. So two models that differ
in one part start with equal numbers everywhere else, and a comparison of the two compares the part.
"""

import math
import zlib
from collections.abc import Callable

import torch
from torch import Tensor, nn

from model.config import ModelConfig

Draw = Callable[[str, Tensor, ModelConfig, torch.Generator], None]


def draw_normal(name: str, weight: Tensor, config: ModelConfig, generator: torch.Generator) -> None:
    """Normal with standard deviation `init_scale`."""
    nn.init.normal_(weight, std=config.init_scale, generator=generator)


def draw_gpt2(name: str, weight: Tensor, config: ModelConfig, generator: torch.Generator) -> None:
    """GPT-2: as normal, but what writes into the residual stream starts smaller: 2 · n_layers writes add up."""
    writes = name.endswith(("attn.w_o", "mlp.w_out"))
    std = config.init_scale / math.sqrt(2 * config.n_layers) if writes else config.init_scale
    nn.init.normal_(weight, std=std, generator=generator)


def draw_xavier(name: str, weight: Tensor, config: ModelConfig, generator: torch.Generator) -> None:
    """Glorot & Bengio, 2010: uniform, so wide that signals keep their size forward and backward."""
    nn.init.xavier_uniform_(weight, gain=config.init_scale, generator=generator)


def draw_torch(name: str, weight: Tensor, config: ModelConfig, generator: torch.Generator) -> None:
    """torch's defaults: embeddings are standard normal, linear maps and their biases uniform within 1/√inputs."""
    # A tied table is also the last linear map; standard normal, it would start with a loss far above guessing.
    if name in ("tok_emb", "pos_emb") and not (name == "tok_emb" and config.tied_embeddings):
        nn.init.normal_(weight, std=config.init_scale, generator=generator)
    else:
        n_inputs = config.d_mlp if name.endswith(("mlp.w_out", "mlp.b_out")) else config.d_model
        bound = config.init_scale / math.sqrt(n_inputs)
        nn.init.uniform_(weight, -bound, bound, generator=generator)


DRAWS: dict[str, Draw] = {"normal": draw_normal, "gpt2": draw_gpt2, "xavier": draw_xavier, "torch": draw_torch}


@torch.no_grad()
def initialise(model: nn.Module, config: ModelConfig, seed: int) -> None:
    """Draw every matrix of `model` by the scheme `config.init`; gains stay 1, and biases 0 but in torch's scheme."""
    for name, parameter in model.named_parameters():
        is_drawn = parameter.dim() == 2 or (config.init == "torch" and ".b_" in name)
        if is_drawn:
            generator = torch.Generator().manual_seed(zlib.crc32(f"{seed}/{name}".encode()))
            DRAWS[config.init](name, parameter, config, generator)
        if config.zero_init_output and name.endswith(("attn.w_o", "mlp.w_out")):
            nn.init.zeros_(parameter)
