"""The colours of the study, by condition."""

# Okabe-Ito colours, which stay apart under all common kinds of colour blindness; one per kind of model.
COLOURS = {
    "independent": "#999999",
    "pairwise": "#555555",
    "RP": "#0072B2",
    "step RP": "#56B4E9",
    "reshaped": "#D55E00",
    "reshaped, tuned": "#E69F00",
    "backprop": "#009E73",
    "backprop, tuned": "#7DC9AE",
    "pruned RP": "#CC79A7",
    "unconstrained": "#D55E00",
    "homeostatic": "#CC79A7",
    "bounded (clamp)": "#56B4E9",
    "bounded (projected)": "#332288",
    "input": "#CC79A7",
    "output": "#E69F00",
    "circuit": "#117733",
    "true": "#117733",
    "random": "#CC79A7",
    "full": "#56B4E9",
}

SPARE = ("#882255", "#44AA99", "#DDCC77", "#000000", "#AA4499", "#661100")
"""For conditions that are not named above, such as those of a user."""
