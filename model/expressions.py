"""Reads what a person types, `a*b + tanh(c)`, into the operations of a scalar graph. Torch-free.

The text is parsed with `ast` and never run: only numbers, names, + − * / **, the functions of `model/scalar.py` and
assignments have a meaning here, everything else is refused in one sentence that says where. A line `a = -4` makes a
variable that starts there; `c = a + b` names a value; the last line is the result.
"""

import ast
import re
from dataclasses import dataclass
from typing import Any

from model.scalar import FUNCTIONS, LARGEST, LARGEST_EXPONENT, Value

MAX_LENGTH, MAX_DEPTH, MAX_NODES, MAX_VARIABLES, MAX_NAME = 600, 40, 150, 16, 16
STARTS = (2.0, -3.0, 0.5, 1.5, -1.0, 0.8)  # of variables that the text gives no number
NUMBER, VARIABLE = "number", "variable"
_OPERATORS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_WRITTEN = str.maketrans({"−": "-", "×": "*", "·": "*", "÷": "/"})  # as on this page's own screen
_ASSIGNMENT = re.compile(r"\s*([^\W\d]\w*)\s*(\+|-|\*\*|\*|/|)=(?!=)")
_SYNTAX = {"was never closed": "this parenthesis is never closed", "unmatched": "this parenthesis was never opened"}


class ExpressionError(ValueError):
    """One sentence on what is wrong, and the character (counted from 0) where it is."""

    def __init__(self, sentence: str, at: int, text: str) -> None:
        line, column = text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)
        place = f"character {column + 1}" + (f" of line {line + 1}" if "\n" in text.strip() else "")
        super().__init__(f"{sentence[0].upper()}{sentence[1:]} (at {place}).")
        self.at = at


@dataclass(frozen=True)
class Node:
    """One number of an expression: `rule` is one of scalar.RULES, or number, or variable; `inputs` are places in the
    expression's nodes; `label` the name it was given; `number` what a number is or a variable starts from; `at` the
    character of the text where it stands."""

    rule: str
    inputs: tuple[int, ...] = ()
    label: str = ""
    number: float = 0.0
    at: int = 0


@dataclass(frozen=True)
class Expression:
    """The nodes in the order in which they can be computed; the last is the result."""

    text: str
    nodes: tuple[Node, ...]

    @property
    def variables(self) -> dict[str, float]:
        """Every variable and where it starts."""
        return {node.label: node.number for node in self.nodes if node.rule == VARIABLE}

    def to_json(self) -> list[list[Any]]:
        """The nodes as the browser's engine reads them."""
        return [[node.rule, list(node.inputs), node.label, node.number, node.at] for node in self.nodes]

    def build(self, values: dict[str, float] | None = None) -> list[Value]:
        """The scalar graph at these values of the variables, node by node; ExpressionError where one has no value."""
        values, built = values or {}, list[Value]()
        for node in self.nodes:
            inputs = tuple(built[i] for i in node.inputs)
            try:
                if node.rule in (NUMBER, VARIABLE):
                    start = values.get(node.label, node.number)
                    built.append(Value(start, label=node.label, is_fixed=node.rule == NUMBER))
                else:
                    built.append(Value(rule=node.rule, inputs=inputs, label=node.label))
            except ValueError as refusal:
                raise ExpressionError(str(refusal), node.at, self.text) from refusal
        return built


def read(text: str) -> Expression:
    """The expression that a text says. ExpressionError, one sentence with its place, for anything else."""
    if len(text) > MAX_LENGTH:
        sentence = f"an expression may have {MAX_LENGTH} characters; this one has {len(text):,}"
        raise ExpressionError(sentence, MAX_LENGTH, "")
    reader = _Reader(text)
    result = None
    for start, statement in _statements(text):
        result = reader.statement(statement, start)
    if result is None:
        raise ExpressionError("there is no expression yet: try a*b + tanh(c)", 0, "")
    return Expression(text, reader.behind(result))


def _statements(text: str) -> list[tuple[int, str]]:
    """Lines, and what stands between semicolons, each with its place in the text; comments left out."""
    written = re.sub(r"#[^\n]*", lambda found: " " * len(found[0]), text.translate(_WRITTEN))
    pieces = [(found.start(), found[0]) for found in re.finditer(r"[^\n;]+", written)]
    return [(start, piece) for start, piece in pieces if piece.strip()]


