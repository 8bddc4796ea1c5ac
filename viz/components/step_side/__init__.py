"""Beside the stepper: what the model makes of the text, and trying things on a what-if fork. Mounted by the stepper."""
