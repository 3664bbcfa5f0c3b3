#!/usr/bin/env bash
# What the action runs: annotations on the lines, and where asked for a SARIF log. Ends with the check's exit status.
set -uo pipefail

portside=(node "$(dirname "${BASH_SOURCE[0]}")/../../bin/portside.ts")
flags=()
if [ -n "${CHECK_PLATFORMS:-}" ]; then flags+=("--for=$CHECK_PLATFORMS"); fi
if [ "${CHECK_STRICT:-false}" = true ]; then flags+=(--strict); fi

if [ -n "${CHECK_SARIF_FILE:-}" ]; then
  "${portside[@]}" check ${flags[@]+"${flags[@]}"} --sarif -- "${CHECK_DIRECTORY:-.}" >"$CHECK_SARIF_FILE"
fi
exec "${portside[@]}" check ${flags[@]+"${flags[@]}"} --github -- "${CHECK_DIRECTORY:-.}"
