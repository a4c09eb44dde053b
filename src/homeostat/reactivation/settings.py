"""Settings of training."""

from dataclasses import dataclass

from homeostat.errors import ConfigError


@dataclass(frozen=True)
class Schedule:
    """How long and on what a network is trained.

    Attributes
    ----------
    batches, batch, steps
        Number of batches; trajectories in each; steps of a trajectory.
    learning_rate
        Learning rate of Adam.
    evaluate_every
        Batches between two evaluations on the test trajectories.
    """

    batches: int
    batch: int = 200
    steps: int = 100
    learning_rate: float = 1e-3
    evaluate_every: int = 100

    def __post_init__(self) -> None:
        """Check the values."""
        for name, least in (("batches", 0), ("batch", 1), ("steps", 1), ("evaluate_every", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ConfigError(f"learning_rate must be above 0, got {self.learning_rate:g}")

    def evaluates_after(self, done: int) -> bool:
        """Return whether an evaluation follows the ``done``-th batch."""
        return done % self.evaluate_every == 0 or done == self.batches
