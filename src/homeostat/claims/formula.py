"""Formulas of claims: ``last(reshaped - random) / max(reshaped - random)``, parsed and never run as Python."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from homeostat.claims import functions
from homeostat.claims.curves import Array, Curve, Curves, combine
from homeostat.errors import ConfigError, nearest

_Binary = Callable[[Array, Array], Array]


def _truth(compare: Callable[[Array, Array], Any]) -> _Binary:
    """Return a comparison that yields 0 and 1, and NaN where a side is unknown."""
    return lambda a, b: np.where(np.isnan(a + b), np.nan, compare(a, b).astype(np.float64))


_OPERATORS: dict[type[ast.AST], _Binary] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Lt: _truth(operator.lt),
    ast.Gt: _truth(operator.gt),
}
_USE = "A formula has terms, numbers, + - * / < >, parentheses and the functions " + ", ".join(functions.NAMES)


class Formula:
    """A checked formula.

    Parameters
    ----------
    text
        Arithmetic over the names of terms, with the functions of :mod:`homeostat.claims.functions`.
    terms
        The names that may be used, and all must be.

    Raises
    ------
    ConfigError
        It is not a formula, names an unknown term or function, or leaves a term unused.
    """

    def __init__(self, text: str, terms: tuple[str, ...]) -> None:
        self.text = text
        self._unused = set(terms)
        for name in terms:
            if not name.isidentifier() or name in (*functions.NAMES, *functions.AXES):
                raise ConfigError(f"a term cannot be called {name!r}: choose a word that is not a function of formulas")
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except SyntaxError as error:
            raise ConfigError(f"{text!r} is not a formula ({error.msg}). {_USE}.") from None
        self._run = self._compile(tree.body, terms)
        if self._unused:
            raise ConfigError(f"{text!r} does not use the term {min(self._unused)!r}.")

    def __call__(self, values: Mapping[str, Curves]) -> Curves:
        """Return the formula's value for one seed, from the values of its terms.

        Raises
        ------
        DataError
            The terms do not fit together: other x, other numbers of conditions.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._run(values)

    def _compile(self, node: ast.AST, terms: tuple[str, ...]) -> Callable[[Mapping[str, Curves]], Curves]:
        match node:
            case ast.Name(id=name):
                if name not in terms:
                    raise ConfigError(f"{self.text!r}: there is no term {name!r}{nearest(name, terms)}.")
                self._unused.discard(name)
                return lambda values: values[name]
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                constant = Curves((Curve("", np.array([float(number)])),))
                return lambda values: constant
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self._compile(operand, terms)
                return lambda values: inner(values).map(operator.neg)
            case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
                if type(op) in _OPERATORS:
                    a, b, apply = self._compile(left, terms), self._compile(right, terms), _OPERATORS[type(op)]
                    return lambda values: combine(apply, a(values), b(values))
            case ast.Call(func=ast.Name(id=name), args=[first, *rest], keywords=[]):
                return self._call(name, first, rest, terms)
        raise ConfigError(f"{self.text!r}: {ast.unparse(node)!r} cannot stand in a formula. {_USE}.")

    def _call(
        self, name: str, first: ast.AST, rest: list[ast.expr], terms: tuple[str, ...]
    ) -> Callable[[Mapping[str, Curves]], Curves]:
        inner = self._compile(first, terms)
        if name in functions.PAIRS and len(rest) == 1:
            other, pair = self._compile(rest[0], terms), getattr(functions, name)
            return lambda values: pair(inner(values), other(values))
        axis = "x"
        if (name in functions.REDUCTIONS or name == "steps") and rest:
            axis = ast.unparse(rest.pop())
            if axis not in functions.AXES:
                raise ConfigError(f"{self.text!r}: {name} goes over x or over conditions, not over {axis!r}.")
        if name not in functions.NAMES:
            raise ConfigError(f"{self.text!r}: there is no function {name!r}{nearest(name, functions.NAMES)}. {_USE}.")
        if rest or name in functions.PAIRS:
            raise ConfigError(f"{self.text!r}: {name} is given {'too many' if rest else 'too few'} things.")
        if name in functions.REDUCTIONS:
            return lambda values: functions.reduce(name, inner(values), axis)
        if name in functions.SHAPES:
            return lambda values: functions.shape(name, inner(values))
        if name in functions.ELEMENTWISE:
            return lambda values: inner(values).map(functions.ELEMENTWISE[name])
        if name == "steps":
            return lambda values: functions.steps(inner(values), axis)
        return lambda values: functions.x_of(inner(values))
