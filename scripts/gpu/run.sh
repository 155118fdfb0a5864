#!/usr/bin/env bash
# Runs what "make gpu-bundle" put beside this script, on a machine with a GPU and a Python
# (PYTHON, else python3) that has torch 2.11 and torchvision: the tests that need a GPU, then
# the ratios of training, ours beside a hand-tuned PyTorch loop and beside fastai where it is
# installed. A ratio above 1: ours is faster.
#
# DEVICE=cpu shows on any machine that everything runs. Arguments go to the benchmark:
#   DEVICE=cpu ./run.sh -size 64 -bs 8 -epoch 80 -workers 2
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
device="${DEVICE:-cuda:0}"
FASTLEARN_VENV_PYTHON="$(command -v "${PYTHON:-python3}")"
# torch's libraries, and NVIDIA's wheels beside it.
LD_LIBRARY_PATH="$("$FASTLEARN_VENV_PYTHON" -c '
import glob, os, torch
here = os.path.dirname(torch.__file__)
print(":".join([os.path.join(here, "lib"), *sorted(glob.glob(os.path.join(here, "..", "nvidia", "*", "lib")))]))
')${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export FASTLEARN_VENV_PYTHON LD_LIBRARY_PATH FASTLEARN_TEST_DEVICE="$device"

for tests in "$here"/*.test; do
  echo "== $(basename "$tests" .test)"
  "$tests" -test.v -test.run '^TestCUDA' -test.bench '^BenchmarkCUDA'
done
groups=gpu
if "$FASTLEARN_VENV_PYTHON" -c 'import fastai.vision.all' 2>/dev/null; then
  groups=gpu,gpu-fastai
else
  echo "fastai: not installed here"
fi
"$here/bench" -device "$device" -side "$here/gpu.py" -pictures "$here/pictures" -out "$here/bench.jsonl" "$@" "$groups"
