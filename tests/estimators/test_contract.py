"""scikit-learn's own checks, over VAE, Imputer and Classifier."""

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from quintet import VAE, Classifier, Imputer

TINY = {"batch_size": 64}
SMALL = VAE(latent_dim=2, network={"kind": "mlp", "hidden": (8,)}, epochs=2, training=TINY)

MEANS = clone(SMALL).set_params(calibration=0.0)
"""Means of missing cells need no intervals either."""

EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": (
        "rows are trained on in batches drawn at random, so a row of weight 2 and a row that comes twice lead "
        "to the same objective by another path of gradients (docs: estimators)"
    )
}

FEW = Classifier(
    VAE(
        "semi",
        calibration=0.0,  # labels need no p-values
        latent_dim=2,
        network={"kind": "mlp", "hidden": (8,)},
        epochs=20,
        training={"batch_size": 32, "learning_rate": 1e-2},
    )
)
EXPECTED_OF_CLASSIFIER = EXPECTED | {
    "check_classifiers_classes": "it names a class -1, which says here that a row has no label, as in LabelSpreading",
}


def expected_failures(estimator: object) -> dict[str, str]:
    if isinstance(estimator, Classifier):
        return EXPECTED_OF_CLASSIFIER
    return EXPECTED if isinstance(estimator, VAE) else {}


@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
@parametrize_with_checks([SMALL, Imputer(MEANS), FEW], expected_failed_checks=expected_failures)
def test_contract_of_scikit_learn(estimator: object, check: object) -> None:
    check(estimator)  # type: ignore[operator]
