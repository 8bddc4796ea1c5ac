"""Nothing is skipped: every computing aten operation of a traced iteration belongs to one operation of the trace.

Not computing are views (the same numbers, seen with another shape), allocation (numbers that depend on nothing) and
copies (the same numbers elsewhere). Backward, one call of torch may give several gradients of one forward operation
(of a norm: of x, gain and bias), so what a call belongs to there is the backward of one forward operation. In the
update one call makes several tensors of every parameter (fused AdamW: m, v, the new weight): MAKES says which.
"""

from collections import Counter

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from model import trace_capture
from model.trace_capture import Captured, Edges, capture
from model.trace_update import trace_update

VIEWS = {
    "view", "_unsafe_view", "_reshape_alias", "reshape", "transpose", "t", "permute", "expand", "slice", "select",
    "squeeze", "unsqueeze", "detach", "alias", "as_strided", "unbind", "split", "mT", "unfold",
}  # fmt: skip
ALLOCATION = {
    "empty",
    "empty_like",
    "empty_strided",
    "zeros",
    "zeros_like",
    "new_zeros",
    "new_empty",
    "new_empty_strided",
}
COPIES = {"set_", "clone", "copy_", "_to_copy", "stack", "cat", "lift_fresh", "_local_scalar_dense", "zero_"}
MARKS = {"_record_function_enter_new", "_record_function_exit"}  # for the profiler
NOT_COMPUTING = VIEWS | ALLOCATION | COPIES | MARKS


class Log(TorchDispatchMode):
    """Writes down every computing aten operation, with the node of autograd's graph that asked for it."""

    def __init__(self):
        super().__init__()
        self.events = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.__name__.partition(".")[0]
        if name not in NOT_COMPUTING:
            self.events.append(("aten", name, torch._C._current_autograd_node()))
        return func(*args, **(kwargs or {}))


def logged_capture(case, monkeypatch):
    """What happened in a capture, in order: aten operations, taps, nodes that were done. And the graph, cut up."""
    log, edges = Log(), []

    class Heard(Captured):
        def tap(self, name, value):
            value = super().tap(name, value)
            log.events.append(("tap", name, None))
            return value

    class Cut(Edges):
        def __init__(self, named):
            super().__init__(named)
            edges.append(self)
            for node in self.inner:
                node.register_hook(lambda *_, node=node: log.events.append(("done", "", node)))

    monkeypatch.setattr(trace_capture, "Captured", Heard)
    monkeypatch.setattr(trace_capture, "Edges", Cut)
    tokens, targets, weights = (torch.from_numpy(row[0]) for row in vars(case.batch).values())
    with log:
        capture(case.model, tokens, targets, weights)
    return log.events, edges[0]


def forward_owners(events):
    """The operation that each computing aten operation before the backward pass belongs to: that of the next tap."""
    owners, waiting = Counter(), 0
    for what, name, node in events:
        if what == "tap":
            owners[name] += waiting
            waiting = 0
        elif what == "aten" and node is None:
            waiting += 1
    return owners, waiting


def test_what_is_computed_forward_belongs_to_the_operation_of_the_next_tap(iteration, monkeypatch):
    owners, after_the_loss = forward_owners(logged_capture(iteration, monkeypatch)[0])
    operations = [o for o in iteration.trace.operations if o.part in ("forward", "loss")]
    assert list(owners) == [operation.name for operation in operations]
    assert after_the_loss == 1  # the 1 that grad:loss starts with
    for operation in operations:
        passes_on = operation.settings.get("function") == "identity" or operation.name == "pos_emb"
        assert (owners[operation.name] == 0) == passes_on, operation.name


def backward_owners(events, edges):
    """How many computing aten operations the backward of each forward operation made, and how many additions the
    gradient of each value: once a node is done, the engine adds what it gave to what earlier nodes gave."""
    values = {node: name for name, node in edges.nodes.items()}
    owners, sums, done, arrived, waiting = Counter(), Counter(), set(), set(), []
    for what, name, node in events:
        if what == "done":
            done.add(node)
            targets = [source for source, _ in node.next_functions if source is not None]
            waiting = [source for i, source in enumerate(targets) if source in arrived or source in targets[:i]]
            arrived.update(targets)
        elif what == "aten" and node is not None and node in done:
            assert name in ("add", "add_")
            target = waiting.pop(0)
            sums[values.get(target, "")] += 1  # "": inside one operation
        elif what == "aten" and node is not None:
            owners[edges.inner[node]] += 1
    return owners, sums


def test_what_is_computed_backward_belongs_to_one_operation(iteration, monkeypatch):
    events, edges = logged_capture(iteration, monkeypatch)
    owners, sums = backward_owners(events, edges)
    backward = [o for o in iteration.trace.operations if o.part == "backward"]
    undone = {o.forward for o in backward}
    assert set(owners) <= undone
    joins = [o for o in backward if o.kind == "elementwise" and o.settings["function"] == "add"]
    n_branches = {join.name.removeprefix("grad:"): len(join.inputs) for join in joins}
    assert [name for name, n in n_branches.items() if sums[name] < n - 1] == []
    # RoPE reads a value twice, RMSNorm too: they add up inside their own backward.
    twice = {i for o in iteration.trace.operations if o.kind in ("rotate", "normalise") for i in o.inputs} | {""}
    assert set(sums) - set(n_branches) <= twice


# What each call of an update serves: the tensors of the trace that come of it, for every parameter.
MAKES = {
    "linalg_vector_norm": {"grad_norm", "orthogonal"},  # of all gradients; of a matrix before Newton–Schulz
    "mul_": {"clip", "new"},  # clipping; decay of the weight itself
    "add_": {"m", "v", "new"},  # decay added to the gradient that all of these read; Muon's step
    "_foreach_add_": {"m", "v", "new"},  # counts the updates; RMSProp's ε
    "_fused_sgd_": {"m", "new"},
    "_fused_adam_": {"m", "v", "new"},
    "_fused_adamw_": {"m", "v", "new"},
    "_foreach_mul_": {"v", "new"},  # RMSProp's mean; Muon's decay
    "_foreach_addcmul_": {"v"},
    "_foreach_sqrt": {"new"},
    "_foreach_addcdiv_": {"new"},
    "_foreach_lerp_": {"m"},
    "_foreach_lerp": {"ahead"},
    "clamp": {"orthogonal"},
    "div": {"orthogonal"},
    "bmm": {"orthogonal"},
    "baddbmm": {"orthogonal"},
}


def test_what_the_update_computes_makes_recorded_tensors(iteration):
    case, log = iteration, Log()
    parameters = [name for name, tensor in case.trace.tensors.items() if tensor.role == "parameter"]
    gradients = {name: torch.from_numpy(case.arrays[f"grad:{name}"].copy()) for name in parameters}
    with log:
        operations, _ = trace_update(case.model, gradients, case.config.train, case.memory, 3)
    called, made = {name for _, name, _ in log.events}, {operation.name.partition(":")[0] for operation in operations}
    assert [name for name in called if not MAKES[name] & made] == []
    served = {symbol for name in called for symbol in MAKES[name]}
    assert made - served <= {"learning_rate", "learning_rate_rest", "clip"}  # a number of Python; nothing to clip
