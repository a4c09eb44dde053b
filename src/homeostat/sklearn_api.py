"""scikit-learn's interface by its conventions, without its import, which takes a second.

:class:`DensityEstimator` has what scikit-learn's tools call (``clone``, ``Pipeline``, ``GridSearchCV``,
``cross_val_score``); its exceptions and warnings are imported when they are raised; where it
is not installed, this module's stand in for them.
"""

import inspect
import warnings
from abc import ABC, abstractmethod
from typing import Any, Self

from homeostat.arrays import check_names, names_of
from homeostat.errors import DataError, HomeostatError, nearest


class NotFittedError(HomeostatError, AttributeError):
    """A model was asked for what only a fitted one has; stands in for scikit-learn's where that is not installed."""


class ConvergenceWarning(UserWarning):
    """A fit, or what follows from it, is in doubt; stands in for scikit-learn's where that is not installed."""


class Parametrized:
    """An object whose parameters are the arguments of its constructor."""

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return sorted(inspect.signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; none of them has parameters of its own."""
        return {name: getattr(self, name) for name in self._get_param_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises
        ------
        DataError
            There is no parameter of this name; says which there are.
        """
        known = self._get_param_names()
        for name in params:
            if name not in known:
                raise DataError(
                    f"{type(self).__name__} has no parameter {name!r}{nearest(name, known)}; it has {', '.join(known)}"
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        texts = {name: repr(value) for name, value in self.get_params().items()}
        changed = [f"{name}={text}" for name, text in texts.items() if text != repr(defaults[name].default)]
        return f"{type(self).__name__}({', '.join(changed)})"


class Transformer(Parametrized, ABC):
    """A step of a pipeline that learns nothing and makes other patterns of those that it is given."""

    def fit(self, X: Any, y: None = None) -> Self:
        """Learn nothing."""
        return self

    @abstractmethod
    def transform(self, X: Any) -> Any:
        """Return the patterns that are made of ``X``."""

    def fit_transform(self, X: Any, y: None = None) -> Any:
        """Return the patterns that are made of ``X``."""
        return self.fit(X).transform(X)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            requires_fit=False,
        )


class DensityEstimator(Parametrized):
    """A model of a density."""

    _estimator_type = "DensityEstimator"

    def _remember_names(self, X: Any) -> None:
        """Keep the names of the columns that the model is fitted to, if they have any."""
        names = names_of(X)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _check_names(self, X: Any) -> None:
        """Refuse columns with other names than those that the model was fitted to."""
        if hasattr(self, "feature_names_in_"):
            check_names(list(self.feature_names_in_), X)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type="density_estimator", target_tags=TargetTags(required=False))


def check_is_fitted(model: DensityEstimator, attribute: str) -> None:
    """Check that a model has been fitted.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        It has not; :class:`NotFittedError` where scikit-learn is not installed.
    """
    if not hasattr(model, attribute):
        sentence = f"this {type(model).__name__} is not fitted yet; call fit with patterns first"
        raise _of_sklearn("NotFittedError", NotFittedError)(sentence)


def warn_of_doubt(sentence: str, stacklevel: int = 2) -> None:
    """Warn, with scikit-learn's ``ConvergenceWarning`` or ours, that a fit or what follows from it is in doubt."""
    warnings.warn(sentence, convergence_warning(), stacklevel=stacklevel + 1)


def convergence_warning() -> type[Warning]:
    """Return scikit-learn's ``ConvergenceWarning``, or ours where that is not installed."""
    return _of_sklearn("ConvergenceWarning", ConvergenceWarning)


def _of_sklearn(name: str, ours: type[Any]) -> type[Any]:
    """Return scikit-learn's exception of this name, or ours where it is not installed."""
    try:
        from sklearn import exceptions
    except ImportError:
        return ours
    return getattr(exceptions, name, ours)
