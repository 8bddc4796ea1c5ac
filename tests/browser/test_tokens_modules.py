"""The Tokens page's modules by themselves, in a real browser: ids, families, walking, against the Python tokenizer."""

import pytest

from model.bpe_record import EXAMPLE, learned_record, shown_record
from model.bpe_tokenizer import BpeTokenizer
from model.tokenizer import ByteTokenizer, CharacterTokenizer

TEXTS = [EXAMPLE, "naïve naïve 😀😀 שלום שלום <b>hi</b> " * 4, "aaaa aaa\n", ""]
SHOWN = ["the writer wrote what is written", "👩‍👩‍👧 é\u0301 مرحبا", "aaaaaaa", "x"]


@pytest.mark.parametrize("text", TEXTS, ids=["writing", "scripts", "letters", "nothing"])
def test_ids_on_the_page_are_those_of_the_tokenizers(modules, text):
    record = learned_record(text)
    for shown in SHOWN:
        steps = [0, len(record["pairs"]) // 2, len(record["pairs"])]
        cut = shown_record(shown, record["pairs"])
        got = modules("tokens/record.js", """
            const record = new m.LearnedRecord(value.record);
            const cut = new m.Cut(value.cut);
            return {
              ids: value.steps.map((k) => cut.tokens(k).map(({ id }) => id)),
              bytes: [...cut.bytes],
              characters: cut.characters().map(({ text }) => record.characterIds.get(text) ?? null),
              spans: cut.characters().map(({ start, end }) => [start, end]),
            };
        """, {"record": record, "cut": cut, "steps": steps})  # fmt: skip
        assert got["ids"] == [BpeTokenizer(record["pairs"][:k]).encode(shown) for k in steps]
        assert got["bytes"] == ByteTokenizer().encode(shown)
        known = CharacterTokenizer(record["characters"])
        assert got["characters"] == [known.encode(each)[0] if each in known.vocab else None for each in shown]
        assert [end - start for start, end in got["spans"]] == [len(each.encode()) for each in shown]


def test_the_text_after_every_merge_has_the_counted_length(modules):
    record = learned_record(EXAMPLE)
    lengths, bytes_covered = modules("tokens/record.js", """
        const record = new m.LearnedRecord(value);
        const all = value.lengths.map((_, k) => record.cut.tokens(k));
        const covered = (tokens) => tokens.reduce((sum, { start, end }) => sum + end - start, 0);
        return [all.map((tokens) => tokens.length), all.map(covered)];
    """, record)  # fmt: skip
    assert lengths == record["lengths"]
    assert set(bytes_covered) == {len(EXAMPLE.encode())}


def test_a_part_of_the_text_has_the_tokens_of_the_whole(modules):
    record = learned_record(EXAMPLE)
    assert modules("tokens/record.js", """
        const record = new m.LearnedRecord(value);
        const whole = record.cut.tokens(30);
        const from = record.cut.firmStart(100);
        const part = record.cut.tokens(30, from, 160);
        const expected = whole.filter(({ start }) => start >= from && start < 160);
        return [JSON.stringify(part) === JSON.stringify(expected), part.length > 5, record.cut.borders[from]];
    """, record) == [True, True, 0]  # fmt: skip


def test_writ_is_inside_writing_written_and_writer(modules):
    got = modules("tokens/record.js", """
        const record = new m.LearnedRecord(value);
        const id = record.find("␣writ");
        return [record.parts(id).map((part) => record.label(part)), record.users(id).map((user) => record.label(user))];
    """, learned_record(EXAMPLE))
    assert got[0] == ["␣w", "rit"]
    assert {"␣writing", "␣written", "␣writer"} <= set(got[1])


def test_walking_stays_within_the_merges_and_playing_begins_again_at_the_end(modules):
    got = modules("tokens/walk.js", """
        const { LearnedRecord } = await import("/tokens/record.js");
        const walk = new m.Walk();
        const record = new LearnedRecord(value);
        const seen = [];
        walk.step(1);
        walk.open(record);
        for (const act of [() => walk.step(1), () => walk.goTo(5), () => walk.step(-1), () => walk.goTo(-7),
            () => walk.goTo(NaN), () => walk.goTo(1e9), () => walk.toggle()]) {
          act();
          seen.push(walk.k);
        }
        const plays = walk.isPlaying;
        walk.step(3);
        const last = [walk.k, walk.isPlaying];
        walk.open(new LearnedRecord(value), { k: 9999, token: 99999 });
        return { n: record.n, seen, plays, last, opened: [walk.k, record.label(walk.shown)] };
    """, learned_record(EXAMPLE))
    n = got["n"]
    assert got == {"n": n, "seen": [n, 5, 4, 0, 0, n, 0], "plays": True, "last": [3, False], "opened": [n, "␣writ"]}


def test_a_label_is_cut_where_it_does_not_fit_and_never_squeezed(modules):
    got = modules("base/label.js", """
        const pen = new OffscreenCanvas(1, 1).getContext("2d");
        pen.font = "12px monospace";
        const texts = ["␣documentation", "ab", "␣the"].map((label) => m.fitted(pen, label, 40));
        const widths = texts.map((text) => pen.measureText(text).width);
        return [texts, widths, m.labelRoom(["a", "⏎"]), m.labelRoom(["a", "␣the"])];
    """)
    texts, widths, of_letters, of_words = got
    assert texts[0].startswith("␣d")
    assert texts[0].endswith("…")
    assert texts[1:] == ["ab", "␣the"]
    assert max(widths) <= 40
    assert (of_letters, of_words > 24) == (0, True)
