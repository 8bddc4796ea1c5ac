"""What every data set is, in plain words for the screen. It holds no data and knows no tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class About:
    """The words beside a data set: `source` is origin and licence, `suggests` are flat settings that show it well."""

    title: str
    description: str
    watch_for: str
    source: str
    suggests: Mapping[str, object] = field(default_factory=dict)


_BY_CODE = "Made by this program: nothing to license."

ABOUT = {
    "names": About(
        title="First names",
        description="Lists of first names from many languages, in plain lower-case letters, one a line.",
        watch_for="Lengths become sensible first: the model learns when to end a line. Then vowels and consonants take "
        "turns, then whole endings appear. The loss cannot reach zero, for nobody knows which name comes next.",
        source="Faker's name providers (MIT licence), read from the installed package.",
    ),
    "prose": About(
        title="English prose",
        description="The explanations of the language that come with Python itself: English sentences and some code.",
        watch_for="Spaces come first, then short words such as “the” and “is”, then the terms of the trade. "
        "Code keeps its indentation before it makes sense.",
        source="Python's own documentation (pydoc_data.topics, PSF licence), read from the installed Python.",
    ),
    "shakespeare": About(
        title="TinyShakespeare",
        description="40,000 lines from Shakespeare's plays: who speaks, a colon, and what they say.",
        watch_for="Line lengths and names in capitals come before any English word. Under 1.9 nats most words exist, "
        "and still nobody says anything.",
        source="Public-domain plays, collected in karpathy/char-rnn; downloaded only when asked.",
    ),
    "text": About(
        title="Your own text",
        description="The text that you pasted or uploaded. It stays on this server, with the run.",
        watch_for="When the validation loss turns up while the training loss still falls, the model has begun to learn "
        "your text by heart. The shorter the text, the sooner.",
        source="Yours: its rights stay where they were.",
    ),
    "copy": About(
        title="Copy",
        description="Random letters, an arrow, and the same letters again. Only the letters after the arrow count.",
        watch_for="Accuracy stays near guessing, then jumps: a head has found the letter a fixed distance back.",
        source=_BY_CODE,
    ),
    "reverse": About(
        title="Reverse",
        description="Random letters, an arrow, and the same letters backwards. Only the letters after the arrow count.",
        watch_for="The attention map draws the other diagonal: each answer looks one place further back than the last.",
        source=_BY_CODE,
    ),
    "sort": About(
        title="Sort",
        description="Random letters, an arrow, and the same letters in alphabetical order. Only the sorted ones count.",
        watch_for="The first and the last letter come easily. In the middle, attention must find the smallest letter "
        "that has not been written yet.",
        source=_BY_CODE,
    ),
    "add": About(
        title="Addition",
        description="Two numbers, digit by digit, and their sum written from its ones upward, as on paper. "
        "Only the digits of the sum count.",
        watch_for="The ones are learned first, for they need no carry. Every other digit waits for a carry.",
        source=_BY_CODE,
        suggests={"task_length": 3, "n_steps": 2000, "schedule": "constant"},
    ),
    "modular": About(
        title="Modular addition",
        description="Clock arithmetic: a and b, and what is left of a + b after dividing by the modulus. "
        "Part of the whole table is for learning, the rest asks whether the rule was understood.",
        watch_for="Grokking: the training part is known by heart after about a hundred steps, the rest is understood "
        "hundreds or thousands of steps later, quite suddenly. Without weight decay it is not.",
        source="Made by this program, after Power et al. (2022), Grokking.",
        suggests={
            "modulus": 31,
            "train_share": 0.5,
            "batch_size": "all",
            "n_layers": 1,
            "d_mlp": 128,
            "norm": "none",
            "init_scale": 0.125,  # 1/√d_model: without norms the default's 0.02 learns by another, slower way
            "weight_decay": 1.0,
            "schedule": "constant",
            "n_steps": 4000,
        },
    ),
    "brackets": About(
        title="Brackets",
        description="A row of round, square and curly brackets, some of them closed; the answer closes what is still "
        "open, the last opened first, and ends with a dot. Only the answer counts.",
        watch_for="Whether anything is open at all can be counted. Which kind comes next cannot: "
        "attention must skip every pair that is closed already.",
        source=_BY_CODE,
        suggests={"task_length": 10},
    ),
    "induction": About(
        title="Induction",
        description="Symbols in a random order that repeats after 6 to 20 of them: nothing else is to be known. "
        "Only repeated symbols count.",
        watch_for="With two layers the loss falls off a cliff: one head looks at the token before, another uses it to "
        "find what came next last time. With one layer there is no cliff.",
        source="Made by this program, after Olsson et al. (2022), In-context Learning and Induction Heads.",
        suggests={
            "block_size": 40,
            "has_mlp": False,
            "batch_size": 64,
            "learning_rate": 2e-3,
            "schedule": "constant",
            "n_steps": 500,
        },
    ),
}
