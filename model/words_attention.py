"""The words of attention, forward and backward: queries, keys and values, how they meet, and what is gathered."""

from collections.abc import Callable

from model.words_case import Case, Text
from model.words_notation import cell, count, own_name, root, slope

_ASKS = {
    "q": (
        "query: what this position looks for",
        "A query is compared with the keys of its own and all earlier positions, to decide where this position looks.",
    ),
    "k": (
        "key: what this position can be found by",
        "Queries are compared with keys, so the key decides who will look at this position.",
    ),
    "v": (
        "value: what this position hands over when it is looked at",
        "What is handed over need not be what it was found by, so value and key have a matrix each.",
    ),
}


def _query_key_value(case: Case) -> Text:
    what, why = _ASKS[own_name(case.operation.name)]
    return Text(
        f"In each head, {count(case.model.d_head, 'weighted sum')} of the position's {case.model.d_model} numbers"
        f"{case.plus_bias} give its {what}.",
        why,
        case.linear("c"),
    )


def _turned(case: Case) -> Text:
    who = "query" if own_name(case.operation.name) == "q_rot" else "key"
    half = case.model.d_head // 2
    out, x = case.operation.name, case.operation.inputs[0]
    angle = r"(i\,\omega_d)"
    return Text(
        f"Each {who}'s {case.model.d_head} numbers form {count(half, 'pair')}; each pair is turned like a clock hand, "
        "by an angle that grows with the position.",
        "After turning, how well a query fits a key depends on how far apart they stand: so attention learns of order.",
        rf"\begin{{align*}} {cell(out)} &= {cell(x)}\cos{angle} - {cell(x, d=f'd+{half}')}\sin{angle} \\ "
        rf"{cell(out, d=f'd+{half}')} &= {cell(x, d=f'd+{half}')}\cos{angle} + {cell(x)}\sin{angle} \end{{align*}}",
    )


def _scores(case: Case) -> Text:
    width, (q, k, *alibi) = case.model.d_head, case.operation.inputs
    penalty, why = (
        "",
        f"The score decides who looks at whom; dividing by {root(width)} keeps it from growing with the width.",
    )
    distance = ""
    if alibi:
        penalty = "; then the distance between the two, times the head's own slope, is subtracted"
        why = "The score decides who looks at whom; what ALiBi subtracts makes far tokens count less, head by head."
        distance = r" - m^{h}\,(i - j)"
    return Text(
        f"Each query is multiplied with each key, number by number, summed and divided by {root(width)}: how "
        "well they fit"
        f"{penalty}.",
        why,
        rf"{case.out} = \frac{{1}}{{\sqrt{{{width}}}}}\sum_{{d}} {cell(q)}\,{cell(k, i='j')}{distance}",
    )


def _masked_scores(case: Case) -> Text:
    x = case.operation.inputs[0]
    return Text(
        "Where the key stands later than the query, the score becomes minus infinity; all others stay.",
        "Without the mask a position would read the very token it has to predict, and learn nothing.",
        rf"{case.out} = \begin{{cases}} {cell(x)} & j \le i \\ -\infty & j > i \end{{cases}}",
    )


def _pattern(case: Case) -> Text:
    x = case.operation.inputs[0]
    other = cell(x, j="j'")
    return Text(
        "Softmax: e to the power of each score, divided by the sum of these over the query's row.",
        "Scores become shares, none negative, summing to 1: each position divides its attention among those it "
        "may see.",
        rf"{case.out} = \frac{{e^{{{cell(x)}}}}}{{\sum_{{j'}} e^{{{other}}}}}",
    )


def _gathered(case: Case) -> Text:
    a, v = case.operation.inputs
    return Text(
        "The values of the position itself and of those before it are added up, each times the share of "
        "attention it got.",
        "This is how a position learns about the tokens before it: what it looked at flows into its own numbers.",
        rf"{case.out} = \sum_{{j \le i}} {cell(a)}\,{cell(v, i='j')}",
    )


def _attention_out(case: Case) -> Text:
    heads, width = case.model.n_heads, case.model.d_model
    who = "The result of the one head is" if heads == 1 else f"The results of the {heads} heads, side by side, are"
    whose = "the head's findings" if heads == 1 else "the findings of each, made apart,"
    return Text(
        f"{who} mixed by a matrix into {width} numbers for the stream{case.then_bias}.",
        f"The matrix learns in which channels of the stream {whose} are written.",
        case.linear("h,d"),
    )


