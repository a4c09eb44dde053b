"""Settings of training."""

from dataclasses import dataclass

from homeostat.errors import ConfigError
from homeostat.inhibition.jitter import check_epsilon


@dataclass(frozen=True)
class Schedule:
    """How networks are trained.

    Attributes
    ----------
    epochs, batch
        The images that are left over when the last batch is full wait for the next epoch's order.
    epsilon
        Half the range of the luminosity jitter, of training, validation and test images.
    smoothing
        Label smoothing.
    local_weight
        lambda of the local loss.
    hidden_layers
        Number of hidden layers, all of one width.
    """

    epochs: int
    epsilon: float
    batch: int = 32
    smoothing: float = 0.1
    local_weight: float = 0.01
    hidden_layers: int = 2

    def __post_init__(self) -> None:
        """Check the values."""
        check_epsilon(self.epsilon)
        for name in ("epochs", "batch", "hidden_layers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be 1 or more, got {getattr(self, name)}")
