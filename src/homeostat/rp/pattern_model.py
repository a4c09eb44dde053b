"""What all models of patterns that can be kept share: mean likelihoods, and files."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from homeostat.errors import DataError
from homeostat.files import load_npz, save_npz
from homeostat.provenance import provenance
from homeostat.rp.measures import NATS_PER_BIT
from homeostat.sklearn_api import DensityEstimator, check_is_fitted


class PatternModel(DensityEstimator, ABC):
    """A model of patterns of 0 and 1."""

    # What a file keeps of a fit beside arrays.
    _fitted: ClassVar[tuple[str, ...]]

    @abstractmethod
    def score_samples(self, X: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return log p(x) of each pattern, in nats, shape (n_patterns,)."""

    @abstractmethod
    def _stored(self) -> dict[str, Any]:
        """Return the fitted model as arrays."""

    @abstractmethod
    def _restore(self, arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        """Take the fitted model from the arrays and the record of a file."""

    def score(self, X: NDArray[np.generic], y: None = None) -> float:
        """Return the mean log-likelihood per pattern, in nats."""
        return float(self.score_samples(X).mean())

    def score_bits(self, X: NDArray[np.generic]) -> float:
        """Return the mean log-likelihood per pattern, in bits."""
        return self.score(X) / NATS_PER_BIT

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to an NPZ file (no pickles)."""
        check_is_fitted(self, "n_patterns_")
        self._write(path, self._stored())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model written by :meth:`save`.

        Raises
        ------
        DataError
            The file does not hold a whole model of this class, or one with parameters that it does not have.
        """
        model, arrays, meta = cls._read(path)
        try:
            model._restore(arrays, meta)
        except KeyError as error:
            raise DataError(f"{path}: holds no whole {cls.__name__}: {error} is missing") from error
        except (ValueError, TypeError, IndexError) as error:
            raise DataError(f"{path}: holds no whole {cls.__name__}: {error}") from error
        return model

    def _write(self, path: str | os.PathLike[str], arrays: Mapping[str, Any], **more: Any) -> None:
        """Write the fitted model to an NPZ file; ``more`` becomes part of its record."""
        fitted = {name: getattr(self, name) for name in self._fitted}
        if hasattr(self, "feature_names_in_"):
            fitted["feature_names_in_"] = list(self.feature_names_in_)
        device = getattr(self, "device_", "cpu")
        meta = provenance(device=device, model=type(self).__name__, parameters=self.get_params(), fitted=fitted)
        save_npz(path, arrays, meta | more)

    @classmethod
    def _read(cls, path: str | os.PathLike[str]) -> tuple[Self, dict[str, NDArray[Any]], dict[str, Any]]:
        """Return a model with what :meth:`_write` kept of its fit, the arrays of the file and its record.

        Raises
        ------
        DataError
            The file does not hold a model of this class.
        """
        arrays, meta = load_npz(path)
        settings = meta.get("settings", {})
        if settings.get("model") != cls.__name__:
            raise DataError(f"{path}: holds {settings.get('model', 'no model')!r}, not a {cls.__name__}")
        try:
            model = cls(**settings["parameters"])
        except TypeError as error:
            raise DataError(f"{path}: was written by another version of {cls.__name__}: {error}") from error
        for name, value in settings["fitted"].items():
            setattr(model, name, np.array(value, dtype=object) if name == "feature_names_in_" else value)
        return model, arrays, meta
