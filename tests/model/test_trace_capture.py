"""What is read from autograd's graph: who reads what, what each reader contributes, and in which order torch works."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from model import trace_capture
from model.trace_capture import Edges, capture
from model.trace_forward import forward_operations


def captured(case):
    return capture(case.model, *(torch.from_numpy(row[0]) for row in vars(case.batch).values()))


def test_the_plan_says_what_autograds_graph_says(iteration):
    seen = captured(iteration)
    plan = forward_operations(iteration.config.model, 6, 6.0)
    reads = {(name, operation.name) for operation in plan for name in operation.inputs if name in seen.gradients}
    assert reads == {(name, reader) for name, readers in seen.readers.items() for reader in readers}


def test_what_the_readers_of_a_value_contribute_sums_to_its_gradient(iteration):
    seen = captured(iteration)
    shared = {name: readers for name, readers in seen.readers.items() if len(readers) > 1}
    assert set(seen.branches) == {(name, reader) for name, readers in shared.items() for reader in readers}
    for name, readers in shared.items():
        total = sum(seen.branches[name, reader] for reader in readers)
        torch.testing.assert_close(total, seen.gradients[name], rtol=1e-5, atol=1e-7)


def test_autograd_undoes_the_operations_in_reverse(iteration, monkeypatch):
    order = []

    class Heard(Edges):
        def __init__(self, named):
            super().__init__(named)
            for node, name in self.inner.items():
                node.register_hook(lambda *_, name=name: order.append(name))

    monkeypatch.setattr(trace_capture, "Edges", Heard)
    seen = captured(iteration)
    forward = [name for name in seen.values if name in seen.gradients]
    assert list(dict.fromkeys(name for name in order if name in seen.values)) == forward[::-1]


def test_nothing_is_left_behind(traced):
    case = traced(norm="rmsnorm")
    captured(case)
    assert not any(module._forward_pre_hooks for module in case.model.modules())

    class Refuse(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            assert "view_as" not in str(func)
            return func(*args, **(kwargs or {}))

    with Refuse(), torch.no_grad():
        case.model(torch.zeros(1, 3, dtype=torch.int64))
