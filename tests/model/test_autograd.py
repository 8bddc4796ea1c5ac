"""The graph behind the loss: it is torch's own, for every option and preset."""

import networkx as nx
import numpy as np
import pytest
import torch
from torch.autograd.profiler import profile

from model.autograd import iterate
from model.autograd_views import flows, folds, paths, short_name
from model.config import PRESETS
from model.derivatives import RULES
from model.measure import batch_loss
from model.records import Batch
from model.transformer import Transformer


@pytest.fixture
def graph(iteration):
    return iterate(iteration.model, iteration.batch)


def parameters(graph):
    return {data["parameter"]: data for _, data in graph.nodes(data=True) if data["parameter"]}


def untraced_gradients(model, batch, step_by_step=True):
    copy = Transformer(model.config)
    copy.load_state_dict(model.state_dict())
    batch_loss(copy.eval()(torch.from_numpy(batch.tokens), step_by_step=step_by_step), batch).backward()
    return {name: parameter.grad for name, parameter in copy.named_parameters()}


def test_gradients_at_the_leaves_are_those_of_an_untraced_iteration(iteration, graph):
    wanted = untraced_gradients(iteration.model, iteration.batch)
    found = {name: data["gradient"] for name, data in parameters(graph).items()}
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_so_are_those_of_fused_attention(iteration):
    found = parameters(iterate(iteration.model, iteration.batch, is_fused=True))
    wanted = untraced_gradients(iteration.model, iteration.batch, step_by_step=False)
    assert all(torch.equal(found[name]["gradient"], wanted[name]) for name in wanted)


def test_the_engine_ran_the_nodes_in_the_order_that_its_profiler_saw(iteration):
    with profile() as seen:
        graph = iterate(iteration.model, iteration.batch)
    events = sorted(seen.function_events, key=lambda event: event.time_range.start)
    ran = [event.name.removeprefix("autograd::engine::evaluate_function: ") for event in events
           if event.name.startswith("autograd::engine::evaluate_function: ")]  # fmt: skip
    in_order = sorted(graph.nodes(data=True), key=lambda node: node[1]["order"])
    assert [data["operation"] for _, data in in_order] == ran


def test_what_readers_contribute_sums_to_a_values_gradient(graph):
    for source, data in graph.nodes(data=True):
        contributions = [edge["gradient"] for _, _, edge in graph.out_edges(source, data=True)]
        if contributions:
            torch.testing.assert_close(sum(contributions), data["gradient"], rtol=1e-5, atol=1e-7)


def test_values_are_those_that_pass_the_taps(iteration, graph):
    values = {tap: data["value"] for _, data in graph.nodes(data=True) for tap in data["taps"]}
    assert {"logits", "loss", "token_loss"} <= values.keys()
    for name in values.keys() & iteration.arrays.keys():
        shown = iteration.arrays[name]
        np.testing.assert_array_equal(values[name].numpy().reshape(shown.shape), shown)


def test_looking_leaves_the_model_as_it_is(iteration):
    before = {name: value.clone() for name, value in iteration.model.state_dict().items()}
    iterate(iteration.model, Batch(*(np.repeat(row, 2, 0) for row in vars(iteration.batch).values())))
    assert all(torch.equal(before[name], value) for name, value in iteration.model.state_dict().items())
    assert all(parameter.grad is None for parameter in iteration.model.parameters())
    assert not iteration.model.training


def operations(graph):
    """The graph of operations: every node in the one that it is folded into."""
    stands_for = folds(graph)
    found = nx.DiGraph()
    found.add_nodes_from(stands_for.values())
    ends = [(stands_for[source], stands_for[reader]) for source, reader in graph.edges]
    found.add_edges_from((one, other) for one, other in ends if one != other)
    return found, stands_for


def test_operations_are_those_of_the_textbook(traced):
    graph = iterate(traced().model, traced().batch)
    view, stands_for = operations(graph)
    place = {tap: stands_for[node] for node, data in graph.nodes(data=True) for tap in data["taps"]}
    a = "blocks.0.attn."
    (product,) = view.predecessors(place[a + "scores"])
    assert set(view.predecessors(product)) == {place[a + "q"], place[a + "k"]}
    assert list(view.predecessors(place[a + "pattern"])) == [place[a + "masked_scores"]]
    assert set(view.predecessors(place[a + "z"])) == {place[a + "pattern"], place[a + "v"]}
    assert set(view.predecessors(place["blocks.0.resid_mid"])) == {place["embedded"], place["blocks.0.attn_out"]}
    assert len(view) == 17 * 2 + 7


def test_a_tied_table_is_one_leaf_with_two_readers(traced):
    case = traced(tied_embeddings=True)
    graph = iterate(case.model, case.batch)
    (leaf,) = [node for node, data in graph.nodes(data=True) if data["parameter"] == "tok_emb"]
    assert graph.out_degree(leaf) == 2
    assert folds(graph)[leaf] == leaf


def test_wires_carry_what_the_readers_beyond_them_contribute(graph):
    """Into a box: of the readers inside; out of it: of those outside. Both from the edges themselves."""
    around = paths(graph)
    for (value, place), gradient in flows(graph).items():
        is_meant = {
            int: lambda node: node == place,  # noqa: B023
            str: lambda node: (place.removeprefix("beyond ") in around[node]) != place.startswith("beyond "),  # noqa: B023
        }[type(place)]
        parts = [edge["gradient"] for _, reader, edge in graph.out_edges(value, data=True) if is_meant(reader)]
        torch.testing.assert_close(gradient, sum(parts), rtol=1e-5, atol=1e-7)


def test_every_kind_of_node_has_a_rule(graph, iteration):
    for each in (graph, iterate(iteration.model, iteration.batch, is_fused=True)):
        assert {short_name(data["operation"]) for _, data in each.nodes(data=True)} <= RULES.keys()


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_at_their_own_size(preset):
    config = PRESETS[preset].config.model
    tokens = np.arange(9)[None] % config.vocab_size
    graph = iterate(Transformer(config), Batch(tokens[:, :-1], tokens[:, 1:], np.ones((1, 8), np.float32)))
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.is_directed_acyclic_graph(operations(graph)[0])
    assert sorted(data["order"] for _, data in graph.nodes(data=True)) == list(range(len(graph)))


def test_saved_tensors_say_whose_numbers_they_share(traced):
    graph = iterate(traced().model, traced().batch)
    (softmax,) = [data for _, data in graph.nodes(data=True) if "blocks.0.attn.pattern" in data["taps"]]
    (kept,) = softmax["saved"]
    assert (kept.name, kept.of, kept.n_bytes) == ("result", "blocks.0.attn.pattern", 2 * 6 * 6 * 4)
    linear = next(data for _, data in graph.nodes(data=True) if short_name(data["operation"]) == "Addmm")
    assert {kept.of for kept in linear["saved"]} == {"blocks.0.norm1", "blocks.0.attn.w_q"}
