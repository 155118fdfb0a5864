# syntax=docker/dockerfile:1
#
#   docker build --target dev -t fastlearn-dev .      to develop in: docker run --gpus all -it fastlearn-dev
#   docker build -t flowers .                         one program: docker run --gpus all flowers -scale tiny
#
# The base is plain Debian, not an image of CUDA's: libtorch takes cuBLAS, cuDNN and the rest
# from the wheels that torch's metadata names, each at the version it was built with, and
# the driver is the host's. A CUDA base would hold all of them a second time.
#
# Each step is a script in scripts/image; "make check-image" runs the same ones without Docker.

FROM golang:1.26-bookworm AS go

FROM debian:bookworm AS dev
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY --from=go /usr/local/go /usr/local/go
ENV PATH=/home/fastlearn/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# Debian's image removes what apt downloads; the cache mounts keep it, outside the image.
RUN --mount=type=bind,source=scripts/image,target=/image \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean && /image/packages.sh
RUN --mount=type=bind,source=scripts/image,target=/image \
    /image/user.sh && install -d -o fastlearn -g fastlearn /work
USER 1000:1000
ENV HOME=/home/fastlearn
WORKDIR /work
# What the NVIDIA container runtime gives a container of the host's driver, and which libtorch.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility FASTLEARN_CUDA=1
# Only what the set-up reads, so that a change elsewhere doesn't repeat it. What it compiles
# stays in the image: the first build in a container takes seconds and not minutes.
COPY --chown=fastlearn:fastlearn go.mod go.sum ./
COPY --chown=fastlearn:fastlearn scripts/setup scripts/setup
COPY --chown=fastlearn:fastlearn scripts/image scripts/image
RUN --mount=type=cache,target=/var/cache/pip,uid=1000,gid=1000 \
    PIP_CACHE_DIR=/var/cache/pip scripts/image/setup.sh
COPY --chown=fastlearn:fastlearn . .
CMD ["bash"]

# The caches start from the development image's, and grow with each build.
FROM dev AS build
ARG PROGRAM=./examples/flowers
RUN --mount=type=cache,target=/home/fastlearn/.cache/go-build,from=dev,source=/home/fastlearn/.cache/go-build,uid=1000,gid=1000 \
    --mount=type=cache,target=/home/fastlearn/go/pkg/mod,from=dev,source=/home/fastlearn/go/pkg/mod,uid=1000,gid=1000 \
    scripts/image/build.sh "$PROGRAM" /home/fastlearn/app

FROM debian:bookworm-slim AS runtime
RUN --mount=type=bind,source=scripts/image,target=/image /image/user.sh
# For weights and data sets that a program fetches.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /home/fastlearn/app /opt/fastlearn
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000:1000
ENV HOME=/home/fastlearn
WORKDIR /home/fastlearn
ENTRYPOINT ["/opt/fastlearn/run"]
