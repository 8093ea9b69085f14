"""Sizes in bytes of a file packed by 7-zip's PPMd (variant H): ``python text_ppmd.py FILE ORDER ...``, as JSON.

Nothing here imports quintet.
"""

import json
import sys
from pathlib import Path

import pyppmd

MEMORY = 256 << 20


def main():
    """Print the size of the packed file for each order."""
    text = Path(sys.argv[1]).read_bytes()
    sizes = {}
    for order in sys.argv[2:]:
        encoder = pyppmd.Ppmd7Encoder(int(order), MEMORY)
        sizes[order] = len(encoder.encode(text)) + len(encoder.flush(endmark=False))
    print(json.dumps(sizes))


main()
