"""Gradient ascent on batches of parameters: Adam, and Nesterov momentum with the authors' settings.

Parameters and gradients are dictionaries of arrays whose first axis counts models; every operation is
elementwise or per model, so a model's path does not depend on the others in its batch.
"""

from dataclasses import dataclass, field
from typing import Any

from array_api_compat import array_namespace

Arrays = dict[str, Any]


def _per_model(rate: Any, values: Any) -> Any:
    """Return a rate, one number or one per model, in a shape that multiplies ``values``."""
    return rate if isinstance(rate, float) else rate.reshape((-1,) + (1,) * (values.ndim - 1))


def _zeros_like(values: Arrays) -> Arrays:
    return {name: array_namespace(value).zeros_like(value) for name, value in values.items()}


@dataclass
class Adam:
    """Adam (Kingma & Ba 2015), ascending: beta1 is the momentum m, beta2 = 1 - (1 - m)^2.

    Persistent chains follow the parameters with a delay, so an average over the model answers to parameters some steps
    old. A long memory of gradients adds to that delay, and the fit overshoots: the usual 0.9 needs two to three times
    as many steps as 0.5 (docs/performance.md).
    """

    momentum: float
    epsilon: float = 1e-8
    state: Arrays = field(default_factory=dict)
    count: int = 0

    def update(self, values: Arrays, gradients: Arrays, rate: Any) -> Arrays:
        """Return the parameters after one step of size ``rate``, a number or a vector (M,)."""
        if not self.state:
            self.state = {f"m_{n}": v for n, v in _zeros_like(values).items()}
            self.state |= {f"v_{n}": v for n, v in _zeros_like(values).items()}
        self.count += 1
        beta1, beta2 = self.momentum, 1.0 - (1.0 - self.momentum) ** 2
        scale = 1.0 / (1.0 - beta2**self.count)
        updated = {}
        for name, gradient in gradients.items():
            xp = array_namespace(gradient)
            mean = beta1 * self.state[f"m_{name}"] + (1.0 - beta1) * gradient
            square = beta2 * self.state[f"v_{name}"] + (1.0 - beta2) * gradient * gradient
            self.state[f"m_{name}"], self.state[f"v_{name}"] = mean, square
            step = _per_model(rate, gradient) / (1.0 - beta1**self.count)
            updated[name] = values[name] + step * mean / (xp.sqrt(scale * square) + self.epsilon)
        return updated


@dataclass
class NesterovSGD:
    """Nesterov momentum as in the authors' package.

    The factors lambda move with rate / (|g| sqrt(t)), |g|^2 averaged over about 30 steps (theirs has a rate of 0.1);
    weights and thresholds with the constant ``rate``.
    """

    momentum: float = 0.99
    window: int = 30
    state: Arrays = field(default_factory=dict)
    count: int = 0

    def update(self, values: Arrays, gradients: Arrays, rate: Any) -> Arrays:
        """Return the parameters after one step."""
        if not self.state:
            self.state = {f"m_{n}": v for n, v in _zeros_like(values).items()}
        self.count += 1
        updated = {}
        for name, gradient in gradients.items():
            xp = array_namespace(gradient)
            size = _per_model(rate, gradient)
            if name == "lam":
                square = xp.sum(gradient * gradient, axis=-1, keepdims=True)
                before = self.state.get("norm", square)
                self.state["norm"] = before + (square - before) / min(self.count, self.window)
                size = size / xp.sqrt(self.state["norm"] * self.count + 1e-12)
            velocity = self.momentum * self.state[f"m_{name}"] + gradient
            self.state[f"m_{name}"] = velocity
            updated[name] = values[name] + size * (gradient + self.momentum * velocity)
        return updated
