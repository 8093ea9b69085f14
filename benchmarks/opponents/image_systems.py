"""Opponents on colour images, run by an interpreter that has their packages: ``python image_systems.py FOLDER``.

FOLDER holds ``plan.json`` (system, task and options) and the arrays ``NAME.in.npy``; the answers go to ``NAME.out.npy``
beside them, the seconds of each step to ``seconds.json``. Without FOLDER: the systems that are installed, with the
versions of their packages, as JSON: imagecodecs, scikit-image, PyWavelets, and bm3d, whose licence is for
non-commercial use. Nothing here imports quintet.

Filters know the noise's standard deviation. Their strength is this times a factor, and the factor (of the wavelets and
of non-local means also a second option) is the one with the best PSNR on training images with the same noise.
"""

import importlib.metadata
import itertools
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

PACKAGES = {
    "bm3d": "bm3d",
    "nlm": "scikit-image",
    "wavelet": "PyWavelets",
    "tv": "scikit-image",
    "biharmonic": "scikit-image",
    "jxl": "imagecodecs",
    "jpegls": "imagecodecs",
}
FACTORS = (0.15, 0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.2)
EFFORTS = (7, 9, 10)
"""Of JPEG XL, lossless: the smallest of these files is taken."""
DISTANCES = (0.3, 0.5, 0.8, 1.2, 1.8, 2.7, 4.0, 6.0, 9.0, 13.0, 20.0)
"""Of JPEG XL, lossy: "Butteraugli distances" from the original, 1 for one that is just visible."""


class Clock:
    """Seconds by name: ``clock("fit")`` is the time since the last call."""

    def __init__(self):
        self.seconds, self.last = {}, time.perf_counter()

    def __call__(self, name):
        now = time.perf_counter()
        self.seconds[name], self.last = now - self.last, now


def by_bm3d(image, sigma, option):
    """BM3D's normal profile with a search window of 19 in place of 39: .03 dB less, a third of the time."""
    import bm3d

    profile = bm3d.BM3DProfile()
    profile.num_threads = 1
    profile.search_window_ht = profile.search_window_wiener = 19
    return bm3d.bm3d_rgb(image, sigma, profile)


def by_nlm(image, sigma, size):
    from skimage.restoration import denoise_nl_means

    return denoise_nl_means(image, size, 9, h=sigma, fast_mode=True, channel_axis=-1)


def by_wavelet(image, sigma, ycbcr):
    from skimage.restoration import denoise_wavelet

    return denoise_wavelet(
        image, sigma, method="BayesShrink", mode="soft", channel_axis=-1, convert2ycbcr=ycbcr, rescale_sigma=True
    )


def by_tv(image, sigma, option):
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(image, weight=sigma, channel_axis=-1)


FILTERS = {
    "bm3d": (by_bm3d, (0.6, 0.8, 1.0, 1.25, 1.6), (None,)),
    "nlm": (by_nlm, FACTORS, (3, 5)),
    "wavelet": (by_wavelet, FACTORS, (False, True)),
    "tv": (by_tv, FACTORS, (None,)),
}
"""System -> its filter, the factors and the options to choose from."""


def filtered(how, images, sigma, option):
    """Images of 0 to 255 by a filter for those of 0 to 1."""
    return np.stack([255 * np.clip(how(image / 255, sigma, option), 0, 1) for image in images])


def psnr(clean, found):
    """Mean over images, dB."""
    mse = np.square(clean.astype(float) - found).reshape(len(clean), -1).mean(1)
    return float(np.mean(10 * np.log10(255**2 / np.maximum(mse, 1e-10))))


def denoise(plan, arrays, clock):
    """The asked images under each noise, and the strengths that were chosen."""
    how, factors, options = FILTERS[plan["system"]]
    found = {}
    for noise, sigma in plan["noises"].items():
        noisy, best = arrays[f"train_{noise}"], (-np.inf,)
        for factor, option in itertools.product(factors, options):
            tried = filtered(how, noisy, factor * sigma / 255, option)
            best = max(best, (psnr(arrays["train"], tried), factor, option), key=lambda each: each[0])
        clock(f"fit_{noise}")
        _, factor, option = best
        found[noise] = filtered(how, arrays[f"asked_{noise}"], factor * sigma / 255, option).astype(np.float32)
        found[f"factor_{noise}"] = np.array(factor)
        clock(f"denoise_{noise}")
    return found


