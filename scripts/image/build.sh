#!/usr/bin/env bash
# Builds a program and puts it together with the shared libraries that it needs:
#
#   build.sh PACKAGE OUT        e.g. build.sh ./examples/flowers /tmp/app
#
# OUT/run starts it, wherever OUT is moved, on a system of the same release; where there is no shell OUT/bin/program does.
# With FASTLEARN_CUDA=1 CUDA's libraries come along; only the driver is the machine's. Else slim.sh makes the folder smaller.
set -euo pipefail
package="$1" out="$2"
mkdir -p "$out/bin" "$out/lib"
go build -ldflags='-s -w -extldflags "-Wl,-rpath,$ORIGIN/../torch/lib:$ORIGIN/../lib"' -o "$out/bin/program" "$package"

# needs FILE…: the libraries that the linker finds for them, glibc's left out.
needs() {
  local found missing
  found="$(ldd "$@")"
  if missing="$(grep 'not found' <<<"$found" | grep -v 'libcuda\.so\.1 ')"; then
    echo "build.sh: libraries are missing:" >&2
    sort -u <<<"$missing" >&2
    return 1
  fi
  awk '$2 == "=>" && $3 ~ /^\// { print $3 }' <<<"$found" |
    grep -vE '/(libc|libm|libdl|librt|libutil|libpthread)\.so\.[0-9]+$' | xargs -r realpath -s | sort -u
}

libraries="$(needs "$out/bin/program")"
torch="$(dirname "$(grep '/libtorch_cpu\.so$' <<<"$libraries")")" # …/torch/lib
root="$(realpath "$torch/../..")"                                 # holds torch and nvidia
if [ "${FASTLEARN_CUDA:-}" = 1 ]; then
  # Opened by name while a program runs, so that no linker knows: CUDA's half of libtorch,
  # cuDNN's parts, and the compiler of kernels with its own.
  opened=("$torch"/libtorch_cuda.so "$torch"/libtorch_cuda_linalg.so "$torch"/libcaffe2_nvrtc.so
    "$root"/nvidia/*/lib/libcudnn*.so.* "$root"/nvidia/*/lib/libnvrtc.so.* "$root"/nvidia/*/lib/libnvrtc-builtins.so.*)
  more="$(needs "${opened[@]}")"
  libraries="$(printf '%s\n' "$libraries" "${opened[@]}" "$more" | sort -u)"
fi
while read -r library; do
  case "$library" in
    "$root"/*) (cd "$root" && cp -L --parents "${library#"$root"/}" "$out") ;; # they find each other by where they lie
    *) cp -L "$library" "$out/lib/" ;;
  esac
done <<<"$libraries"

cat > "$out/run" <<'END'
#!/bin/sh
here="$(dirname "$(readlink -f "$0")")"
LD_LIBRARY_PATH="$here/torch/lib:$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/bin/program" "$@"
END
chmod 755 "$out/run"
[ "${FASTLEARN_CUDA:-}" = 1 ] || "$(dirname "$0")/slim.sh" "$out"
