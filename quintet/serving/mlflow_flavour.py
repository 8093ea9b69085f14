"""Fitted models as MLflow models: the file that ``save`` writes, and a function of rows that MLflow's tools can call.

MLflow finds this module by its name in the model's description and calls ``_load_pyfunc``; nothing is pickled.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from quintet._version import __version__
from quintet.arguments import File, FittedVAE
from quintet.arguments.checking import checked
from quintet.arguments.rules import OneOf, Text
from quintet.errors import InputError
from quintet.extras import DISTRIBUTION, extra

FILE = "model.safetensors"
QUESTIONS = ("detect", "impute", "denoise", "generate", "transform")
"""Questions whose answers are rows."""
Question = Annotated[str, OneOf(QUESTIONS)]
Name = Annotated[str, Text("a name")]


@checked
def save_model(model: FittedVAE, path: File, *, question: Question = "detect", **more: Any) -> None:
    """Write a fitted estimator as an MLflow model.

    Parameters
    ----------
    path : folder, which must not exist.
    question : the one that ``predict`` answers unless its params name another.
    more : further arguments of ``mlflow.pyfunc.save_model``, such as ``metadata``.
    """
    with extra("mlflow", "An MLflow model"):
        import mlflow.pyfunc

    with tempfile.TemporaryDirectory() as folder:
        mlflow.pyfunc.save_model(str(path), **_parts(model, Path(folder), question), **more)


@checked
def log_model(model: FittedVAE, name: Name = "model", *, question: Question = "detect", **more: Any) -> Any:
    """Log a fitted estimator as a model of the active run, and return MLflow's record of it.

    Parameters
    ----------
    question : as of ``save_model``.
    more : further arguments of ``mlflow.pyfunc.log_model``, such as ``registered_model_name``.
    """
    with extra("mlflow", "An MLflow model"):
        import mlflow.pyfunc

    with tempfile.TemporaryDirectory() as folder:
        return mlflow.pyfunc.log_model(name=name, **_parts(model, Path(folder), question), **more)


@checked
def load_model(model_uri: Name) -> Any:
    """The estimator of an MLflow model, with all its methods; ``mlflow.pyfunc.load_model`` gives ``predict`` alone."""
    with extra("mlflow", "An MLflow model"):
        from mlflow.artifacts import download_artifacts
    from quintet.estimators import load

    found = sorted(Path(download_artifacts(artifact_uri=model_uri)).rglob(FILE))
    if len(found) != 1:
        raise InputError(
            f"model_uri must be that of a model by quintet.serving.mlflow_flavour, got {model_uri}, which holds none."
        )
    return load(found[0])


def _parts(model: Any, folder: Path, question: str) -> dict[str, Any]:
    """What MLflow writes: the file, how to load it, and the params of ``predict``."""
    with extra("mlflow", "An MLflow model"):
        from mlflow.models import ModelSignature
        from mlflow.types import ParamSchema, ParamSpec

    model.save(folder / FILE)
    params = [
        ParamSpec("question", "string", question),
        ParamSpec("effort", "string", "normal"),
        ParamSpec("n", "long", 1),
        ParamSpec("seed", "long", -1),
    ]
    return {
        "loader_module": __name__,
        "data_path": str(folder / FILE),
        "signature": ModelSignature(params=ParamSchema(params)),
        "pip_requirements": [f"{DISTRIBUTION}=={__version__}"],
    }


class Predictor:
    """What MLflow calls: rows in, a frame or an array out.

    Parameters
    ----------
    estimator : the fitted model.
    """

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """The answer to a question.

        Parameters
        ----------
        model_input : rows as the estimator's methods take them; of ``generate`` unused.
        params : "question", "effort", "n" (of ``generate``) and "seed" (-1: the model's own).
        """
        given = dict(params or {})
        question, seed = given.get("question", "detect"), int(given.get("seed", -1))
        if question not in QUESTIONS:
            raise InputError(f"question must be one of {', '.join(QUESTIONS)}, got {question!r}.")
        method = getattr(self._estimator, question, None)
        if method is None:
            raise InputError(
                f"This model does not answer {question}: {type(self._estimator).__name__} has no such method."
            )
        options: dict[str, Any] = {} if seed < 0 or question in ("detect", "transform") else {"random_state": seed}
        if question == "generate":
            return method(int(given.get("n", 1)), **options)
        if question in ("impute", "denoise") and given.get("effort", "normal") != "normal":
            options["effort"] = given["effort"]
        found = method(model_input, **options)
        return found.to_frame() if question == "detect" else found


def _load_pyfunc(data_path: str) -> Predictor:
    """MLflow's entrance."""
    from quintet.estimators import load

    path = Path(data_path)
    return Predictor(load(path / FILE if path.is_dir() else path))