def impute(plan, arrays, clock):
    """Biharmonic inpainting of the asked images under each mask, (n, 32, 32), True = missing."""
    from skimage.restoration import inpaint_biharmonic

    found = {}
    for name, mask in arrays.items():
        if name == "asked":
            continue
        pairs = zip(arrays["asked"] / 255, mask, strict=True)
        found[name] = np.stack(
            [255 * np.clip(inpaint_biharmonic(image * ~where[..., None], where, channel_axis=-1), 0, 1)
             for image, where in pairs]
        ).astype(np.float32)  # fmt: skip
        clock(f"impute_{name}")
    return found


def by_jxl(image):
    import imagecodecs

    files = [imagecodecs.jpegxl_encode(image, lossless=True, effort=effort, usecontainer=False) for effort in EFFORTS]
    return min(files, key=len), imagecodecs.jpegxl_decode


def by_jpegls(image):
    """Also of red and blue less green, modulo 256: JPEG-LS knows no colours."""
    import imagecodecs

    green = image[..., 1:2]
    other = np.concatenate([image[..., :1] - green + 128, green, image[..., 2:] - green + 128], -1)

    def decode(file):
        return imagecodecs.jpegls_decode(file) if file is plain else back(imagecodecs.jpegls_decode(file))

    def back(found):
        middle = found[..., 1:2]
        return np.concatenate([found[..., :1] + middle - 128, middle, found[..., 2:] + middle - 128], -1)

    plain, less = (imagecodecs.jpegls_encode(np.ascontiguousarray(each)) for each in (image, other))
    return min(plain, less, key=len), decode


def compress(plan, arrays, clock):
    """Bytes of every image of each array, (n, height, width, 3); the files decode to what they were made of."""
    encode, found = {"jxl": by_jxl, "jpegls": by_jpegls}[plan["system"]], {}
    for name, images in arrays.items():
        clock("start")
        files = [encode(np.ascontiguousarray(image)) for image in images]
        clock(f"compress_{name}")
        assert all(np.array_equal(decode(file), image) for (file, decode), image in zip(files, images, strict=True))
        found[name] = np.array([len(file) for file, _ in files])
    return found


def lossy(plan, arrays, clock):
    """Of each array, (n, height, width, 3), at each distance: bytes of its files together, and what they decode to."""
    import imagecodecs

    found = {}
    for name, images in arrays.items():
        for place, distance in enumerate(DISTANCES):
            files = [
                imagecodecs.jpegxl_encode(np.ascontiguousarray(image), distance=distance, effort=9) for image in images
            ]
            found[f"{name}_bytes_{place}"] = np.array(sum(map(len, files)))
            found[f"{name}_images_{place}"] = np.stack([imagecodecs.jpegxl_decode(file) for file in files])
        clock(f"lossy_{name}")
    return found


def installed():
    """System -> version of its package."""
    found = {}
    for system, package in PACKAGES.items():
        try:
            found[system] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def main(name=None):
    if name is None:
        print(json.dumps(installed()))
        return
    warnings.simplefilter("ignore")
    folder = Path(name)
    plan = json.loads((folder / "plan.json").read_text())
    arrays = {path.name.split(".")[0]: np.load(path) for path in sorted(folder.glob("*.in.npy"))}
    clock = Clock()
    task = {"denoise": denoise, "impute": impute, "compress": compress, "lossy": lossy}[plan["task"]]
    for key, found in task(plan, arrays, clock).items():
        np.save(folder / f"{key}.out.npy", found)
    (folder / "seconds.json").write_text(json.dumps(clock.seconds))


if __name__ == "__main__":
    main(*sys.argv[1:2])
