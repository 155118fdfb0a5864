#!/usr/bin/env bash
# Runs the tests beside it that need a GPU, against the torch of this machine's Python.
set -euo pipefail
lib="$(python3 -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')"
export LD_LIBRARY_PATH="$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
"$(dirname "$0")/fastlearn.test" -test.v -test.run '^TestCUDA' -test.bench CUDA "$@"
