# %% [markdown]
# # AE, VAE and CVAE: one study
#
# Which digits are hardest to reconstruct? Do more latents help? Which codes look normal, so that new digits can be
# drawn from N(0, I)? The study trains each variant at several sizes of the latent space under the same plan, and
# answers from its figures.
#
# The notebook is made from `examples/study.py` by `python examples/make_notebook.py`; from the shell the same study is
# `quintet compare digits --out study --latent-dims 2,5,10,20 --epochs 100 --no-answers`.

# %%
import os

from PIL import Image

from quintet.studies.compare import Study, compare
from quintet.studies.compare.words import findings


def figure(name: str) -> Image.Image:
    """A figure of the study's page."""
    with Image.open(f"study/figures/{name}.png") as image:
        return image.copy()


if os.environ.get("QUINTET_QUICK"):  # seconds, to see that it runs
    settings = Study(("ae", "vae"), (2, 3), epochs=2, rows=300, hidden=(16,), answers=False)
else:  # minutes; "mnist" in place of "digits" below, and Study() here, are the study of the tutorials, which takes long
    settings = Study(("ae", "vae", "cvae"), (2, 5, 10, 20), epochs=100, answers=False)

# %% [markdown]
# Finished trainings are kept in the folder: after an interruption, or with more variants, the same call resumes.

# %%
results = compare("digits", "study", settings, tell=print)

# %% [markdown]
# ## Findings

# %%
print(*findings(results), sep="\n\n")

# %% [markdown]
# ## Does a larger latent space help?
#
# Squared error of a cell of held-out rows against the number of latents.

# %%
figure("mse-by-size")

# %%
for run, figures in results.figures.items():
    print(f"{run.name:24} squared error {figures['mse']:.4f}, {figures['seconds']:.1f} s")

# %% [markdown]
# ## Which codes look normal?
#
# Densities of single latents; N(0, 1) is dashed.

# %%
figure("densities")

# %% [markdown]
# Everything else (side by side, curves, planes, t-SNE) is on the page `study/compare.html`.
