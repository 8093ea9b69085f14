"""What the figures of a page say to readers who do not see them."""

from __future__ import annotations

import re


def alt_texts(page: str) -> list[str]:
    """The alt texts of all figures, each of more than a few words and none the mere title of a figure."""
    labels = re.findall(r'role="img" aria-label="([^"]*)"', page)
    assert len(labels) == len(re.findall(r"<svg", page))
    titles = set(re.findall(r"<h3>(.*?)</h3>", page))
    for label in labels:
        assert len(label.split()) > 5, label
        assert label not in titles, label
    return labels
