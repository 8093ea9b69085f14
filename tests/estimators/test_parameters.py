"""Parameters: nested names reach the variant's and the training plan's options; what is unknown is named."""

import pytest
from sklearn.base import clone

from quintet import VAE
from quintet.errors import InputError
from quintet.variants import get


def test_an_option_of_a_variant_given_by_name_can_be_set() -> None:
    vae = VAE(variant="beta").set_params(variant__beta=4.0)
    assert type(vae.variant) is get("beta")
    assert vae.variant.beta == 4.0
    assert vae.get_params()["variant__beta"] == 4.0
    assert clone(vae).variant == vae.variant


def test_name_and_option_together_are_taken_in_this_order() -> None:
    vae = VAE().set_params(variant__beta=3.0, variant="beta")
    assert vae.variant.beta == 3.0


def test_options_of_a_name_are_listed_and_the_name_stays() -> None:
    vae = VAE(variant="beta")
    assert "variant__beta" in vae.get_params()
    assert vae.variant == "beta"


def test_setting_an_option_leaves_the_users_object_alone() -> None:
    mine = get("beta")(beta=2.0)
    assert VAE(variant=mine).set_params(variant__beta=5.0).variant.beta == 5.0
    assert mine.beta == 2.0


def test_training_options_are_reached_whether_none_dict_or_plan() -> None:
    from quintet.training import Training

    for given in (None, {"batch_size": 32}, Training(batch_size=32)):
        vae = VAE(training=given).set_params(training__learning_rate=0.25)
        assert vae.get_params()["training__learning_rate"] == 0.25
        if given is not None:
            assert vae.get_params()["training__batch_size"] == 32


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"latent_dims": 3}, "'latent_dims' is not known: did you mean 'latent_dim'"),
        ({"variant__bta": 3}, "no option 'bta': did you mean 'beta'"),
        ({"model__beta": 3}, "'model__beta' is not known"),
    ],
)
def test_unknown_parameters_are_named_with_the_nearest(params: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        VAE(variant="beta").set_params(**params)
