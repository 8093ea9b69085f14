"""quintet edit, augment and translate."""

from pathlib import Path

import numpy as np

from tests.cli.command import invoke, ok


def test_edit_learns_keeps_and_reuses_an_attribute(models: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.safetensors"
    model.write_bytes((models / "digits.safetensors").read_bytes())
    few = ("digits", "--limit", 60)
    ok("edit", model, *few, "--attribute", "slant", "--by", 5, "--keep", "--out", tmp_path / "a.npz")
    ok("edit", model, *few, "--attribute", "slant", "--by", 5, "--out", tmp_path / "b.npz")
    one, two = np.load(tmp_path / "a.npz"), np.load(tmp_path / "b.npz")
    np.testing.assert_array_equal(one["x"], two["x"])
    assert one["x"].shape == (60, 8, 8)
    ok("edit", model, *few, "--attribute", "digit", "--to", 3, "--by", 2, "--out", tmp_path / "c.png", "--quiet")
    refused = invoke("edit", models / "table.safetensors", models / "table.csv", "--attribute", "slant", "--by", 1,
                     "--out", tmp_path / "d.csv")  # fmt: skip
    assert refused.exit_code == 2
    assert "has no attribute 'slant'" in refused.output


def test_augment_writes_balanced_rows(models: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.npz"
    ok("augment", models / "digits.safetensors", "digits", "--limit", 60, "--per-class", 3, "--out", out)
    found = np.load(out)
    assert np.unique(found["y"], return_counts=True)[1].tolist() == [3] * 10
    refused = invoke("augment", models / "table.safetensors", models / "table.csv", "--out", tmp_path / "e.csv")
    assert refused.exit_code == 2
    assert "must have one label per row" in refused.output


def test_translate_and_align(models: Path, tmp_path: Path) -> None:
    model, old = tmp_path / "t.safetensors", tmp_path / "old.npy"
    few = ("--limit", 60, "--epochs", 4, "--latent-dim", 2, "--network", "mlp", "--quiet")
    ok("fit", "digits", "--variant", "translate", "--out", model, *few)
    np.save(old, np.full((20, 8, 8), 3, np.uint8))
    ok("translate", model, old, "--out", tmp_path / "a.npz")
    ok("translate", model, old, "--align", "digits", "--epochs", 2, "--out", tmp_path / "b.npz", "--quiet")
    ok("translate", model, old, "--out", tmp_path / "c.npz")
    rows = [np.load(tmp_path / f"{name}.npz")["x"] for name in "abc"]
    np.testing.assert_array_equal(rows[1], rows[2])  # what was learnt from the old rows is in the file
    refused = invoke("translate", models / "digits.safetensors", old, "--out", tmp_path / "d.npz")
    assert refused.exit_code == 2
    assert "holds no translator" in refused.output
