"""Which networks there are: kind of hidden layer, hard-coded LayerNorm, normalization of the errors."""

from dataclasses import dataclass

from homeostat.errors import ConfigError

HIDDEN = ("ei", "e", "inorm", "inorm_sub")
LAYER_NORMS = ("none", "full", "forward")
# What a hidden layer does to dL/dz before it is sent on; "none" leaves it as it is.
ERRORS = ("none", "full", "center", "scale", "decorrelate", "lateral")
# Added to variances before the square root, in LayerNorm and in divisive inhibition.
VARIANCE_FLOOR = 1e-5


@dataclass(frozen=True)
class Network:
    """A kind of network; the readout is an E/I layer with one inhibitory unit in all of them.

    A hidden layer with input x (d,) and n units gives z (n,), and what follows sees ReLU(z)::

        ei, inorm_sub   z = ex x + b - ei (ix x)
        e               z = ex x + b
        inorm           z = (ex x + b - ei (ix x)) / sqrt(mean((div x)^2) + 1e-5)

    The local loss of inorm is 0.01 <mean(z)^2 + (var(z) - 1)^2>, of inorm_sub 0.01 <mean(z)^2>: moments over units,
    < > over the batch.

    Attributes
    ----------
    hidden
        ``ei``: subtractive inhibition, all weights learn by the task. ``e``: excitation only. ``inorm``:
        subtractive and divisive inhibition; ``ix`` and ``div`` learn by the local loss alone, ``ei`` is frozen.
        ``inorm_sub``: the subtractive part of it; ``ix`` and ``ei`` learn by the local loss.
    layer_norm
        LayerNorm without gain and offset between a hidden layer and its ReLU: ``full``, or ``forward`` with
        errors that pass as if it were not there.
    error
        Normalization of the error g = dL/dz in inorm layers, with the standard deviation s of z over units. ``full``:
        (g - mean(g) - z (g.z) / n) / s; ``center``: g - mean(g); ``scale``: g / s; ``decorrelate``:
        g - z (g.z) / n; ``lateral``: g - sum_i nu_i g_i with fixed random nu > 0 that sum to one.

    Raises
    ------
    ConfigError
        A word that is not among these, or a normalization of the error in a layer that is not an I-Norm layer.
    """

    hidden: str
    layer_norm: str = "none"
    error: str = "none"

    def __post_init__(self) -> None:
        """Check the words."""
        for name, known in (("hidden", HIDDEN), ("layer_norm", LAYER_NORMS), ("error", ERRORS)):
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")
        if self.error != "none" and self.hidden != "inorm":
            raise ConfigError(f"errors are normalized in inorm layers only, not in {self.hidden!r}")
        if self.layer_norm != "none" and self.hidden not in ("ei", "e"):
            raise ConfigError(f"LayerNorm stands behind ei or e layers only, not behind {self.hidden!r}")

    @property
    def subtracts(self) -> bool:
        """Whether hidden layers have subtractive inhibition."""
        return self.hidden != "e"

    @property
    def divides(self) -> bool:
        """Whether hidden layers have divisive inhibition."""
        return self.hidden == "inorm"

    @property
    def local(self) -> bool:
        """Whether inhibition learns by the local loss, and carries no error of the task."""
        return self.hidden in ("inorm", "inorm_sub")


# The networks of the paper, by the names that stand in paths.
NETWORKS = {
    "ei": Network("ei"),
    "ei_ln": Network("ei", layer_norm="full"),
    "e_ln": Network("e", layer_norm="full"),
    "e_ln_forward": Network("e", layer_norm="forward"),
    "inorm": Network("inorm"),
    "inorm_sub": Network("inorm_sub"),
    **{f"inorm_{error}": Network("inorm", error=error) for error in ERRORS[1:]},
}
