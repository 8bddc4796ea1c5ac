"""The stepper's map: it runs upward, nothing lies on anything else, and each line says how much flows along it."""

import numpy as np
import pytest

from .conftest import FRESH


@pytest.mark.parametrize("variant", FRESH)
def test_the_map_runs_upward_and_holds_every_operation_of_the_forward_pass(opened, trace, variant):
    got = opened('return m.mapLayout(store, "blocks.0")', module="stepper/map_layout.js", variant=variant)
    rows = {node["key"]: node["row"] for node in got["nodes"]}
    assert all(rows[edge["from"]] < rows[edge["to"]] for edge in got["edges"])
    forward = [o for o in trace(variant)[0]["operations"] if o["part"] in ("forward", "loss")]
    closed = {o["block"] for o in forward if o["block"].startswith("blocks.") and o["block"] != "blocks.0"}
    assert rows.keys() == {o["name"] for o in forward if o["block"] not in closed} | closed
    learned = {name for name, spec in trace(variant)[0]["tensors"].items() if spec["role"] == "parameter"}
    assert {name for node in got["nodes"] for name in node["parameters"]} == learned


def test_nothing_on_the_map_lies_on_anything_else(opened):
    got = opened('return m.mapLayout(store, "blocks.3").nodes', module="stepper/map_layout.js", variant="six layers")
    hanging = [node for node in got if not node["isSpine"] or node["isFolded"]]
    for i, one in enumerate(hanging):
        for other in hanging[i + 1 :]:
            apart = one["columns"][1] <= other["columns"][0] + 1e-9 or other["columns"][1] <= one["columns"][0] + 1e-9
            assert one["row"] != other["row"] or apart, (one["key"], other["key"])


def test_without_residuals_the_spine_has_gaps(opened):
    code = 'return m.mapLayout(store, "blocks.0").edges.map(({ from, to }) => [from, to])'
    assert ["blocks.0.resid_pre", "blocks.0.resid_mid"] in opened(code, module="stepper/map_layout.js")
    gone = opened(code, module="stepper/map_layout.js", variant="no residual")
    assert ["blocks.0.resid_pre", "blocks.0.resid_mid"] not in gone


def test_the_flow_along_a_line_is_the_norm_of_that_readers_gradient(opened, trace):
    got = opened("""
        await store.ready("logits");
        const flow = new m.Flow(store);
        const edge = { value: "blocks.0.norm1", reader: "blocks.0.attn.q" };
        return [m.flowName(store, edge), flow.norm(m.flowName(store, edge)),
                m.flowName(store, { value: "blocks.0.attn.z", reader: "blocks.0.attn_out" })];
    """, module="stepper/flow.js")
    header, blobs = trace("classroom")
    spec = header["tensors"]["grad:blocks.0.norm1<-q"]
    values = np.frombuffer(blobs[header["blobs"]["activations"]["hash"]], np.float32)[spec["offset"] :]
    norm = np.linalg.norm(values[: int(np.prod(spec["shape"]))])
    assert got == ["grad:blocks.0.norm1<-q", pytest.approx(norm, rel=1e-5), "grad:blocks.0.attn.z"]
