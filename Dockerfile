# Two images from one file:  docker build --target source .     docker build --target destination .
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.0@sha256:1d1aa21d34e851df4e8a87b391c27724c06e2597608e7161f4d167be853bd7b6

FROM ${BASE_IMAGE} AS builder
USER root
WORKDIR /build
COPY setup.py pyproject.toml requirements.lock ./
# The lock holds the tools of development too; the same versions, narrowed to what a connector needs at run time.
RUN python3 -m venv /tools && /tools/bin/pip install --no-cache-dir "uv>=0.5,<1" \
 && /tools/bin/uv pip compile setup.py --constraints requirements.lock --generate-hashes --quiet -o runtime.lock \
 && python3 -m venv /opt/connector \
 && /tools/bin/uv pip install --no-cache --python /opt/connector/bin/python --require-hashes -r runtime.lock
COPY acumatica_client acumatica_client
COPY source_acumatica source_acumatica
COPY destination_acumatica destination_acumatica
RUN /tools/bin/uv pip install --no-cache --python /opt/connector/bin/python --no-deps .

FROM ${BASE_IMAGE} AS connector
COPY --from=builder /opt/connector /opt/connector
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /airbyte
USER 1000

FROM connector AS source
LABEL io.airbyte.name=airbyte/source-acumatica io.airbyte.version=0.1.0
ENV AIRBYTE_ENTRYPOINT="/opt/connector/bin/source-acumatica"
ENTRYPOINT ["/opt/connector/bin/source-acumatica"]

FROM connector AS destination
LABEL io.airbyte.name=airbyte/destination-acumatica io.airbyte.version=0.1.0
ENV AIRBYTE_ENTRYPOINT="/opt/connector/bin/destination-acumatica"
ENTRYPOINT ["/opt/connector/bin/destination-acumatica"]
