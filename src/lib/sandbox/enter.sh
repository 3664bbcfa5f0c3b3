#!/bin/sh
# Joins control groups, sets what a process hands down to what it starts, and becomes the command:
#   enter.sh FILE_BLOCKS_MAX|unlimited CGROUP_PROCS_FILE ... -- COMMAND ARGUMENT ...
umask 022
ulimit -c 0
ulimit -f "$1" || exit 125
shift
while [ "$1" != -- ]; do
  echo 0 >"$1" || exit 125
  shift
done
shift
exec "$@"
