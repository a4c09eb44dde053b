"""Settings of training: how networks are trained, and what is recorded."""

import math
from dataclasses import asdict, dataclass

from homeostat.errors import ConfigError
from homeostat.parameters import check_types


@dataclass(frozen=True)
class Training:
    """How networks are trained and what is recorded.

    Attributes
    ----------
    iterations, batch, learning_rate
        Steps of Adam, images in each, and its rate, which stays constant.
    rows_every
        Every so many iterations the batch's activation probabilities are kept.
    evaluate_at
        Iterations after which the test set is evaluated; those beyond the last one are ignored, which is evaluated
        in any case.
    test_batches
        Sizes of test batches. The first one is used along the way and for the units' responses; with the others the
        final accuracy is measured once more.

    Raises
    ------
    ConfigError
        Fewer than one iteration, two images a batch or one test batch, or a rate that is not positive.
    DataError
        A value of the wrong type.
    """

    iterations: int
    batch: int
    learning_rate: float
    rows_every: int = 100
    evaluate_at: tuple[int, ...] = ()
    test_batches: tuple[int, ...] = (1000,)

    def __post_init__(self) -> None:
        check_types(self)
        if self.iterations < 1 or self.batch < 2 or self.rows_every < 1 or not self.test_batches:
            raise ConfigError(
                "training needs iterations >= 1, batch >= 2, rows_every >= 1 and at least one test batch; got "
                f"{asdict(self)}"
            )
        if not 0 < self.learning_rate < math.inf:
            raise ConfigError(f"learning_rate must be positive, got {self.learning_rate}")
