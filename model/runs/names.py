"""Names that people can say, one for each run id. Knows nothing else."""

_COLOURS = (
    "amber", "azure", "black", "blue", "bronze", "brown", "copper", "coral", "crimson", "cyan", "gold", "green",
    "grey", "indigo", "ivory", "jade", "lilac", "lime", "maroon", "mint", "navy", "ochre", "olive", "orange",
    "pearl", "pink", "plum", "red", "rose", "ruby", "rust", "sand", "scarlet", "silver", "teal", "violet",
)  # fmt: skip
_ANIMALS = (
    "ant", "badger", "bat", "bear", "beaver", "bee", "bison", "cat", "crab", "crane", "crow", "deer", "dove", "duck",
    "eagle", "elk", "falcon", "finch", "fox", "frog", "gecko", "goose", "hare", "hawk", "heron", "horse", "ibis",
    "jay", "koala", "lark", "lion", "llama", "lynx", "mole", "moose", "mouse", "newt", "orca", "otter", "owl",
    "panda", "pony", "puffin", "quail", "rabbit", "raven", "robin", "salmon", "seal", "shark", "sheep", "shrew",
    "snail", "stork", "swan", "tiger", "toad", "trout", "tuna", "turtle", "viper", "whale", "wolf", "wren", "yak",
)  # fmt: skip


def name_of(run: str) -> str:
    """Return a name like amber-fox; the same id has always the same."""
    number = int(run, 16)
    return f"{_COLOURS[number % len(_COLOURS)]}-{_ANIMALS[number // len(_COLOURS) % len(_ANIMALS)]}"
