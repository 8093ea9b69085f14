"""Make the folder ``runtime/`` anew: ``python -m quintet.explore.vendor`` (needs npm).

The page runs where nothing can be downloaded, so the browser's runtime is part of the package. This script fetches the
one pinned version by npm, compares the archive with the integrity below, and packs the two files that the page needs
into bytes that are the same on every machine.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "onnxruntime-web"
VERSION = "1.30.0"
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
"""The SHA-512 of the package's archive, in the form of npm's lock files."""
FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""The runtime with its loader, and the compiled code. One thread is used: threads need a server's headers."""
RUNTIME = Path(__file__).parent / "runtime"


def main() -> int:
    """Write every file of ``runtime/`` again; the exit code is 1 if a file changed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        archive = Path(folder, f"{PACKAGE}-{VERSION}.tgz")
        refuse_other(archive.read_bytes())
        changed = [name for name in FILES if write_packed(archive, name)]
    print(f"{PACKAGE} {VERSION}: " + (f"changed: {', '.join(changed)}" if changed else "nothing changed"))
    return 1 if changed else 0


def refuse_other(archive: bytes) -> None:
    """Refuse an archive that is not the pinned one."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != INTEGRITY:
        raise SystemExit(f"{PACKAGE} {VERSION} must have the integrity {INTEGRITY}, got {found}.")


def write_packed(archive: Path, name: str) -> bool:
    """Pack one file of the archive into ``runtime/``; whether its bytes changed."""
    with tarfile.open(archive) as package:
        member = package.extractfile(f"package/dist/{name}")
        assert member is not None
        content = member.read()
    path = RUNTIME / f"{name}.gz"
    if path.exists() and gzip.decompress(path.read_bytes()) == content:
        return False
    path.write_bytes(gzip.compress(content, 9, mtime=0))
    return True


if __name__ == "__main__":
    sys.exit(main())
