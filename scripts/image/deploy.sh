#!/usr/bin/env bash
# Puts a program and its model into one folder for machines without a GPU, and prints the folder's sizes:
#
#   deploy.sh PACKAGE MODEL OUT        e.g. deploy.sh ./examples/serve flowers.safetensors build/deploy
#
# OUT/run starts the program with its own arguments and the model as the last. OUT must not exist, or be an earlier folder of
# deploy.sh, which is replaced. With ARCHIVES=no the sizes of archives, which take minutes, aren't found out.
set -euo pipefail
package="$1" model="$2" out="$3"
here="$(dirname "$(readlink -f "$0")")"
[ -f "$model" ] || { echo "deploy.sh: $model: there is no such file: want one of Learner.Export" >&2; exit 1; }
if [ -e "$out" ] && [ ! -f "$out/run" ]; then
  echo "deploy.sh: $out is there, and isn't a folder of deploy.sh: remove it, or name another" >&2
  exit 1
fi
part="$out.part"
rm -rf "$part"
trap 'rm -rf "$part"' EXIT
FASTLEARN_CUDA='' "$here/build.sh" "$package" "$part"
install -m 644 "$model" "$part/model.safetensors"
sed -i 's|"\$@"$|"$@" "$here/model.safetensors"|' "$part/run"
rm -rf "$out"
mv "$part" "$out"

bytes() { du -cb --apparent-size "$@" | tail -1 | cut -f 1; }
mb() { awk -v n="$1" 'BEGIN { printf "%6.1f MB", n / 1e6 }'; }
all="$(find "$out" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')"
program="$(bytes "$out/bin/program")" weights="$(bytes "$out/model.safetensors")"
echo "$(mb "$all")  $out: program $(mb "$program"), model $(mb "$weights"), libraries $(mb $((all - program - weights)))"
if [ "${ARCHIVES:-}" != no ]; then
  echo "$(mb "$(tar -C "$out" -c . | zstd -T0 -10 -q | wc -c)")  as .tar.zst"
  echo "$(mb "$(tar -C "$out" -c . | xz -T0 -6 | wc -c)")  as .tar.xz"
fi
