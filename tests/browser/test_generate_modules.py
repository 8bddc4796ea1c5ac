"""The Generate page's own modules: the browser computes what Python computes, and going back is going back."""

from itertools import pairwise

import numpy as np
import pytest

from model.sampling import Rule, draw, stages, uniform

RULES = [(1, 0, 1), (0, 0, 1), (0, 3, 0.5), (0.7, 5, 0.9), (1e-6, 0, 0.5), (2, 0, 0.31), (0.3, 1, 1), (1.3, 40, 0.05)]


def cases():
    """Logits of several sizes, ties and great distances among them, each with every rule."""
    rng = np.random.default_rng(5)
    some = [rng.normal(0, 3, n) for n in (1, 2, 27, 65, 700)]
    some += [np.zeros(9), rng.integers(-1, 2, 30), rng.normal(0, 1, 50) * 400, np.array([1000.0, -1000.0, 999.9])]
    return [(each.astype(np.float32), rule) for each in some for rule in RULES]


def test_the_browsers_stages_and_draws_equal_pythons(modules):
    us = [uniform(3, i) for i in range(50)] + [0.0, 1 - 2**-53]
    asked = [{"logits": logits.tolist(), "rule": dict(zip(("temperature", "topK", "topP"), rule, strict=True))}
             for logits, rule in cases()]  # fmt: skip
    got = modules("generate/sampling.js", """
        return value.asked.map(({ logits, rule }) => {
          const stages = m.stagesOf(Float32Array.from(logits), rule);
          const { order, tempered, topK, topP, nTopK, nTopP } = stages;
          return { order: [...order], probs: [tempered, topK, topP].map((each) => [...each]), n: [nTopK, nTopP],
                   drawn: value.us.map((u) => m.draw(topP, order, u)) };
        });
    """, {"asked": asked, "us": us})  # fmt: skip
    for (logits, rule), answer in zip(cases(), got, strict=True):
        expected = stages(logits, Rule(*rule))
        np.testing.assert_array_equal(answer["order"], expected.order)
        wanted = [expected.tempered, expected.top_k, expected.top_p]
        np.testing.assert_allclose(answer["probs"], wanted, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(np.sum(answer["probs"], axis=1), 1, atol=1e-12)
        assert [answer["n"][1] >= np.count_nonzero(expected.top_p), answer["n"][0] >= answer["n"][1]] == [True, True]
        assert answer["drawn"] == [draw(expected.top_p, expected.order, u) for u in us]


def test_the_browsers_random_numbers_are_pythons(modules):
    seeds = [0, 1, 2, 77, 2**31 - 1, 2**31, 2**32 - 1]
    got = modules("generate/sampling.js", "return value.map((seed) => Array.from({ length: 300 }, (_, i) => m.uniform(seed, i)));", seeds)  # noqa: E501
    assert got == [[uniform(seed, i) for i in range(300)] for seed in seeds]


def test_the_pieces_of_the_line_reach_from_0_to_1_without_a_gap(modules):
    line = modules("generate/sampling.js", """
        const { topP, order } = m.stagesOf(Float32Array.from(value), { temperature: 1, topK: 0, topP: 0.9 });
        return m.pieces(topP, order);
    """, np.random.default_rng(0).normal(0, 2, 27).tolist())
    assert line[0]["from"] == 0
    assert line[-1]["to"] == pytest.approx(1, abs=1e-12)
    assert all(one["to"] == other["from"] for one, other in pairwise(line))
    assert all(one["to"] - one["from"] >= other["to"] - other["from"] - 1e-12
               for one, other in pairwise(line))  # fmt: skip


def test_undo_restores_the_text_and_what_came_next_exactly(modules):
    before, after, states = modules("generate/tape.js", """
        const tape = new m.Tape([0, 5]);
        let n = 0;
        const say = () => tape.take({ logits: Float32Array.from([n, ++n]), step: n });
        const state = () => JSON.stringify({ tokens: tape.tokens, written: tape.written, now: tape.now });
        const write = (token) => {
          tape.write({ token, how: "drawn", rule: { topK: 3 }, u: 0.25, chance: 0.5 });
          say();
        };
        const branch = () => {
          tape.branch(1, 4, 0.1);
          say();
        };
        say();
        const states = [state()];
        for (const token of [7, 8, 9, branch, 2, () => tape.clear(), 3]) {
          typeof token === "number" ? write(token) : token();
          states.push(state());
        }
        const back = [state()];
        while (tape.canUndo) { tape.undo(); back.push(state()); }
        tape.undo();
        return [states, back, states.map((text) => JSON.parse(text).tokens)];
    """)
    assert after == before[::-1]
    assert states == [[0, 5], [0, 5, 7], [0, 5, 7, 8], [0, 5, 7, 8, 9], [0, 5, 7, 4], [0, 5, 7, 4, 2], [0, 5],
                      [0, 5, 3]]  # fmt: skip


def test_an_address_keeps_the_rule_and_what_makes_no_sense_is_as_usual(modules):
    usual, kept, broken, names = modules("generate/rule.js", """
        const rule = { temperature: 0.35, topK: 4, topP: 0.8, seed: 12 };
        const query = new URLSearchParams(m.queryOf(rule));
        const broken = "?temperature=hot&top_k=-3&top_p=2&draws=1e99";
        return [m.ruleOf("", 27), m.ruleOf(`?${query}`, 27), m.ruleOf(broken, 27), m.queryOf(m.usualRule())];
    """)
    assert usual == broken == {"temperature": 1, "topK": 0, "topP": 1, "seed": 1}
    assert kept == {"temperature": 0.35, "topK": 4, "topP": 0.8, "seed": 12}
    assert set(names.values()) == {""}


def test_the_newest_step_is_not_listed_twice(modules):
    assert modules("generate/earlier.js", "return [m.before([0, 9], 9), m.before([0, 9], 12)];") == [[0], [0, 9]]


def test_a_list_of_steps_is_thinned_evenly_with_both_ends(modules):
    got = modules("generate/earlier.js", "return value.map((steps) => m.spread(steps, 8));", [[], [0], list(range(48))])
    assert got[:2] == [[], [0]]
    assert (got[2][0], got[2][-1], len(set(got[2]))) == (0, 47, 8)
    assert max(np.diff(got[2])) - min(np.diff(got[2])) <= 1
