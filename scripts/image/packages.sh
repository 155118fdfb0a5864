#!/usr/bin/env bash
# Installs the packages of README's apt line, and nothing that they only recommend.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends g++ make python3-pip python3-venv libjpeg-dev
