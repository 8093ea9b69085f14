"""The questions over a socket: every form of body and answer, equal to what the model itself answers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from quintet import load
from tests_reach.service import RECORD, Service, error_of, files, running

ARROW, PNG, BYTES = "application/vnd.apache.arrow.stream", "image/png", "application/octet-stream"
DIGITS = load_digits().images[300:340].astype(np.uint8)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return files(tmp_path_factory)


@pytest.fixture(scope="module")
def service(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(models, tmp_path_factory.mktemp("log"), reload_seconds=60) as found:
        yield found


@pytest.fixture(scope="module")
def own(models: dict[str, Path]) -> dict[str, Any]:
    """The models themselves."""
    return {name: load(path) for name, path in models.items()}


def table_of(*records: dict[str, Any]) -> pa.Table:
    return pa.table({name: [record[name] for record in records] for name in RECORD})


def ask(service: Service, path: str, rows: Any, **options: Any) -> Any:
    response = service.client.post(f"/models/{path}", json={"rows": rows}, params=options)
    assert response.status_code == 200, response.text
    assert response.headers["x-model-version"] == response.json()["model"]["version"]
    return response.json()


def arrow(found: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, found.schema) as writer:
        writer.write_table(found)
    return sink.getvalue()


def from_arrow(content: bytes) -> pa.Table:
    return pa.ipc.open_stream(content).read_all()


def png(pixels: np.ndarray) -> bytes:
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG")
    return sink.getvalue()


def test_detect_gives_the_models_scores(service: Service, own: dict[str, Any]) -> None:
    found = ask(service, "images/detect", DIGITS[:5].tolist(), cells=True)
    wanted = own["images"].detect(DIGITS[:5])
    assert [row["score"] for row in found["rows"]] == wanted.scores.tolist()
    assert [row["p_value"] for row in found["rows"]] == wanted.p_values.tolist()
    assert [row["is_anomaly"] for row in found["rows"]] == wanted.is_anomaly.tolist()
    np.testing.assert_array_equal(np.float32([row["cells"] for row in found["rows"]]), wanted.where)
    assert found["rule"] == wanted.rule


def test_detect_of_a_table_names_the_strangest_column(service: Service, own: dict[str, Any]) -> None:
    odd = RECORD | {"price": 900.0}
    found = ask(service, "table/detect", [RECORD, odd], false_alarms=0.2)
    wanted = own["table"].detect(table_of(RECORD, odd), false_alarms=0.2)
    assert [row["score"] for row in found["rows"]] == wanted.scores.tolist()
    assert [row["strangest_column"] for row in found["rows"]] == wanted.strangest_columns().tolist()
    assert "cells" not in found["rows"][0]
    assert found["rule"] == "p <= 0.2"


def test_impute_keeps_what_is_known_and_fills_the_rest(service: Service, own: dict[str, Any]) -> None:
    holes = RECORD | {"age": None, "when": None, "price": None}
    found = ask(service, "table/impute", [RECORD | {"price": None}, holes])["rows"]
    known = {name: value for name, value in holes.items() if value is not None}
    assert {name: found[1][name] for name in known} == known
    assert found[0]["price"] == own["table"].impute(table_of(RECORD | {"price": None})).column("price")[0].as_py()
    assert isinstance(found[1]["age"], int)
    assert pd.Timestamp(found[1]["when"]).year == 2024


def test_draws_are_those_of_the_seed(service: Service, own: dict[str, Any]) -> None:
    holed = DIGITS[:3].astype(float)
    holed[:, 3:] = np.nan
    rows = [[[None if cell != cell else int(cell) for cell in line] for line in row] for row in holed.tolist()]
    found = ask(service, "images/impute", rows, draws=3, seed=5)["draws"]
    np.testing.assert_array_equal(found, own["images"].impute(holed, draws=3, random_state=5))
    assert ask(service, "images/impute", rows, draws=3, seed=6)["draws"] != found


def test_denoise_says_what_noise_it_found(service: Service, own: dict[str, Any]) -> None:
    found = ask(service, "images/denoise", DIGITS[:4].tolist(), noise="replacement", rate=0.1, effort="low")
    wanted, report = own["images"].denoise(DIGITS[:4], "replacement", rate=0.1, effort="low", return_report=True)
    np.testing.assert_array_equal(found["rows"], wanted)
    assert found["noise"]["kind"] == report.kind
    np.testing.assert_allclose(found["noise"]["rates"], report.rates)


def test_generate_gives_the_models_rows_and_what_is_given(service: Service, own: dict[str, Any]) -> None:
    about = {"n": 6, "given": {"age": {"from": 30, "to": 40}, "place": ["north", "west"]}, "seed": 3}
    found = service.client.post("/models/table/generate", json=about).json()["rows"]
    assert len(found) == 6
    assert all(30 <= row["age"] <= 40 and row["place"] in ("north", "west") for row in found)
    answer = service.client.post("/models/labelled/generate", json={"n": 2, "condition": [3, 7], "seed": 1}).json()
    assert answer["conditions"] == [3, 7]
    np.testing.assert_array_equal(answer["rows"], own["labelled"].generate(2, [3, 7], random_state=1))


def test_a_condition_comes_in_the_query_or_in_the_body(service: Service, own: dict[str, Any]) -> None:
    wanted = own["labelled"].detect(DIGITS[:2], condition=4).scores.tolist()
    found = ask(service, "labelled/detect", DIGITS[:2].tolist(), condition="4")["rows"]
    body = {"rows": DIGITS[:2].tolist(), "condition": 4}
    again = service.client.post("/models/labelled/detect", json=body).json()["rows"]
    assert [row["score"] for row in found] == wanted == [row["score"] for row in again]
    assert error_of(service.client.post("/models/images/detect", json=body))["code"] == "invalid_input"


def test_compressed_rows_come_back_bit_for_bit(service: Service, own: dict[str, Any]) -> None:
    file = service.client.post("/models/images/compress", json={"rows": DIGITS.tolist()})
    assert file.headers["content-type"] == BYTES
    np.testing.assert_array_equal(own["images"].decompress(file.content), DIGITS)
    back = service.client.post("/models/images/decompress", content=file.content, headers={"content-type": BYTES})
    np.testing.assert_array_equal(back.json()["rows"], DIGITS)
    damaged = bytes([*file.content[:-9], file.content[-9] ^ 1, *file.content[-8:]])
    again = service.client.post("/models/images/decompress", content=damaged, headers={"content-type": BYTES})
    assert error_of(again)["status"] == 422


def test_arrow_in_and_out(service: Service, own: dict[str, Any]) -> None:
    given = table_of(RECORD, RECORD | {"age": 60})
    send = {"content": arrow(given), "headers": {"content-type": ARROW, "accept": ARROW}}
    found = from_arrow(service.client.post("/models/table/impute", **send).content)
    assert found.to_pylist() == own["table"].impute(given).to_pylist()
    scores = from_arrow(service.client.post("/models/table/detect", params={"cells": True}, **send).content)
    assert scores.column("score").to_pylist() == own["table"].detect(given).scores.tolist()
    assert scores.column("cells").type.list_size == 8
    drawn = from_arrow(service.client.post("/models/table/impute", params={"draws": 2}, **send).content)
    assert drawn.column("draw").to_pylist() == [0, 0, 1, 1]
    pictures = pa.table({"row": pa.FixedSizeListArray.from_arrays(pa.array(DIGITS[:3].ravel()), 64)})
    answer = service.client.post("/models/images/detect", content=arrow(pictures), headers={"content-type": ARROW})
    assert [row["score"] for row in answer.json()["rows"]] == own["images"].detect(DIGITS[:3]).scores.tolist()


def test_png_in_and_out(service: Service, own: dict[str, Any]) -> None:
    picture = np.stack([DIGITS[0], np.full((8, 8), 255, dtype=np.uint8)], -1)
    picture[4:, :, 1] = 0  # transparent
    send = {"content": png(picture), "headers": {"content-type": PNG, "accept": PNG}}
    answer = service.client.post("/models/images/impute", **send)
    assert answer.headers["content-type"] == PNG
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)))
    mask = np.zeros((8, 8), dtype=bool)
    mask[4:] = True
    np.testing.assert_array_equal(pixels, np.rint(own["images"].impute(DIGITS[:1], mask=mask)[0]))
    np.testing.assert_array_equal(pixels[:4], DIGITS[0, :4])
    new = service.client.post("/models/images/generate", json={"n": 1, "seed": 2}, headers={"accept": PNG})
    assert Image.open(io.BytesIO(new.content)).size == (8, 8)
    several = service.client.post("/models/images/generate", json={"n": 2}, headers={"accept": PNG})
    assert error_of(several)["status"] == 406
    assert error_of(service.client.post("/models/table/impute", **send))["status"] == 406


def test_series_and_text_answer_too(service: Service, own: dict[str, Any]) -> None:
    load = np.sin(np.arange(120) * 2 * np.pi / 24)
    gap: list[float | None] = load.tolist()
    gap[50:53] = [None] * 3
    holed = load.copy()
    holed[50:53] = np.nan
    np.testing.assert_array_equal(ask(service, "series/impute", gap)["rows"], own["series"].impute(holed))
    found = ask(service, "series/detect", load.tolist())
    assert [row["score"] for row in found["rows"]] == own["series"].detect(load).scores.tolist()
    steps = ask(service, "series/forecast", load.tolist(), steps=5)["rows"]
    assert [row["x0"] for row in steps] == own["series"].forecast(load, 5).mean[:, 0].tolist()
    lines = ["the c_t sat", "zzz"]
    assert ask(service, "text/impute", lines)["rows"] == own["text"].impute(lines)
    assert [row["score"] for row in ask(service, "text/detect", lines)["rows"]] == own["text"].detect(
        lines
    ).scores.tolist()
    new = service.client.post("/models/text/generate", json={"n": 3, "prompt": "the"}).json()["rows"]
    assert new == own["text"].generate(3, prompt="the")
    file = service.client.post("/models/text/compress", json={"rows": lines})
    assert own["text"].decompress(file.content) == lines


def test_answers_do_not_depend_on_what_is_asked_beside(service: Service) -> None:
    """Fifty clients at once get what each gets alone, bit for bit."""
    holed = [[None if i % 7 == 3 else cell for i, cell in enumerate(line)] for line in DIGITS[5].tolist()]
    bodies: list[tuple[str, Any]] = []
    for k in range(12):
        bodies += [
            ("images/detect", {"rows": DIGITS[k : k + 1 + k % 3].tolist()}),
            ("images/impute", {"rows": [holed] * (1 + k % 2)}),
            ("images/impute?draws=1", {"rows": [holed]}),
            ("table/detect", {"rows": [RECORD | {"age": 20 + k, "free": k % 2 == 0}]}),
            ("table/impute", {"rows": [RECORD | {"age": None if k % 3 else 33, "visits": k}]}),
            ("table/detect", {"rows": [RECORD | {"age": "old"}]}),
        ]

    def answer(asked: tuple[str, Any]) -> Any:
        return service.client.post(f"/models/{asked[0]}", json=asked[1]).json()

    before = service.figure("quintet_batch_requests_count"), service.figure("quintet_batch_requests_sum")
    with ThreadPoolExecutor(32) as clients:
        together = list(clients.map(answer, bodies))
    calls = service.figure("quintet_batch_requests_count") - before[0]
    assert service.figure("quintet_batch_requests_sum") - before[1] == len(bodies)
    assert calls < len(bodies), "no requests shared a call"
    assert [answer(asked) for asked in bodies[:24]] == together[:24]
    assert all("error" in together[i] for i in range(5, len(bodies), 6))


def test_a_model_says_what_it_is(service: Service, own: dict[str, Any]) -> None:
    names = [model["name"] for model in service.client.get("/models").json()["models"]]
    assert names == ["table", "images", "labelled", "gan", "series", "text"]
    found = service.client.get("/models/table").json()
    assert [column["name"] for column in found["columns"]] == [*small_names(), "key", "same"]
    assert found["schema"]["columns"][0]["levels"] == list(own["table"].schema_.columns[0].levels)
    assert found["thresholds"]["false_alarms"] == own["table"].false_alarms
    images = service.client.get("/models/images").json()
    assert images["thresholds"]["score"] in (-own["images"].offset_, None)
    assert PNG in images["questions"]["impute"]["accept"]
    assert "reason" in service.client.get("/models/gan").json()["questions"]["compress"]


def small_names() -> list[str]:
    return ["place", "age", "price", "free", "visits", "size", "when"]


def test_a_note_says_what_needs_attention(service: Service) -> None:
    lacking = {name: value for name, value in RECORD.items() if name != "place"}
    assert "'place'" in ask(service, "table/detect", [lacking])["notes"][0]
    assert "notes" not in ask(service, "table/detect", [RECORD])
