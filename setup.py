"""README for a package index, where relative links have no target: without pictures, links as their text."""

import re
from pathlib import Path

from setuptools import setup

HERE = r"\((?!https?://)[^)]*\)"
text = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
text = re.sub(rf"^!\[[^]]*\]{HERE}\n+", "", text, flags=re.MULTILINE)
text = re.sub(rf"\[([^]]*)\]{HERE}", r"\1", text)
setup(long_description=text, long_description_content_type="text/markdown")
