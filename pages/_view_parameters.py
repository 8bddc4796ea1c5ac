"""The query parameters in which the pages' pictures keep what they show: read in the browser, no run's settings."""

_OF_STEP = {"op", "cell", "head", "view"}
_OF_ATTENTION = {"layer", "head", "pair", "at", "off", "patch", "other"}
_OF_EMBEDDINGS = {"table", "projection", "axes", "colour", "token", "at", "held", "perplexity"}
_OF_GRAPH = {"node", "open", "rows", "at", "fused"}
_OF_GENERATE = {"temperature", "top_k", "top_p", "draws"}
_OF_SCALAR = {"vars", "depth", "terms", "weight", "fresh"}
_OF_TOKENS = {"merges", "piece"}
OF_VIEWS = {*_OF_STEP, *_OF_ATTENTION, *_OF_EMBEDDINGS, *_OF_GRAPH, *_OF_GENERATE, *_OF_SCALAR, *_OF_TOKENS}
