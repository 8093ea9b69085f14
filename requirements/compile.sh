#!/bin/sh
# `make pins`: writes the lists of this folder, each package with the hashes of all files of its release (every system,
# Python 3.11 and newer). The first argument is PyTorch's pin, the others go to uv: pins stay unless --upgrade or
# --upgrade-package NAME moves them. dev.txt, docs.txt, release.txt and reach.txt list what they need beside demo.txt.
set -e
cd "$(dirname "$0")/.."
known=.venv/known.txt
printf '%s\nsetuptools\n' "$1" > .venv/roots.txt
shift

# PyTorch and its CUDA libraries are left out: which build is right (CPU, CUDA, ROCm) depends on the machine, and the files
# of one version, so their hashes, differ between package indexes. TORCH= of make chooses one.
: > "$known"
for name in demo dev docs reach release; do
  file=requirements/$name.txt python=3.11
  held=$(sed -n 's/^\([^ =]*\)==[^ ]* \\$/--no-emit-package \1/p' requirements/demo.txt)
  case $name in
    demo) what="--extra all" held= ;;
    docs) what="--extra docs" python=3.11.5 ;; # MkDocs Material needs it
    release) what="--group release" ;;
    reach) what="--group reach --extra hub --extra mlflow --extra scale --extra serve --extra tune" ;;
    *) what="--extra $name" ;;
  esac
  # shellcheck disable=SC2086
  .venv/bin/uv pip compile --quiet --universal --python-version $python --generate-hashes --no-header --no-annotate \
    pyproject.toml .venv/roots.txt $what $held -c "$known" -o "$file" "$@"
  awk '/^[a-z0-9]/ {torch = /^(torch|triton|cuda-|nvidia-)/} !torch' "$file" > .venv/compiled.txt
  cp .venv/compiled.txt "$file"
  sed -n 's/^\([^ =]*==[^ ]*\).*/\1/p' "$file" >> "$known"
done
