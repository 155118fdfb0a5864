#!/usr/bin/env bash
# Makes a folder of build.sh smaller, for machines without a GPU:
#
#   slim.sh OUT
#
# Symbol tables go, which only debuggers read; those of the linker (.dynsym) stay. libtorch_cpu wants two libraries of CUDA's, for
# its profiler alone: small ones with the same functions stand in for them, each of which returns an error, "no device".
set -euo pipefail
out="$1"
torch="$(find "$out" -name libtorch_cpu.so)"
for name in $(readelf -d "$torch" | sed -n 's/.*(NEEDED).*\[\(libcu[a-z]*\.so\.[0-9]*\)\]/\1/p'); do
  code="$(nm -D --undefined-only "$torch" | sed -n "s/^ *U \([A-Za-z0-9_]*\)@$name\$/\1/p" | while read -r f; do
    case "$f" in
      cudaGetErrorString) echo 'const char *cudaGetErrorString(int e) { return "there is no CUDA in this folder"; }' ;;
      cuptiGetResultString) echo 'int cuptiGetResultString(int e, const char **s) { *s = "there is no CUDA in this folder"; return 0; }' ;;
      cudaGetDeviceCount) echo 'int cudaGetDeviceCount(int *n) { *n = 0; return 100; }' ;;
      *) echo "int $f(void) { return 100; }" ;;
    esac
  done)"
  find "$out" -name "$name" -delete
  gcc -shared -fPIC -O1 -o "$(dirname "$torch")/$name" -Wl,-soname,"$name" -Wl,--version-script,<(echo "$name { global: *; };") -x c - <<<"$code"
done
find "$out" -type d -empty -delete
find "$out" -type f \( -name '*.so' -o -name '*.so.*' \) -exec strip --strip-all {} +
