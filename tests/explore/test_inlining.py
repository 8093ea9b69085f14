"""The page's modules become one script: each once, after what it imports, under names of its own."""

import re
from pathlib import Path

import pytest

from quintet.explore.inlining import PAGE, script


def test_a_module_stands_after_all_that_it_imports(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text('import { b } from "./b.js";\nimport { c } from "./c.js";\n\nb(c);\n')
    (tmp_path / "b.js").write_text('import {\n  c,\n} from "./c.js";\nexport function b() {\n  return c;\n}\n')
    (tmp_path / "c.js").write_text("export const c = 1;\n")
    text = script(tmp_path)
    assert text.count("const c = 1;") == 1
    assert text.index("const c = 1;") < text.index("function b()") < text.index("b(c);")
    assert "import" not in text
    assert "export" not in text


def test_modules_with_a_name_in_common_are_refused(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text('import { a } from "./a.js";\nfunction own() {}\n')
    (tmp_path / "a.js").write_text("export const a = 1;\nfunction own() {}\n")
    with pytest.raises(ValueError, match=r"own is declared in main\.js and in a\.js"):
        script(tmp_path)


def test_every_module_is_part_of_the_page_and_reads_no_address() -> None:
    text = script()
    assert [file.name for file in PAGE.glob("*.js") if f"// {file.name}\n" not in text] == []
    assert not re.search(r"^\s*(import|export) ", text, re.MULTILINE)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "</script" not in text
