"""The words of the update: learning rate, clipping, what the optimizer remembers, and the new weight.

Formulas are those of one parameter. An arrow: the right side, made from the old values, takes the left one's place.
"""

from collections.abc import Callable

from model.words_case import Case, Text
from model.words_notation import number, sentence, symbol


def update_text(case: Case) -> Text:
    """What one operation of the update does."""
    return _TEXTS[case.operation.kind](case)


_FALLS = {
    "linear": ("a straight line", r"(1 - p)"),
    "cosine": ("half a cosine wave", r"\frac{1 + \cos(\pi p)}{2}"),
}


def _schedule(case: Case) -> Text:
    settings, whose = case.operation.settings, _whose(case)
    step, warmup, n_steps = settings["step"], settings["warmup_steps"], settings["n_steps"]
    peak, final = settings["peak"], settings["final"]
    after = f"After {warmup} steps of warm-up" if warmup else "From the first step on"
    if step < warmup:
        return Text(
            f"Warm-up: over {warmup} steps {whose} rises along a straight line from 0 to {peak:g}; this is step "
            f"{step}.",
            "At first gradients are large and change quickly, so the first steps are kept short.",
            rf"\eta = {number(peak)}\cdot\frac{{{step}}}{{{warmup}}}",
        )
    if settings["schedule"] == "constant":
        return Text(
            f"{after} {whose} stays at {peak:g}.",
            "It is the length of the steps: too long and the loss jumps about or grows, too short and little happens.",
            rf"\eta = {number(peak)}",
        )
    along, share = _FALLS[settings["schedule"]]
    progress = rf"\min\Bigl(1, \frac{{{step - warmup}}}{{{max(1, n_steps - warmup)}}}\Bigr)"
    return Text(
        f"{after} {whose} falls along {along} from {peak:g} to {peak * final:g} at step {n_steps}; this is step "
        f"{step}.",
        "Long steps get far at first; short ones at the end settle where long ones would jump back and forth.",
        rf"\eta = {number(peak)}\,\Bigl({number(final)} + {number(1 - final)}\,{share}\Bigr),\quad p = {progress}",
    )


def _whose(case: Case) -> str:
    if case.operation.name == "learning_rate_rest":
        return "the learning rate of all but the hidden matrices"
    return "the learning rate" + (" of the hidden matrices" if case.train.optimizer == "muon" else "")


def _gradient_norm(case: Case) -> Text:
    clips = case.train.grad_clip
    why = "It tells how strongly this text pulls at the model; a sudden jump is the first sign that training runs away."
    if clips:
        why = f"Clipping compares it with its limit of {clips:g}: only a longer gradient is shortened."
    return Text(
        "All entries of all gradients are squared and summed; the root of the sum is the length of the whole gradient.",
        why,
        r"\lVert \nabla L \rVert = \sqrt{\sum_{\theta} \Bigl(\frac{\partial L}{\partial \theta}\Bigr)^2}",
    )


def _clip(case: Case) -> Text:
    most, what = case.operation.settings["max_norm"], _parameter(case)
    return Text(
        f"If the whole gradient is longer than {most:g}, it is shortened to {most:g}: here the part of {what} is "
        "scaled.",
        "One unusual text could throw all weights far off; shortening keeps the direction and bounds the length.",
        rf"g = {_slope(case)}\cdot\min\Bigl(1, \frac{{{number(most)}}}{{\lVert \nabla L \rVert}}\Bigr)",
    )


def _average(case: Case) -> Text:
    settings, what = case.operation.settings, _parameter(case)
    keep, add = settings["keep"], settings["add"]
    g = _joined(case)
    if case.operation.name.startswith("ahead:"):
        return Text(
            f"For {what}: {keep:g} of the new mean m and {add:.6g} of the fresh gradient, added.",
            "So the direction is where m will have moved to: momentum that looks one step ahead.",
            rf"\tilde{{m}} = {number(keep)}\,m + {number(add)}\,{g}",
        )
    if add == 1:
        return Text(
            f"The speed m of {what}: {keep:g} of what it was, plus the gradient{_with_decay(settings)}.",
            "Like a ball that rolls downhill: directions that keep returning add up, those that alternate cancel.",
            rf"m \leftarrow {number(keep)}\,m + {g}",
        )
    return Text(
        f"The running mean m of the gradient of {what}: {keep:g} of what it was, plus {add:.6g} of the new gradient"
        f"{_with_decay(settings)}.",
        "One gradient is noisy; the mean over the last steps keeps the direction on which they agree.",
        rf"m \leftarrow {number(keep)}\,m + {number(add)}\,{g}",
    )


def _average_square(case: Case) -> Text:
    settings = case.operation.settings
    keep, add = settings["keep"], 1 - settings["keep"]
    g = _joined(case)
    square = f"{g}^2" if g == "g" or g.startswith(r"\bigl") else rf"\Bigl({g}\Bigr)^2"
    return Text(
        f"The running mean v of the squared gradient of {_parameter(case)}: {keep:g} of what it was, plus {add:.6g} "
        "of the new "
        f"square{_with_decay(settings)}.",
        "Its root says how large each entry's gradient usually is, so that every entry can move by steps of its "
        "own size.",
        rf"v \leftarrow {number(keep)}\,v + {number(add)}\,{square}",
    )