def _gathered_back(case: Case, wanted: str) -> Text:
    out = case.operation.forward
    (other,) = case.saved
    if own_name(wanted) == "pattern":
        return Text(
            "A share let one value into one query's result: the value times the gradient that arrives there, "
            "summed over "
            f"{count(case.model.d_head, 'channel')}.",
            "Where value and gradient point the same way, a larger share would raise the loss; where opposite, "
            "lower it.",
            rf"{slope(wanted)} = \sum_{{d}} {slope(out)}\,{cell(other, i='j')}",
        )
    return Text(
        "A value went to every query that looked at it: the gradients that arrive there, each times its share, "
        "are added.",
        "Positions that were looked at much hear much of the loss; one that nobody looked at hears nothing this way.",
        rf"{slope(wanted, i='j')} = \sum_{{i \ge j}} {cell(other)}\,{slope(out)}",
    )


def _pattern_back(case: Case, wanted: str) -> Text:
    out = case.operation.forward
    share, arriving = cell(out), slope(out)
    other, arriving_other = cell(out, j="j'"), slope(out, j="j'")
    return Text(
        "From each share's gradient the row's average, weighted by the shares, is subtracted; the rest is "
        "multiplied by "
        "the share.",
        "The shares of a row always sum to 1: what one gains the others lose, so only differences from the "
        "average count.",
        rf"{slope(wanted)} = {share}\Bigl({arriving} - \sum_{{j'}} {other}\,{arriving_other}\Bigr)",
    )


def _masked_scores_back(case: Case, wanted: str) -> Text:
    arriving = slope(case.operation.forward)
    return Text(
        "Where the key stands later than the query, the gradient is 0; elsewhere it passes unchanged.",
        "A score that was masked had no influence on the loss, so it has nothing to learn from it.",
        rf"{slope(wanted)} = \begin{{cases}} {arriving} & j \le i \\ 0 & j > i \end{{cases}}",
    )


def _scores_back(case: Case, wanted: str) -> Text:
    out, width = case.operation.forward, case.model.d_head
    (other,) = case.saved
    scale = rf"\frac{{1}}{{\sqrt{{{width}}}}}"
    if own_name(wanted).startswith("q"):
        return Text(
            "A query met every key it could see: those keys, each times the gradient of its score, are added "
            "and divided "
            f"by {root(width)}.",
            "So the query is told towards which keys it should have pointed more, and towards which less.",
            rf"{slope(wanted)} = {scale}\sum_{{j}} {slope(out)}\,{cell(other, i='j')}",
        )
    return Text(
        f"A key met its own and every later query: those queries, each times the gradient of its score, are added and "
        f"divided by {root(width)}.",
        "So the key is told for which queries it should have been easier to find, and for which harder.",
        rf"{slope(wanted, i='j')} = {scale}\sum_{{i}} {slope(out)}\,{cell(other)}",
    )


def _turned_back(case: Case, wanted: str) -> Text:
    who = "query" if own_name(wanted).startswith("q") else "key"
    out, half = case.operation.forward, case.model.d_head // 2
    far = rf"d \pm {half}"
    angle = r"(i\,\omega_d)"
    return Text(
        f"Each pair of the {who}'s gradient is turned back by the angle by which the pair itself was turned.",
        "Turning changes direction and never length, so on the way back nothing grows or shrinks here.",
        rf"{slope(wanted)} = {slope(out)}\cos{angle} \pm {slope(out, d=far)}\sin{angle}"
        rf",\quad + \text{{ for }} d < {half}",
    )


FORWARD: dict[str, Callable[[Case], Text]] = {
    **dict.fromkeys(("q", "k", "v"), _query_key_value),
    **dict.fromkeys(("q_rot", "k_rot"), _turned),
    "scores": _scores,
    "masked_scores": _masked_scores,
    "pattern": _pattern,
    "z": _gathered,
    "attn_out": _attention_out,
}
BACKWARD: dict[str, Callable[[Case, str], Text]] = {
    **dict.fromkeys(("q_rot", "k_rot"), _turned_back),
    "scores": _scores_back,
    "masked_scores": _masked_scores_back,
    "pattern": _pattern_back,
    "z": _gathered_back,
}
