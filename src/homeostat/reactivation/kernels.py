"""Compiled kernels of the tasks and decoders."""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def walk(start, heading, speed, turn, side, border, slow, pull, step_seconds):
    """Let walkers move in a square box centred on 0; returns their steps and positions.

    Within ``border`` of the nearest wall and facing it, a walker moves ``slow`` times as fast and turns
    parallel to the wall, besides its random turn. ``pull`` draws each step towards the centre.

    Parameters
    ----------
    start : float64 (n_walks, 2), metres
    heading : float64 (n_walks,), radians
    speed : float64 (n_steps, n_walks), metres per second
    turn : float64 (n_steps, n_walks), radians per step
    side, border : float, metres
    slow, pull : float
    step_seconds : float, seconds

    Returns
    -------
    steps, positions : float64 (n_steps, n_walks, 2), metres
    """
    n_steps, n_walks = speed.shape
    steps = np.empty((n_steps, n_walks, 2))
    positions = np.empty((n_steps, n_walks, 2))
    for i in range(n_walks):
        x, y, angle = start[i, 0], start[i, 1], heading[i]
        for t in range(n_steps):
            nearest, wall = side / 2 - x, 0.0
            if side / 2 - y < nearest:
                nearest, wall = side / 2 - y, np.pi / 2
            if side / 2 + x < nearest:
                nearest, wall = side / 2 + x, np.pi
            if side / 2 + y < nearest:
                nearest, wall = side / 2 + y, 3 * np.pi / 2
            facing = (angle - wall + np.pi) % (2 * np.pi) - np.pi
            length = speed[t, i] * step_seconds
            away = 0.0
            if nearest < border and abs(facing) < np.pi / 2:
                length *= slow
                away = np.sign(facing) * (np.pi / 2 - abs(facing))
            dx = length * np.cos(angle) - pull * x
            dy = length * np.sin(angle) - pull * y
            x += dx
            y += dy
            angle += away + turn[t, i]
            steps[t, i, 0], steps[t, i, 1] = dx, dy
            positions[t, i, 0], positions[t, i, 1] = x, y
    return steps, positions


@numba.njit(cache=True, nogil=True)
def top_three(outputs, chosen):
    """Write the three largest numbers' places of each row into ``chosen``; of equal numbers the first.

    Parameters
    ----------
    outputs : (n, cells)
        At least three cells.
    chosen : int64 (n, 3)
    """
    for i in range(len(outputs)):
        first = second = third = -np.inf
        a, b, c = 0, 1, 2
        row = outputs[i]
        for j in range(row.size):
            value = row[j]
            # Few numbers come past this.
            if value > third:
                if value > first:
                    first, second, third = value, first, second
                    a, b, c = j, a, b
                elif value > second:
                    second, third = value, second
                    b, c = j, b
                else:
                    third, c = value, j
        chosen[i, 0], chosen[i, 1], chosen[i, 2] = a, b, c