class _Reader:
    """Turns statements into nodes, one after another."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nodes: list[Node] = []
        self.named: dict[str, int] = {}
        self.piece, self.start = "", 0

    def refuse(self, sentence: str, at: int) -> ExpressionError:
        return ExpressionError(sentence, min(at, max(0, len(self.text) - 1)), self.text)

    def statement(self, piece: str, start: int) -> int:
        """Read one statement; returns the node of its value."""
        assigned = _ASSIGNMENT.match(piece)
        if not assigned:
            return self.expression(piece, start)
        name, operator, end = assigned[1], assigned[2], assigned.end()
        at = start + assigned.start(1)
        self.check_name(name, at)
        made = self.expression(piece[end:], start + end)
        if operator:
            made = self.add(Node(operator, (self.variable(name, at), made), at=start + assigned.start(2)))
        node = self.nodes[made]
        if node.rule == NUMBER and name not in self.named:
            self.nodes[made] = Node(VARIABLE, label=name, number=node.number, at=at)
        elif node.rule not in (NUMBER, VARIABLE):
            self.nodes[made] = Node(node.rule, node.inputs, name, node.number, node.at)
        self.named[name] = made
        return made

    def expression(self, piece: str, start: int) -> int:
        if not piece.strip():
            raise self.refuse("something is missing here", start)
        self.piece, self.start = piece, start
        indent = len(piece) - len(piece.lstrip())
        try:
            tree = ast.parse(piece[indent:], mode="eval")
        except SyntaxError as error:
            own = next((words for key, words in _SYNTAX.items() if key in str(error.msg)), "this cannot be read")
            is_cut_short = (error.lineno or 1) > 1 or not error.offset
            column = len(piece.rstrip()) if is_cut_short else indent + (error.offset or 1) - 1
            raise self.refuse(own, start + column) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise self.refuse("this cannot be read", start) from error
        self.start += indent
        self.piece = piece[indent:]
        return self.read(tree.body, 1)

    def read(self, tree: ast.expr, depth: int) -> int:
        """A part of the syntax tree as nodes; returns the one that holds its value."""
        at = self.start + len(self.piece.encode()[: tree.col_offset].decode(errors="ignore"))
        if depth > MAX_DEPTH:
            raise self.refuse(f"this is nested too deeply: at most {MAX_DEPTH} levels", at)
        match tree:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return self.number(number, at)
            case ast.Name(id=name):
                self.check_name(name, at)
                return self.variable(name, at)
            case ast.UnaryOp(op=ast.UAdd(), operand=inner):
                return self.read(inner, depth + 1)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self.negated(self.read(inner, depth + 1), at)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self.binary(_OPERATORS[type(op)], left, right, depth)
            case ast.Call(func=ast.Name(id=function), args=[inner], keywords=[]) if function in FUNCTIONS:
                return self.add(Node(function, (self.read(inner, depth + 1),), at=at))
        raise self.refuse(_refusal(tree), at)

    def binary(self, operator: str, left: ast.expr, right: ast.expr, depth: int) -> int:
        inputs = (self.read(left, depth + 1), self.read(right, depth + 1))
        end = len(self.piece.encode()[: left.end_col_offset].decode(errors="ignore"))
        sign = end + len(re.match(r"[\s)]*", self.piece[end:])[0])  # type: ignore[index]  # it may match nothing
        power = self.nodes[inputs[1]]
        if operator == "**" and power.rule == NUMBER and abs(power.number) > LARGEST_EXPONENT:
            raise self.refuse(f"an exponent must lie between −100 and 100; here it is {power.number:.4g}", power.at)
        return self.add(Node(operator, inputs, at=self.start + sign))

    def number(self, number: float, at: int) -> int:
        try:
            value = float(number)
        except OverflowError:
            value = float("inf")
        if abs(value) > LARGEST:
            raise self.refuse("this number is too large: beyond 1e100", at)
        return self.add(Node(NUMBER, number=value, at=at))

    def negated(self, inner: int, at: int) -> int:
        node = self.nodes[inner]
        if node.rule == NUMBER and inner == len(self.nodes) - 1:  # −4 is a number, not an operation
            self.nodes[inner] = Node(NUMBER, number=-node.number, at=at)
            return inner
        return self.add(Node("neg", (inner,), at=at))

    def variable(self, name: str, at: int) -> int:
        if name not in self.named:
            n_known = sum(node.rule == VARIABLE for node in self.nodes)
            if n_known == MAX_VARIABLES:
                raise self.refuse(f"an expression may have {MAX_VARIABLES} variables; {name} is one more", at)
            self.named[name] = self.add(Node(VARIABLE, label=name, number=STARTS[n_known % len(STARTS)], at=at))
        return self.named[name]

    def check_name(self, name: str, at: int) -> None:
        if name in FUNCTIONS:
            raise self.refuse(f"“{name}” is a function: write {name}(…)", at)
        if len(name) > MAX_NAME or name.startswith("_"):
            raise self.refuse(f"a name has 1 to {MAX_NAME} letters or digits, a letter first", at)

    def add(self, node: Node) -> int:
        if len(self.nodes) == MAX_NODES:
            raise self.refuse(f"an expression may have {MAX_NODES} numbers and operations", node.at)
        self.nodes.append(node)
        return len(self.nodes) - 1

    def behind(self, result: int) -> tuple[Node, ...]:
        """The nodes that the result needs, counted anew."""
        wanted, waiting = set[int](), [result]
        while waiting:
            i = waiting.pop()
            if i not in wanted:
                wanted.add(i)
                waiting.extend(self.nodes[i].inputs)
        places = {old: new for new, old in enumerate(sorted(wanted))}
        return tuple(
            Node(n.rule, tuple(places[i] for i in n.inputs), n.label, n.number, n.at)
            for n in (self.nodes[i] for i in sorted(wanted))
        )


def _refusal(tree: ast.expr) -> str:
    match tree:
        case ast.Call(func=ast.Name(id=function)) if function in FUNCTIONS:
            return f"“{function}” takes one number"
        case ast.Call(func=ast.Name(id=function)):
            return f"there is no function {function[:MAX_NAME]}; there are {', '.join(FUNCTIONS)}"
        case ast.Attribute():
            return "a dot has no meaning here: only names, numbers, + − * / ** and functions do"
        case ast.BinOp(op=ast.BitXor()):
            return "a power is written **"
    return "only names, numbers, + − * / ** and functions have a meaning here"
