#!/usr/bin/env bash
# Fetches the front-end parts anew, by package-lock.json, and notes their SHA-256. Needs npm; running speechaudit does not.
set -euo pipefail
cd "$(dirname "$0")"
root=../../..
kept=../static/vendor
tests=$root/tests/browser/vendor
npm ci --ignore-scripts --no-audit --no-fund --silent
trap 'rm -rf node_modules' EXIT
mkdir -p "$kept" "$tests"
cp node_modules/htmx.org/dist/htmx.min.js "$kept/htmx.min.js"
cp node_modules/htmx.org/LICENSE "$kept/htmx.LICENSE.txt"
cp node_modules/wavesurfer.js/dist/wavesurfer.esm.js "$kept/wavesurfer.esm.js"
cp node_modules/wavesurfer.js/LICENSE "$kept/wavesurfer.LICENSE.txt"
cp node_modules/axe-core/axe.min.js "$tests/axe.min.js"
cp node_modules/axe-core/LICENSE "$tests/axe.LICENSE.txt"
cp node_modules/axe-core/LICENSE-3RD-PARTY.txt "$tests/axe.LICENSE-3RD-PARTY.txt"
for folder in "$kept" "$tests"; do
  (cd "$folder" && sha256sum -- *.js *.txt > SHA256SUMS)
done
