"""Databases on the command line: a query as DATA, answers in tables, and no password anywhere."""

from pathlib import Path

import pytest

from quintet.data.readers.sources import load_data
from quintet.data.writers import save_table
from tests.cli.command import invoke, ok
from tests.cli.test_tables import ROWS, table
from tests.shared import Shared, hardly_measured, uncrossed, unguided

SECRET = "postgresql://me:geheim@127.0.0.1:1/shop"


@pytest.fixture(scope="module")
def room(shared: Shared) -> Path:
    """A folder with a database of two tables, and a model of one of them."""
    return shared.whole("cli-databases", fill)


def fill(room: Path) -> None:
    save_table(room / "shop.sqlite", "people", table(ROWS))
    save_table(room / "shop.sqlite", "new", table(12, 1))
    with hardly_measured(), uncrossed(), unguided():
        query = "SELECT * FROM people WHERE age > 0 OR age IS NULL"
        ok(
            "fit",
            room / "shop.sqlite",
            "--query",
            query,
            "--out",
            room / "m",
            "--epochs",
            1,
            "--latent-dim",
            2,
            "--quiet",
        )


@pytest.fixture(autouse=True)
def here(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in room.iterdir():
        Path(path.name).symlink_to(path)


def test_answers_are_tables_with_the_types_of_the_rows() -> None:
    about = ("m", "sqlite:///shop.sqlite", "--query", "new", "-q")
    into = ("--out", "answers.duckdb", "--out-table")
    ok("impute", *about, *into, "filled")
    ok("detect", *about, *into, "scores")
    ok("predict", *about, "--column", "sex", *into, "sexes")
    ok("generate", "m", "-n", 5, *into, "drawn", "-q")
    ok("compress", *about, "--out", "new.qnt", "--effort", "low")
    ok("decompress", "m", "new.qnt", *into, "back", "-q")
    given = load_data("shop.sqlite", query="new").x
    assert load_data("answers.duckdb", query="back").x.to_pylist() == given.to_pylist()
    filled, drawn = (load_data("answers.duckdb", query=name).x for name in ("filled", "drawn"))
    for answer in (filled, drawn):
        kinds = {name: answer[name].type for name in ("age", "price", "day", "member")}
        assert kinds == {name: given[name].type for name in kinds}
    assert filled["age"].null_count == 0
    assert given["age"].null_count > 0
    assert load_data("answers.duckdb", query="scores").x.column_names[-1] == "strangest_column"
    assert load_data("answers.duckdb", query="sexes").x.num_rows == 12


def test_a_table_is_extended_or_replaced_only_where_asked() -> None:
    draw = ("generate", "m", "-n", 5, "--out", "answers.sqlite", "--out-table", "drawn", "-q")
    ok(*draw)
    assert "has a table 'drawn' already" in invoke(*draw).output
    ok(*draw, "--append")
    assert load_data("answers.sqlite").x.num_rows == 10
    ok(*draw, "--force")
    assert load_data("answers.sqlite").x.num_rows == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["schema", "shop.sqlite"], "query= (--query) must choose from the tables of shop.sqlite, new, people"),
        (
            ["impute", "m", "shop.sqlite", "--query", "old", "--out", "x.csv"],
            "has no table 'old': allowed are new, people",
        ),
        (["impute", "m", "shop.sqlite", "--query", "new", "--out", "x.db"], "--out x.db needs --out-table"),
        (["generate", "m", "--out", "x.csv", "--out-table", "x"], "--out-table needs a database as --out, got x.csv"),
        (["generate", "m", "--out", "x.csv", "--append"], "--append needs a database as --out"),
        (["generate", "m", "--out", "x.db", "--out-table", "x", "--append", "--force"], "cannot be combined"),
        (["generate", "m", "--out", "no/x.db", "--out-table", "x"], "The folder no does not exist"),
        (["generate", "m", "--out", SECRET, "--out-table", "x"], "Cannot open postgresql://me@127.0.0.1:1/shop"),
        (["fit", SECRET, "--out", "n"], "Cannot open postgresql://me@127.0.0.1:1/shop"),
        (["impute", "m", SECRET, "--query", "x", "--out", "x.csv"], "Cannot open postgresql://me@127.0.0.1:1/shop"),
        (["detect", "m", SECRET, "--split", "test", "--out", "x.csv"], "postgresql://me@127.0.0.1:1/shop has no test"),
    ],
)
def test_wrong_options_are_one_sentence_without_a_password(arguments: list[str], said: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1
    assert "geheim" not in result.output
    assert not list(Path().glob("x.*"))
