"""Expressions to begin with on the scalar tab of the Autograd page. Torch-free."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A text that `expressions.read` understands, its name in a link, its title and what to look for, in one line."""

    name: str
    title: str
    text: str
    hint: str


EXAMPLES = (
    Example(
        "first",
        "a first one",
        "a*b + tanh(c)",
        "Move a: the result moves by b times as much. That is what the gradient of a says.",
    ),
    Example(
        "micrograd",
        "micrograd’s README",
        """a = -4; b = 2
c = a + b
d = a*b + b**3
c += c + 1
c += 1 + c + (-a)
d += d*2 + relu(b + a)
d += 3*d + relu(b - a)
e = c - d
f = e**2
g = f/2
g += 10/f""",
        "Andrej Karpathy’s example: g = 24.7041, its slope by a is 138.8338, by b 645.5773.",
    ),
    Example(
        "neuron",
        "one neuron",
        """x1 = 2; x2 = 0
w1 = -3; w2 = 1; bias = 6.8814
n = x1*w1 + x2*w2 + bias
tanh(n)""",
        "Two inputs, two weights, a bias, a bend. A weight’s gradient is its input times what comes back through tanh.",
    ),
    Example(
        "mlp",
        "a 2-2-1 MLP",
        """x1 = 1; x2 = -0.5
w11 = 0.8; w12 = -0.4; w21 = -0.6; w22 = 0.9
v1 = 0.7; v2 = 0.5
h1 = tanh(w11*x1 + w12*x2)
h2 = tanh(w21*x1 + w22*x2)
y = v1*h1 + v2*h2
loss = (y - 1)**2""",
        "Two inputs, two hidden neurons, one output, and how far it is from 1. Move a weight against its gradient.",
    ),
    Example(
        "softmax",
        "softmax and cross-entropy",
        """a = 2; b = 1; c = -1
ea = exp(a); eb = exp(b); ec = exp(c)
p = ea / (ea + eb + ec)
loss = -log(p)""",
        "Three logits, the first is the answer. Its gradient is p − 1, that of the others is their share.",
    ),
)
