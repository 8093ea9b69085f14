"""Tables of mixed columns on the command line: columns, types and legal values of every answer."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from quintet import VAE, load
from quintet.data.readers.sources import load_data
from quintet.estimators._answers.drift import Drift
from tests.cli.command import invoke, ok
from tests.shared import Shared, hardly_measured, uncrossed, unguided

ROWS = 90
NAMES = ["id", "name", "sex", "age", "price", "day", "member", "ticket"]


def table(rows: int, seed: int = 0) -> pyarrow.Table:
    """Rows of an identifier, names, levels, whole numbers and prices with holes, dates, flags and free text."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 70, rows)
    day = np.datetime64("2021-03-01") + rng.integers(0, 200, rows)
    return pyarrow.table(
        {
            "id": np.arange(1000, 1000 + rows),
            "name": [f"person {seed} {i}" for i in range(rows)],
            "sex": [str(s) for s in rng.choice(["female", "male"], rows)],
            "age": pyarrow.array(age, mask=rng.random(rows) < 0.2),
            "price": np.round(3 * age + rng.random(rows), 2),
            "day": pyarrow.array(day.astype("datetime64[s]")),
            "member": [bool(flag) for flag in rng.random(rows) < 0.3],
            "ticket": [None if i % 3 else f"T {i}" for i in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def room(shared: Shared) -> Path:
    """A folder with a model, and new rows as .csv and .parquet."""
    return shared.whole("cli-tables", fill)


def fill(room: Path) -> None:
    from quintet.data.writers.frame_files import write_frame

    for name, frame in (("train.csv", table(ROWS)), ("new.csv", table(12, 1)), ("new.parquet", table(12, 1))):
        with open(room / name, "wb") as file:
            write_frame(file, name, frame)
    with hardly_measured(), uncrossed(), unguided():
        ok("fit", room / "train.csv", "--out", room / "m", "--epochs", 1, "--latent-dim", 2, "--quiet")


@pytest.fixture(autouse=True)
def here(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in room.iterdir():
        Path(path.name).symlink_to(path)


def read(name: str) -> pyarrow.Table:
    return load_data(name, table=True).x


def test_generated_rows_have_the_columns_types_and_values_of_training() -> None:
    ok("generate", "m", "-n", 20, "--out", "g.csv", "--quiet")
    ok("generate", "m", "-n", 20, "--out", "g.parquet", "--quiet")
    drawn, stored = read("g.csv"), parquet.read_table("g.parquet")
    assert drawn.column_names == stored.column_names == NAMES
    assert stored.to_pydict() == stored.cast(drawn.schema).to_pydict()
    known = read("train.csv")
    for name in ("sex", "age", "price", "day", "member"):
        assert drawn[name].type == known[name].type
    assert set(drawn["sex"].to_pylist()) <= {"female", "male"}
    assert all(price == round(price, 2) >= 0 for price in drawn["price"].to_pylist())
    assert drawn["name"].null_count == drawn["id"].null_count == 20, "columns left out are empty"


def test_whole_numbers_beside_missing_cells_are_written_as_such() -> None:
    ok("generate", "m", "-n", 80, "--missing", "--out", "g.csv", "--quiet")
    ages = [line.split(",")[3] for line in Path("g.csv").read_text().splitlines()[1:]]
    assert "" in ages
    assert all(age.isdigit() for age in ages if age)


def test_levels_have_the_shares_that_are_asked_for() -> None:
    ok("generate", "m", "-n", 20, "--balance", "sex", "--out", "b.csv", "--quiet")
    assert sorted(read("b.csv")["sex"].to_pylist()) == ["female"] * 10 + ["male"] * 10
    ok("generate", "m", "-n", 10, "--balance", "member=true:0.8,false:0.2", "--out", "b2.csv", "--quiet")
    assert sum(read("b2.csv")["member"].to_pylist()) == 8
    refused = invoke("generate", "m", "--balance", "sex=female", "--out", "x.csv")
    assert refused.exit_code == 2


def test_given_columns_hold_in_all_rows() -> None:
    pairs = ("--given", "sex=female", "--given", "age=30..40", "--given", "day=2021-04-01..", "--given", "member=true")
    ok("generate", "m", "-n", 20, *pairs, "--out", "g.csv", "--quiet")
    drawn = read("g.csv").to_pydict()
    assert set(drawn["sex"]) == {"female"}
    assert all(30 <= age <= 40 for age in drawn["age"])
    assert all(str(day) >= "2021-04-01" for day in drawn["day"])
    assert all(drawn["member"])
    ok("generate", "m", "-n", 20, "--given", "age=30,35", "--given", "sex=male,female", "--out", "h.csv", "--quiet")
    assert set(read("h.csv")["age"].to_pylist()) == {30, 35}
    for pairs, message in (
        (("age",), "--given must be COLUMN=VALUES"),
        (("age=",), "--given must be COLUMN=VALUES"),
        (("age=30", "age=40"), "--given names column 'age' twice"),
        (("sex=Female",), "no level 'Female': did you mean 'female'"),
        (("prise=3",), "no column 'prise': did you mean 'price'"),
        (("age=200..300",), "lies outside column 'age'"),
    ):
        options = [word for pair in pairs for word in ("--given", pair)]
        refused = invoke("generate", "m", *options, "--out", "x.csv")
        assert refused.exit_code == 2
        assert message in refused.stderr


def test_a_predicted_column_is_probabilities_of_levels_or_mean_and_quantiles() -> None:
    ok("predict", "m", "new.csv", "--column", "sex", "--out", "sex.csv", "--quiet")
    ok("predict", "m", "new.csv", "--column", "age", "--quantiles", "0.1,0.9", "--out", "age.parquet", "--quiet")
    sex, age = read("sex.csv").to_pydict(), parquet.read_table("age.parquet")
    assert set(sex) == {"female", "male", "(other)"}
    assert np.sum(list(sex.values()), axis=0) == pytest.approx(1)
    assert age.column_names == ["mean", "0.1", "0.9"]
    assert age.num_rows == 12
    refused = invoke("predict", "m", "new.csv", "--column", "Sex", "--out", "x.csv")
    assert refused.exit_code == 2
    assert "did you mean 'sex'" in refused.stderr
    refused = invoke("predict", "m", "new.csv", "--column", "age", "--quantiles", "0.1,2", "--out", "x.csv")
    assert "--quantiles must be a sequence" in refused.stderr


def test_corrections_are_listed_by_their_rows_and_data_are_repaired_only_on_request() -> None:
    frame = table(12, 1).to_pandas()
    frame.loc[2, "price"] *= 1000
    frame.to_csv("odd.csv", index=False)
    before = Path("odd.csv").read_bytes()
    said = ok("correct", "m", "odd.csv", "--threshold", 0.3, "--out", "c.csv", "--repaired", "r.csv", "--json").stdout
    found, repaired = read("c.csv").to_pydict(), read("r.csv").to_pydict()
    assert list(found) == ["row", "column", "before", "after", "probability", "damage"]
    assert json.loads(said)["damaged_cells"] == len(found["row"])
    assert (2, "price") in set(zip(found["row"], found["column"], strict=True))
    wanted = {name: list(values) for name, values in read("odd.csv").to_pydict().items()}
    listed = set(zip(found["row"], found["column"], strict=True))
    for name, values in wanted.items():
        for row, value in enumerate(values):
            assert (repaired[name][row] == value) or (row, name) in listed
    assert repaired["price"][2] != wanted["price"][2]
    ok("correct", "m", "odd.csv", "--limit", 3, "--threshold", 0.3, "--out", "c.parquet", "--quiet")
    assert set(parquet.read_table("c.parquet")["row"].to_pylist()) <= {0, 1, 2}
    assert Path("odd.csv").read_bytes() == before
    refused = invoke("correct", "m", "odd.csv", "--out", "x.csv", "--repaired", "x.csv")
    assert refused.exit_code == 2
    assert "two files" in refused.stderr
    assert invoke("correct", "m", "odd.csv", "--threshold", 2, "--out", "x.csv").exit_code == 2


def test_a_page_that_is_there_is_not_replaced_without_force() -> None:
    Path("page.html").write_text("mine")
    refused = invoke("report", "m", "new.csv", "--out", "page.html")
    assert refused.exit_code == 2
    assert "page.html" in refused.stderr
    assert Path("page.html").read_text() == "mine"


@pytest.mark.parametrize("source", ["new.csv", "new.parquet"])
def test_imputed_rows_keep_what_was_given(source: str) -> None:
    ok("impute", "m", source, "--out", "i.csv", "--quiet")
    given, filled = read(source), read("i.csv")
    assert filled.column_names == given.column_names
    assert filled["age"].null_count == 0
    for name in given.column_names:
        kept = np.asarray(given[name].is_valid())
        assert given[name].filter(kept).to_pylist() == filled[name].cast(given[name].type).filter(kept).to_pylist()


def test_draws_lie_below_the_rows_and_are_numbered() -> None:
    ok("impute", "m", "new.csv", "--draws", 2, "--limit", 5, "--out", "i.parquet", "--quiet")
    filled = parquet.read_table("i.parquet")
    assert filled["draw"].to_pylist() == [0] * 5 + [1] * 5 + [2] * 5
    assert filled["age"].null_count == 0


def test_detect_names_the_strangest_column() -> None:
    odd = table(4, 2).to_pandas()
    odd.loc[2, "price"] = 1e6
    odd.to_csv("odd.csv", index=False)
    ok("detect", "m", "odd.csv", "--out", "s.csv", "--quiet")
    ok("detect", "m", "odd.csv", "--out", "s.npz", "--quiet")
    found = read("s.csv")
    assert found["row"].to_pylist() == [0, 1, 2, 3]
    assert found["strangest_column"][2].as_py() == "price"
    with np.load("s.npz") as stored:
        assert list(stored["columns"]) == ["sex", "age", "price", "day", "member"]
        assert stored["where"].shape == (4, 5)


@pytest.mark.parametrize("source", ["new.csv", "new.parquet"])
def test_decompressed_rows_equal_the_file(source: str) -> None:
    ok("compress", "m", source, "--out", "x.qnt", "--effort", "low", "--quiet")
    ok("decompress", "m", "x.qnt", "--out", "back.parquet", "--quiet")
    given = read(source)
    back = parquet.read_table("back.parquet")
    assert back.cast(given.schema).equals(given), "Parquet keeps seconds as milliseconds"
    ok("decompress", "m", "x.qnt", "--rows", "3:5", "--out", "part.csv", "--quiet")
    assert read("part.csv").to_pylist() == read(source).slice(3, 2).to_pylist()


def test_a_regular_csv_returns_byte_for_byte() -> None:
    text = Path("new.csv").read_text().replace("\n", "\r\n").replace(",", ";")
    text = text.replace("female", '"female"')  # odd: nothing else is quoted
    Path("other.csv").write_bytes(text.encode("utf-16"))
    said = ok("compress", "m", "other.csv", "--out", "x.qnt", "--effort", "low", "--block-rows", 5, "--json")
    assert json.loads(said.stdout)["restored"] == "byte for byte"
    ok("decompress", "m", "x.qnt", "--out", "back.csv", "--quiet")
    assert Path("back.csv").read_bytes() == Path("other.csv").read_bytes()
    lines = text.splitlines(keepends=True)
    ok("decompress", "m", "x.qnt", "--rows", "4:7", "--out", "some.csv", "--quiet")
    assert Path("some.csv").read_bytes() == "".join([lines[0], *lines[5:8]]).encode("utf-16")
    for model in ((), ("--model", "m")):
        about = json.loads(ok("info", "x.qnt", *model, "--json").stdout)
        assert (about["version"], about["restores"]) == (5, "byte for byte")


def test_what_is_no_regular_csv_returns_cell_for_cell() -> None:
    lines = Path("new.csv").read_text().splitlines(keepends=True)
    Path("odd.csv").write_text("".join(line.replace(",", "," * 1 + " " * (k % 5)) for k, line in enumerate(lines)))
    for source, reason in ((("odd.csv",), "unlike the others"), (("new.csv", "--limit", 5), "were chosen")):
        said = json.loads(ok("compress", "m", *source, "--out", "x.qnt", "--effort", "low", "--force", "--json").stdout)
        assert said["restored"].startswith("cell for cell: ")
        assert reason in said["restored"]
        ok("decompress", "m", "x.qnt", "--out", "back.csv", "--quiet", "--force")
        assert read("back.csv").equals(read(source[0]).slice(0, said["rows"]))
        assert json.loads(ok("info", "x.qnt", "--json").stdout)["restores"] == "cell for cell"


def test_denoised_rows_are_tables() -> None:
    ok(
        "denoise",
        "m",
        "new.csv",
        "--limit",
        4,
        "--noise",
        "uniform",
        "--rate",
        0.1,
        "--effort",
        "low",
        "--out",
        "d.csv",
    )
    clean = read("d.csv")
    assert clean.column_names == NAMES
    assert set(clean["sex"].to_pylist()) <= {"female", "male"}


def test_columns_in_another_order_are_found_and_others_ignored() -> None:
    frame = table(6, 3)
    order = [*reversed(NAMES)]
    frame.select(order).append_column("extra", [["x"] * 6]).to_pandas().to_csv("other.csv", index=False)
    frame.to_pandas().to_csv("same.csv", index=False)
    ok("detect", "m", "other.csv", "--out", "a.csv", "--quiet")
    ok("detect", "m", "same.csv", "--out", "b.csv", "--quiet")
    assert read("a.csv")["score"].equals(read("b.csv")["score"])


def test_a_missing_column_is_imputed_with_a_note() -> None:
    table(5, 4).drop_columns(["sex", "day", "name", "ticket", "member"]).to_pandas().to_csv("few.csv", index=False)
    result = ok("impute", "m", "few.csv", "--out", "i.csv")
    assert result.output.count("'sex', 'day', 'member'") == 1
    assert "no missing cells" not in result.output
    filled = read("i.csv")
    assert filled.column_names == NAMES
    assert filled["day"].null_count == filled["sex"].null_count == 0


def test_text_in_a_column_of_numbers_is_named() -> None:
    frame = table(4).to_pandas()
    frame["age"] = ["31", "abc", "40", ""]
    frame.to_csv("odd.csv", index=False)
    result = invoke("detect", "m", "odd.csv", "--out", "s.csv")
    assert result.exit_code == 2
    assert "'age'" in result.output
    assert "'abc'" in result.output
    assert not Path("s.csv").exists()


@pytest.mark.parametrize("command", ["generate", "impute", "denoise"])
def test_tables_are_not_written_as_arrays(command: str) -> None:
    data = () if command == "generate" else ("new.csv",)
    result = invoke(command, "m", *data, "--out", "x.npy")
    assert result.exit_code == 2
    assert ".csv or .parquet" in result.output


def test_rows_of_training_are_known_and_evaluated_apart() -> None:
    assert "trained on 60 of these 90" in ok("impute", "m", "train.csv", "--out", "i.csv").output
    figures = ok("evaluate", "m", "new.csv", "--json").output
    assert '"rows_trained_on": 0' in figures


def test_a_schema_is_shown_written_edited_and_taken_back() -> None:
    shown = ok("schema", "train.csv", "--out", "s.json").output
    for name in NAMES:
        assert name in shown
    assert "nearly every row has a value of its own" in shown
    content = json.loads(Path("s.json").read_text())
    assert content["columns"]["age"]["type"] == "integer"
    content["columns"]["age"] |= {"type": "ordinal"}
    del content["columns"]["age"]["low"], content["columns"]["age"]["high"]
    content["columns"]["price"] |= {"low": 50, "high": 300}
    Path("s.json").write_text(json.dumps(content))
    options = ("--schema", "s.json", "--columns", "age,price,sex,day", "--drop", "day")
    edited = json.loads(ok("schema", "train.csv", *options, "--json").output)
    types = {name: entry["type"] for name, entry in edited["columns"].items()}
    assert types == dict.fromkeys(NAMES, "left_out") | {"age": "ordinal", "price": "continuous", "sex": "categorical"}
    few = ("--epochs", 1, "--latent-dim", 2, "--context", "none", "--calibration", 0, "--quiet")
    with hardly_measured(), uncrossed(), unguided():
        ok("fit", "train.csv", "--out", "edited", *options, *few)
    ok("generate", "edited", "-n", 30, "--out", "g.parquet", "--quiet")
    drawn = parquet.read_table("g.parquet")
    assert drawn.column_names == NAMES
    assert set(drawn["age"].to_pylist()) <= set(read("train.csv")["age"].to_pylist())
    assert all(50 <= price <= 300 for price in drawn["price"].to_pylist())
    assert drawn["day"].null_count == 30


def test_named_columns_of_numbers_are_a_table_unless_they_are_zeros_and_ones(table: np.ndarray) -> None:
    np.savetxt("numbers.csv", table, delimiter=",", header="a,b,c", comments="")
    assert "kind columns" in ok("schema", "numbers.csv").output
    assert "kind columns" in ok("schema", "numbers.csv", "--drop", "b").output
    assert "kind real" in ok("schema", "numbers.csv", "--kind", "real").output
    np.savetxt("ones.csv", table > 0, fmt="%d", delimiter=",", header="a,b,c", comments="")
    assert "kind binary" in ok("schema", "ones.csv").output
    assert "kind columns" in ok("schema", "ones.csv", "--kind", "columns").output


def test_rows_without_columns_have_a_schema_of_their_kind() -> None:
    ok("schema", "digits", "--out", "s.json", "--quiet")
    assert json.loads(Path("s.json").read_text())["kind"] == "image8"
    assert "image8" in ok("schema", "digits", "--schema", "s.json").output


BAD = {
    "a column that is not there": (("--drop", "agee"), ("--drop", "'agee'", "'age'")),
    "no column left": (("--columns", "age", "--drop", "age"), ("at least one",)),
    "no schema": (("--schema", "none.json"), ("none.json",)),
    "another kind": (("--schema", "s.json", "--kind", "real"), ("kind", "'columns'", "'real'")),
    "another file's schema": (("--schema", "s.json"), ("'height'", "schema")),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["schema", "fit"])
def test_options_that_do_not_fit_the_columns(case: str, command: str) -> None:
    options, says = BAD[case]
    Path("s.json").write_text(json.dumps({"height": {"type": "integer"}}))
    out = ("--out", "new") if command == "fit" else ()
    result = invoke(command, "train.csv", *options, *out)
    assert result.exit_code == 2, result.output
    for part in says:
        assert part in result.output
    assert not Path("new").exists()


def parquet_of(names: list[str], *columns: list[object]) -> None:
    parquet.write_table(
        pyarrow.Table.from_arrays([pyarrow.array(column) for column in columns], names=names), "x.parquet"
    )


TRAINING = {
    "two columns of one name": (lambda: parquet_of(["a", "a"], ["x", "y"], [1, 2]), "x.parquet", ("'a'", "rename")),
    "a column without a name": (lambda: parquet_of(["a", ""], ["x", "y"], [1, 2]), "x.parquet", ("column 2", "name")),
    "lists in a column": (lambda: parquet_of(["a", "b"], ["x", "y"], [[1], [2]]), "x.parquet", ("'b'", "list")),
    "one name twice in text": (lambda: Path("x.csv").write_text("a,b,a\nx,1,2\ny,2,3\n"), "x.csv", ("'a'", "rename")),
    "no name in text": (lambda: Path("x.csv").write_text("a,,c\nx,1,2\ny,2,3\n"), "x.csv", ("column 2", "name")),
    "nothing to model": (
        lambda: Path("x.csv").write_text("a,b\n" + "".join(f"word {i} of many,\n" for i in range(30))),
        "x.csv",
        ("'a'", "at least one column"),
    ),
}


@pytest.mark.parametrize("case", TRAINING)
def test_tables_that_cannot_be_learnt_are_refused_in_a_sentence(case: str) -> None:
    make, name, says = TRAINING[case]
    make()
    result = invoke("fit", name, "--out", "new", "--epochs", 1)
    assert result.exit_code == 2, result.output
    for part in says:
        assert part in result.output
    assert not Path("new").exists()


ASKED = {
    "no date": ("day", ["2021-03-04", "soon", "", "2021-03-05"], ("'day'", "'soon'")),
    "no flag": ("member", ["True", "False", "maybe", ""], ("'member'", "'maybe'")),
    "no number": ("price", ["1.5", "cheap", "", "3"], ("'price'", "'cheap'")),
}


@pytest.mark.parametrize("case", ASKED)
def test_cells_of_another_type_are_named(case: str) -> None:
    column, cells, says = ASKED[case]
    table(4).to_pandas().assign(**{column: cells}).to_csv("odd.csv", index=False)
    result = invoke("impute", "m", "odd.csv", "--out", "i.csv")
    assert result.exit_code == 2, result.output
    for part in says:
        assert part in result.output


def test_an_unseen_level_is_kept_and_strange() -> None:
    frame = table(4).to_pandas()
    frame.loc[1, "sex"] = "unknown"
    frame.to_csv("odd.csv", index=False)
    ok("impute", "m", "odd.csv", "--out", "i.csv", "--quiet")
    assert read("i.csv")["sex"].to_pylist() == frame["sex"].tolist()


def test_drift_lists_the_columns_and_leaves_with_0_whatever_it_finds() -> None:
    ok("drift", "m", "new.csv", "--quiet")
    ok("drift", "m", "new.parquet", "--out", "d.csv", "--quiet")
    found = read("d.csv")
    assert sorted(found["column"].to_pylist()) == sorted(set(NAMES) - {"id", "name", "ticket"})
    assert all(0 <= p <= 1 for p in found["p_value"].to_pylist())
    figures = json.loads(ok("drift", "m", "train.csv", "--json").stdout)
    assert figures["trained_on"] > 0
    assert 0 <= figures["p_value"] <= 1


@pytest.mark.parametrize(
    ("p_value", "moved", "said"), [(0.08, ("age",), True), (0.04, ("age",), False), (0.08, (), False)]
)
def test_a_column_that_is_named_beside_a_large_p_value_is_explained(
    p_value: float, moved: tuple[str, ...], said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VAE, "drift", lambda *_, **__: Drift(p_value, 0.5, moved, None, 9))
    notes = ok("drift", "m", "new.csv").stderr
    assert ("named by its own q-value, of at most 0.05" in notes) == said


def test_recalibrate_writes_another_model() -> None:
    from quintet.data.writers.frame_files import write_frame

    with open("normal.csv", "wb") as file:
        write_frame(file, "normal.csv", table(40, 2))
    ok("recalibrate", "m", "normal.csv", "--out", "m2", "--quiet")
    assert load("m2").held_out_ == 40
    ok("detect", "m2", "new.csv", "--out", "s.csv", "--quiet")


def test_weights_of_rows_are_a_column_that_is_not_modelled() -> None:
    with hardly_measured(), uncrossed(), unguided():
        quick = ("--epochs", 1, "--latent-dim", 2, "--quiet")
        ok("fit", "train.csv", "--out", "w", "--weights", "price", "--drop", "ticket", *quick)
        for column, message in (("name", "of object"), ("age", "with missing cells"), ("agee", "did you mean 'age'")):
            refused = invoke("fit", "train.csv", "--out", "v", "--weights", column, *quick)
            assert refused.exit_code == 2
            assert message in refused.output
    assert "price" not in [column.name for column in load("w").schema_.columns]
