# `quintet serve` as an image: models are mounted, keys come from the environment.
#
#   docker build -t quintet --build-arg TORCH='torch==2.13.0' .
#   docker run -p 8000:8000 -v "$PWD/models:/models:ro" -e QUINTET_SERVE_KEYS=... quintet /models/table.safetensors
#
# TORCH is any requirement that pip takes. On Linux the usual build of PyTorch brings gigabytes of CUDA libraries; for the
# CPU alone, name a wheel in this folder (TORCH=/src/torch-....whl), or an index of CPU builds by PIP_OPTIONS.
#
# Checked without Docker, which the machine of its making lacks: the RUN lines of both stages were run as they stand in a
# fresh environment (TORCH: the PyTorch that was there), then the ENTRYPOINT and the HEALTHCHECK beside each other;
# tests/serving/test_dockerfile.py checks what can be checked of the lines.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ARG TORCH="torch==2.13.0"
ARG PIP_OPTIONS=""
COPY . /src
RUN python -m venv /opt/quintet
# Every package at its pin; extras beside the service: the command, tables as text and Parquet files, byte pairs of text.
RUN sed -n 's/^\([^ =]*==[^ ]*\).*/\1/p' /src/requirements/*.txt | sort -u > /opt/quintet/pins.txt
RUN /opt/quintet/bin/pip install --no-cache-dir -c /opt/quintet/pins.txt ${PIP_OPTIONS} "${TORCH}"
RUN /opt/quintet/bin/pip install --no-cache-dir -c /opt/quintet/pins.txt ${PIP_OPTIONS} "/src[cli,serve,tables,text]"

FROM python:${PYTHON}-slim
COPY --from=build /opt/quintet /opt/quintet
RUN useradd --uid 10001 --no-create-home quintet
USER 10001
# One process has one thread for each model; PyTorch's own threads would wait for each other.
ENV PATH=/opt/quintet/bin:$PATH OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["quintet", "serve", "--host", "0.0.0.0", "--port", "8000"]
