"""An interrupted answer goes on for the same question alone, and its parts have the draws of the whole."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from quintet import VAE
from quintet.errors import FileRefused, InputError, WorkerLost
from quintet.scale import Scorer, bulk, job, score
from quintet.scale.engines import local
from quintet.scale.job import Job, Outcome
from tests.scale.models import answers, in_files, new_rows, table_model
from tests.shared import Shared

pytestmark = pytest.mark.filterwarnings("ignore:.*:quintet.errors.QuintetWarning")
ROWS = 60


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return table_model(shared)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return in_files(tmp_path / "rows", new_rows(ROWS), cuts=(25,))


def alone(model: VAE, source: Path | None, out: Path, question: str = "transform", **options: Any) -> bulk.Scored:
    return score(model, source, out, question, **{"workers": 1, "part_rows": 20, "verbose": False, **options})


def test_another_model_another_option_and_other_files_do_not_go_on(vae: VAE, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    alone(vae, source, out, "impute", random_state=1, keep="id")
    for other in ({"random_state": 2}, {"random_state": 1, "effort": "low"}):
        with pytest.raises(InputError, match="another options"):
            alone(vae, source, out, "impute", keep="id", resume=True, **other)
    with pytest.raises(InputError, match="another keep"):
        alone(vae, source, out, "impute", random_state=1, resume=True)
    manifest = json.loads((out / "_manifest.json").read_text())
    assert manifest["asked"]["model"] == vae.fitted_.fingerprint
    manifest["asked"]["model"] = "0" * len(vae.fitted_.fingerprint)
    (out / "_manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="another model"):
        alone(vae, source, out, "impute", random_state=1, keep="id", resume=True)
    manifest["asked"]["model"] = vae.fitted_.fingerprint
    (out / "_manifest.json").write_text(json.dumps(manifest))
    parquet.write_table(new_rows(90).slice(30, 25), source / "rows-0.parquet")  # as many rows under the same name
    with pytest.raises(InputError, match="another source"):
        alone(vae, source, out, "impute", random_state=1, keep="id", resume=True)


def test_the_manifest_is_complete_when_all_parts_are_there(
    vae: VAE, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(job.parquet, "write_table", full)
    with pytest.raises(FileRefused):
        alone(vae, source, tmp_path / "out")
    monkeypatch.undo()
    manifest = tmp_path / "out" / "_manifest.json"
    assert json.loads(manifest.read_text())["state"] == "begun"
    alone(vae, source, tmp_path / "out", resume=True)
    found = json.loads(manifest.read_text())
    assert (found["state"], found["parts"], found["asked"]["rows"]) == ("complete", 3, ROWS)


def test_parts_have_the_draws_of_their_places(vae: VAE, tmp_path: Path) -> None:
    alone(vae, None, tmp_path / "parts", "generate", random_state=3, rows=ROWS)
    alone(vae, None, tmp_path / "one", "generate", random_state=3, part_rows=ROWS, rows=ROWS)
    assert answers(tmp_path / "parts").to_pylist() == answers(tmp_path / "one").to_pylist()
    assert answers(tmp_path / "parts").slice(0, 20).to_pylist() != answers(tmp_path / "parts").slice(20, 20).to_pylist()


def test_a_whole_part_of_other_rows_is_answered_again(vae: VAE, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    alone(vae, source, out)
    before = answers(out).to_pylist()
    part = out / "part-000001.parquet"
    parquet.write_table(parquet.read_table(part).slice(0, 5), part)
    assert alone(vae, source, out, resume=True).were_there == 2
    assert answers(out).to_pylist() == before


def test_an_engine_that_loses_a_part_is_an_error_and_a_warning_is_given_once(
    vae: VAE, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def engine(job: Job, numbers: Sequence[int], workers: int | None) -> Iterator[Outcome]:
        for number in numbers[:-1]:
            yield Outcome(number, len(job.rows_of(number)), warnings=(f"{number + 3} cells were illegal.",))

    monkeypatch.setattr(bulk, "engine_named", lambda name: engine)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(WorkerLost, match=r"The engine answered 2 of 3 parts.*--resume"):
            alone(vae, source, tmp_path / "out")
    assert [str(one.message) for one in caught if "illegal" in str(one.message)] == ["Part 0: 3 cells were illegal."]


Pool = Callable[[Path, list[int], int], Generator[Outcome, None, list[int]]]


def pool_that_loses(lost: Sequence[set[int]], seen: list[list[int]]) -> Pool:
    """Pools of which the first dies over the parts of ``lost[0]``, and so on; ``seen`` are the parts that each gets."""

    def pool(handed: Path, left: list[int], count: int) -> Generator[Outcome, None, list[int]]:
        number = len(seen)
        seen.append(list(reversed(left)))
        dies = lost[number] if number < len(lost) else set()
        found = []
        while left:
            part = left.pop()
            if part in dies:
                found.append(part)
            else:
                yield Outcome(part, 1)
        return found

    return pool


def test_parts_of_a_worker_that_died_are_handed_out_again_and_given_up_after_three_deaths(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[list[int]] = []
    monkeypatch.setattr(local, "_one_pool", pool_that_loses([{3, 1}, {1}], seen))
    found = [outcome.number for outcome in local._pools(tmp_path, range(5), 2)]
    assert sorted(found) == list(range(5))
    assert seen == [[0, 1, 2, 3, 4], [1, 3], [1]]
    seen.clear()
    monkeypatch.setattr(local, "_one_pool", pool_that_loses([{2}, {2}, {2}], seen))
    with pytest.raises(WorkerLost, match="died 3 times over part 2"):
        list(local._pools(tmp_path, range(5), 2))
    assert len(seen) == 3


def test_numbers_keep_their_types_in_every_part(vae: VAE, source: Path, tmp_path: Path) -> None:
    alone(vae, source, tmp_path / "out", "detect")
    schemas = [parquet.read_schema(path) for path in sorted((tmp_path / "out").glob("part-*"))]
    assert len(schemas) == 3
    assert all(schema.equals(schemas[0]) for schema in schemas)
    types = {
        "row": pyarrow.int64(),
        "score": pyarrow.float64(),
        "p_value": pyarrow.float64(),
        "is_anomaly": pyarrow.bool_(),
    }
    assert {name: schemas[0].field(name).type for name in types} == types
    assert answers(tmp_path / "out")["score"].to_pylist() == Scorer(vae, "detect")(new_rows(ROWS))["score"].to_pylist()
