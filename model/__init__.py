"""The numbers: the transformer, its training and everything computed from them. Knows no screen."""
