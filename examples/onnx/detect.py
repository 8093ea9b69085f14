"""Find strange rows by an exported model, without PyTorch and without quintet: NumPy and ONNX Runtime are enough.

    quintet export digits.safetensors --onnx --out graphs
    python examples/onnx/detect.py graphs rows.npy

``rows.npy`` holds rows as arrays of the shape in training; NaN is a missing cell. The p-value of a complete row is its
rank among the calibration scores: of normal rows at most a share of 0.05 has p <= 0.05.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime


def main(folder: str, rows: str) -> None:
    """Print score, p-value and the strangest cell of each row."""
    session = onnxruntime.InferenceSession(str(Path(folder) / "detector.onnx"), providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["quintet"])
    x = np.load(rows).astype(about["dtype"])
    score, _, where = session.run(None, {"x": x, "observed": ~np.isnan(x)})

    calibration = np.array(about["calibration"]["scores"])  # ascending
    above = len(calibration) - np.searchsorted(calibration, score, side="left")
    p = (1 + above) / (1 + len(calibration))
    for number, (own, share, cells) in enumerate(zip(score, p, where, strict=True)):
        place = np.unravel_index(cells.argmax(), cells.shape)
        print(f"row {number}: score {own:.3f}, p {share:.4f}, strangest cell {tuple(int(i) for i in place)}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
