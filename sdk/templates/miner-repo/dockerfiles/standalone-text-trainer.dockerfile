# The image that a validator builds for text tasks. The name and place of this file are part of the contract.
# RUN lines may use the network; the training itself has none.
FROM python:3.11-slim
COPY requirements.txt /workspace/requirements.txt
RUN pip install --no-cache-dir --target /workspace/packages -r /workspace/requirements.txt
COPY scripts /workspace/scripts
ENV PYTHONPATH=/workspace/packages PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The matrices of a tiny model are too small to share between threads.
ENV OPENBLAS_NUM_THREADS=1
WORKDIR /workspace
# The arguments of a training are appended: --task-id ... --model ... --dataset-type ...
ENTRYPOINT ["python3", "/workspace/scripts/text_trainer.py"]
