#!/usr/bin/env bash
# Makes the user that everything but the packages belongs to: fastlearn, number 1000.
set -euo pipefail
groupadd --gid 1000 fastlearn
useradd --uid 1000 --gid 1000 --create-home --shell /bin/bash fastlearn
