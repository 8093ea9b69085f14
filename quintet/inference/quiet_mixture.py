"""scikit-learn's Gaussian mixture, quiet."""

from __future__ import annotations

from sklearn.mixture import GaussianMixture


class QuietGaussianMixture(GaussianMixture):  # type: ignore[misc]
    """scikit-learn's Gaussian mixture without a warning after ``max_iter`` steps."""

    @property
    def converged_(self) -> bool:
        """Always True, because more steps are not needed."""
        return True

    @converged_.setter
    def converged_(self, value: bool) -> None:
        pass
