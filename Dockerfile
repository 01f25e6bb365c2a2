# Two images from one file:  docker build --target source .     docker build --target destination .
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.0@sha256:1d1aa21d34e851df4e8a87b391c27724c06e2597608e7161f4d167be853bd7b6

FROM ${BASE_IMAGE} AS builder
USER root
WORKDIR /build
COPY requirements-image.lock ./
# Libraries bring tests of their own, some forty megabytes that no connector runs; botocore brings a description of each
# service of AWS, of which the destination asks for its buckets and, to get at them, for a role.
RUN python3 -m venv /opt/connector \
 && /opt/connector/bin/python -m pip install --no-cache-dir --disable-pip-version-check --only-binary :all: \
    --require-hashes -r requirements-image.lock \
 && find /opt/connector/lib -type d \( -name tests -o -path '*/nltk/test' \) -prune -exec rm -r {} + \
 && find /opt/connector/lib/python3*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
    ! -name s3 ! -name sts -exec rm -r {} +
COPY setup.py pyproject.toml ./
COPY acumatica_client acumatica_client
COPY connector_runtime connector_runtime
COPY source_acumatica source_acumatica
COPY destination_acumatica destination_acumatica
RUN /opt/connector/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation --no-index . \
 && /opt/connector/bin/python -m pip uninstall --yes setuptools pip

FROM ${BASE_IMAGE} AS connector
COPY --from=builder /opt/connector /opt/connector
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /airbyte
USER 1000
ARG VERSION=0.1.0
LABEL io.airbyte.version=${VERSION}

FROM connector AS source
LABEL io.airbyte.name=airbyte/source-acumatica
ENV AIRBYTE_ENTRYPOINT="/opt/connector/bin/source-acumatica"
ENTRYPOINT ["/opt/connector/bin/source-acumatica"]

FROM connector AS destination
LABEL io.airbyte.name=airbyte/destination-acumatica
ENV AIRBYTE_ENTRYPOINT="/opt/connector/bin/destination-acumatica"
ENTRYPOINT ["/opt/connector/bin/destination-acumatica"]