def _newton_schulz(case: Case) -> Text:
    rounds = case.operation.settings["n_rounds"]
    a, b, c = (f"{factor:+g}" for factor in case.operation.settings["coefficients"])
    gram = r"(X_r X_r^{\top})"
    return Text(
        f"{sentence(_parameter(case))}: {rounds} rounds of matrix products make the look-ahead nearly "
        "orthogonal, so that "
        "it acts about equally in every direction.",
        "Otherwise a few strong directions of the matrix would take the whole step, and weak ones would hardly learn.",
        rf"O = X_{rounds},\quad X_{{r+1}} = {a[1:]}\,X_r {b}\,{gram}X_r {c}\,{gram}^2X_r,\quad "
        r"X_0 = \frac{\tilde{m}}{\lVert \tilde{m} \rVert}",
    )


def _new_weight(case: Case) -> Text:
    kind, settings, what = case.operation.kind, case.operation.settings, _parameter(case)
    step, why, formula = _STEPS[kind]
    w, decay = _weight(case), settings["weight_decay"]
    formula = formula.replace("{g}", _joined(case) if kind in ("sgd", "rmsprop") else _gradient(case))
    if kind == "muon":
        formula = formula.replace("{scale}", "" if settings["scale"] == 1 else rf"{settings['scale']:.4g}\,")
    bias = r",\quad \hat{m} = \frac{m}{1 - {1}},\quad \hat{v} = \frac{v}{1 - {2}}" if kind in ("adam", "adamw") else ""
    if bias:
        n = settings["n_updates"]
        bias = bias.replace("{1}", f"{number(settings['beta1'])}^{{{n}}}").replace(
            "{2}", f"{number(settings['beta2'])}^{{{n}}}"
        )
    words = f"{sentence(what)}: {step}{_with_decay(settings) if kind in ('sgd', 'rmsprop') else ''}."
    pull = ""
    if decay and kind in ("adamw", "muon"):
        words = f"{words[:-1]}; besides, weight decay takes {decay:g} · η of the weight away."
        pull = rf" - \eta\,{number(decay)}\,{w}"
    return Text(words, why, rf"{w} \leftarrow {w} - \eta\,{formula}{pull}{bias}")


_STEPS = {
    "sgd": (
        "learning rate times gradient is subtracted",
        "The gradient points uphill; a short step the other way lowers the loss.",
        "{g}",
    ),
    "momentum": (
        "learning rate times the speed m is subtracted",
        "The gradient changed the speed, the speed moves the weight: so steps keep going where the way leads down.",
        "m",
    ),
    "rmsprop": (
        "learning rate times gradient, divided by the root of v, is subtracted",
        "Divided by their usual size, small gradients move their weights as far as large ones move theirs.",
        r"\frac{{g}}{\sqrt{v} + \varepsilon}",
    ),
    "adam": (
        "learning rate times m, divided by the root of v, is subtracted, both corrected for their start at 0",
        "The direction is the mean gradient, the step is measured in its usual size: about η where gradients agree.",
        r"\frac{\hat{m}}{\sqrt{\hat{v}} + \varepsilon}",
    ),
    "adamw": (
        "learning rate times m, divided by the root of v, is subtracted, both corrected for their start at 0",
        "The mean gradient over its usual size: about η where gradients agree, less where they contradict each other.",
        r"\frac{\hat{m}}{\sqrt{\hat{v}} + \varepsilon}",
    ),
    "muon": (
        "learning rate times the evened-out direction is subtracted",
        "A step of known size in every direction of the matrix, whatever the size of the gradient was.",
        "{scale}O",
    ),
}


def _parameter(case: Case) -> str:
    return case.noun(case.operation.forward)


def _weight(case: Case) -> str:
    return symbol(case.operation.forward)


def _slope(case: Case) -> str:
    return rf"\frac{{\partial L}}{{\partial {_weight(case)}}}"


def _gradient(case: Case) -> str:
    """g where the gradient was clipped under that letter, else the gradient itself."""
    return "g" if case.train.grad_clip else _slope(case)


def _joined(case: Case) -> str:
    decay = case.operation.settings["weight_decay"]
    return rf"\bigl({_gradient(case)} + {number(decay)}\,{_weight(case)}\bigr)" if decay else _gradient(case)


def _with_decay(settings: dict[str, float]) -> str:
    decay = settings["weight_decay"]
    return f" (weight decay adds {decay:g} times the weight to the gradient)" if decay else ""


_TEXTS: dict[str, Callable[[Case], Text]] = {
    "schedule": _schedule,
    "gradient_norm": _gradient_norm,
    "clip": _clip,
    "average": _average,
    "average_square": _average_square,
    "newton_schulz": _newton_schulz,
    **dict.fromkeys(_STEPS, _new_weight),
}
