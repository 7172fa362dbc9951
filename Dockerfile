# One image for everything: the API by default, `python -m watcher`, `dompet migrate`.
# The series of Python is the one that the tests run on.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# Two environments: the one that is shipped holds no pip, and nothing of what built it. The program lies beside its
# dependencies, so that a new version of it is a small layer.
RUN python -m venv /opt/tools && python -m venv --without-pip /opt/dompet \
 && echo /app >"$(/opt/dompet/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/app.pth"
COPY requirements/build.txt requirements/runtime.txt requirements/
# Bytecode is made here, for the root may be read-only; it is never compared with its source, which never changes.
RUN /opt/tools/bin/pip install --quiet --no-compile --only-binary :all: --no-deps --require-hashes --requirement requirements/build.txt \
 && /opt/tools/bin/pip --python /opt/dompet/bin/python install --quiet --no-compile --only-binary :all: \
    --no-deps --require-hashes --requirement requirements/runtime.txt \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/dompet/lib
COPY . .
RUN /opt/tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /tmp . \
 && /opt/tools/bin/pip --python /opt/dompet/bin/python install --quiet --no-compile --no-deps --target /app /tmp/*.whl \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /app
RUN /opt/tools/bin/cyclonedx-py environment --output-reproducible --of JSON --output-file /opt/sbom.cdx.json \
    --pyproject pyproject.toml /opt/dompet/bin/python

# docker build --target sbom --output . .
FROM scratch AS sbom
COPY --from=build /opt/sbom.cdx.json /

FROM ${BASE_IMAGE} AS base
# Whoever gets in finds no installer.
RUN find / -xdev \( -path '*/python3*/*-packages/*' -o -path '*/python3*/ensurepip' -o -path '*/bin/pip*' \) \
    \( -name 'pip*' -o -name 'setuptools*' -o -name 'wheel*' -o -name ensurepip \) -prune -exec rm -rf {} +
COPY --from=build /opt/dompet /opt/dompet
# Nothing is written but what /tmp holds: the root may be read-only, with a tmpfs there.
ENV PATH=/app/bin:/opt/dompet/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# The driver bounds a connection, but not the look-up before it: 20 s of a silent name server are 4 s so.
ENV RES_OPTIONS="timeout:1 attempts:2"
WORKDIR /app
EXPOSE 8000 9100 9101
# A number: the cluster can see that it is not root.
USER 10001:10001
CMD ["gunicorn", "--config", "python:service.gunicorn_conf", "service.wsgi:app"]

# For the inner loop: the source lies in /src, belongs to the user, and what changes in it is started again.
FROM base AS dev
COPY --chown=10001:10001 . /src
COPY --from=build /app /app
ENV PYTHONPATH=/src PYTHONDONTWRITEBYTECODE=
WORKDIR /src
CMD ["python", "deploy/dev/restart.py", "gunicorn", "--config", "python:service.gunicorn_conf", "service.wsgi:app"]

FROM base AS shipped
COPY --from=build /opt/sbom.cdx.json /usr/share/doc/dompet/sbom.cdx.json
COPY --from=build /app /app
ARG VERSION=0 REVISION=unknown CREATED=unknown BASE_IMAGE
ENV REVISION=${REVISION}
LABEL org.opencontainers.image.title="Dompet" \
      org.opencontainers.image.description="An e-wallet REST API: pods, watcher and migrations in one image" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"

# What `skaffold verify` runs against a deployment: a client's tour, and the audit.
FROM shipped AS verify
COPY deploy/verify/tour.py /verify/tour.py
CMD ["python", "/verify/tour.py", "http://dompet-api"]

# The last, and so what `docker build .` makes.
FROM shipped AS runtime
