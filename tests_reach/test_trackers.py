"""What TensorBoard and MLflow hold of a fit, read back by these themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from quintet import VAE
from quintet.errors import InputError
from quintet.training.trackers import Tracker
from tests.shared import unmeasured

# MLflow's store uses what SQLAlchemy deprecates, and keeps its connections open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
X = np.random.default_rng(0).normal(size=(240, 4))


@pytest.fixture(autouse=True)
def _in_haste() -> Iterator[None]:
    with unmeasured():
        yield


@pytest.fixture
def _mlflow_as_it_was() -> Iterator[None]:
    import mlflow

    mlflow.set_tracking_uri(None)
    yield
    mlflow.set_tracking_uri(None)


def fitted(tracker: Tracker) -> VAE:
    with tracker:
        return VAE(latent_dim=2, network={"kind": "mlp", "hidden": (8,)}, epochs=3).fit(X, callbacks=[tracker])


def test_tensorboard_holds_every_epochs_figures(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    vae = fitted(Tracker("tensorboard", folder=tmp_path, options={"batch_size": 32, "augmentation": ["flip"]}))
    (folder,) = {file.parent for file in (tmp_path / "quintet").glob("events.*")}
    events = EventAccumulator(str(folder))
    events.Reload()
    losses = [event.value for event in events.Scalars("joint/loss")]
    assert losses == pytest.approx([row["loss"] for row in vae.history_.stage("joint")], rel=1e-6)


@pytest.mark.usefixtures("_mlflow_as_it_was")
def test_mlflow_holds_every_epochs_figures_and_the_options(tmp_path: Path) -> None:
    import mlflow

    vae = fitted(Tracker("mlflow", folder=tmp_path, run="rows", options={"batch_size": 32, "clip": None}))
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    (experiment,) = client.search_experiments(filter_string="name = 'rows'")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.params == {"batch_size": "32"}
    assert run.info.status == "FINISHED"
    found = {metric.step: metric.value for metric in client.get_metric_history(run.info.run_id, "joint/loss")}
    rows = [row for row in vae.history_.rows if row["stage"] == "joint"]
    assert found == pytest.approx({step: row["loss"] for step, row in enumerate(rows, 1)})


@pytest.mark.usefixtures("_mlflow_as_it_was")
def test_mlflow_stays_where_the_user_put_it(tmp_path: Path) -> None:
    import mlflow

    place = f"sqlite:///{tmp_path / 'own.db'}"
    mlflow.set_tracking_uri(place)
    fitted(Tracker("mlflow", folder=tmp_path / "logs", settings={"mlflow": {"run_name": "first"}}))
    assert mlflow.get_tracking_uri() == place
    (run,) = mlflow.search_runs(search_all_experiments=True, output_format="list")
    assert run.info.run_name == "first"
    assert not (tmp_path / "logs" / "mlflow.db").exists()


def test_a_tracker_that_is_not_installed_is_refused(tmp_path: Path) -> None:
    from accelerate.utils import is_wandb_available

    if is_wandb_available():
        pytest.skip("Weights & Biases is installed")
    with pytest.raises(InputError, match="Tracker 'wandb' is not installed"):
        Tracker("wandb", folder=tmp_path)
