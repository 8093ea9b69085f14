"""Keys: where they come from, which are accepted, and that none is shown."""

from pathlib import Path

import pytest

from quintet.errors import FileRefused, InputError
from quintet.serving.keys import VARIABLE, Keys

ONE, TWO = "first-key-0123456789", "second-key-987654321"


def test_each_key_is_accepted_and_nothing_else() -> None:
    keys = Keys([ONE, TWO])
    assert keys.accepts(ONE.encode())
    assert keys.accepts(TWO.encode())
    for wrong in (b"", ONE[:-1].encode(), f"{ONE} ".encode(), f"{ONE}{TWO}".encode(), "schlüssel".encode(), b"\xff"):
        assert not keys.accepts(wrong)


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from quintet.serving import keys as module

    compared = []
    monkeypatch.setattr(module.hmac, "compare_digest", lambda a, b: compared.append((len(a), len(b))) or a == b)
    assert Keys([ONE, TWO, "third-key-0123456789"]).accepts(ONE.encode())
    assert compared == [(32, 32)] * 3, "no early end, and equal lengths whatever the key is"


def test_no_key_is_shown() -> None:
    keys = Keys([ONE])
    assert ONE not in repr(keys)
    assert ONE not in str(vars(keys))


def test_a_file_has_one_key_on_each_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# of the team\n{ONE}\n\n  {TWO}  \n")
    keys = Keys.from_file(file)
    assert repr(keys) == "<2 keys>"
    assert keys.accepts(TWO.encode())


def test_the_environment_has_keys_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert Keys.from_environment() is None
    monkeypatch.setenv(VARIABLE, f"{ONE}, {TWO}")
    assert repr(Keys.from_environment()) == "<2 keys>"


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"short\n", b"with a space in it 123\n", b"\xff\xfe\n"])
def test_a_file_without_sound_keys_is_refused_without_a_word_of_them(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes(content)
    with pytest.raises((InputError, FileRefused)) as refused:
        Keys.from_file(file)
    assert "short" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"keys cannot be read from .*nowhere"):
        Keys.from_file(tmp_path / "nowhere")
