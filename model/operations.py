"""The vocabulary of a trace: for each kind of operation, how its output is made and which terms made one cell of it.

`replay` computes an operation again from its recorded inputs; `terms` takes one cell apart: the summands, and in each
the entries of the inputs that it multiplies. A kind is a pair of small functions, one for the whole tensor and one for
a cell, written apart so that each checks the other. NumPy only: it knows the records, no model and no torch.
"""

from collections.abc import Mapping

from model import curved_operations, linear_operations, norm_operations, update_operations
from model.operands import Floats, Index, Kind, Operands
from model.records import Array, Operation, Term

KINDS: dict[str, Kind] = {
    **linear_operations.KINDS,
    **curved_operations.KINDS,
    **norm_operations.KINDS,
    **update_operations.KINDS,
}


def replay(operation: Operation, tensors: Mapping[str, Array]) -> Floats:
    """The operation's output, computed in float64 from the arrays of its inputs by name."""
    return KINDS[operation.kind].replay(Operands(operation, tensors))


def terms(operation: Operation, tensors: Mapping[str, Array], index: Index) -> list[Term]:
    """What sums up to the output's entry at `index`, in the order of the formula; see `records.Term`."""
    return KINDS[operation.kind].terms(Operands(operation, tensors), index)
