"""The plain reference: EM and the circuit's learning rule in a few lines of NumPy each, as the equations have them."""

import numpy as np
from scipy.special import logsumexp


def em_step(values, weights, total):
    """Return the weights after one iteration: responsibilities, then weighted means scaled to the total."""
    joint = values @ np.log(weights).T - weights.sum(axis=1)
    active = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    weighted = active.T @ values
    return total * weighted / weighted.sum(axis=1, keepdims=True)


def learn_online(values, weights, rate):
    """Learn patterns one by one, in place: s = softmax(log(W) y), W += eps (s y - s W)."""
    for y in values:
        drive = np.log(weights) @ y
        active = np.exp(drive - logsumexp(drive))
        weights += rate * active[:, None] * (y - weights)


def learn_batches(values, weights, rate, batch):
    """Learn patterns in batches, in place."""
    for first in range(0, len(values), batch):
        shown = values[first : first + batch]
        drive = shown @ np.log(weights).T
        active = np.exp(drive - logsumexp(drive, axis=1, keepdims=True))
        weights += rate * (active.T @ shown - active.sum(axis=0)[:, None] * weights)
