#!/bin/sh
# Launch, web processes: says how many worker processes fit into the memory, for programs that fork by WEB_CONCURRENCY.
# Writes TOML to file descriptor 3, as exec.d programs do. What the user set stays.

megabytes() { # of a limit in bytes; nothing for `max`, and for limits that are none
  case $1 in
  '' | *[!0-9]*) return ;;
  esac
  # cgroup v1 writes a number near 2^63 where there is no limit.
  if [ "${#1}" -gt 15 ]; then return; fi
  echo $(($1 / 1048576))
}

smaller() { # the smaller of two numbers, either of which may be missing
  if [ -z "$1" ]; then echo "$2"; elif [ -z "$2" ] || [ "$1" -le "$2" ]; then echo "$1"; else echo "$2"; fi
}

limit_along() { # the smallest limit from a group up to the root: root of the hierarchy, path of the group, file name
  found=
  path=$2
  while :; do
    if [ -r "$1$path/$3" ]; then
      read -r bytes <"$1$path/$3"
      found=$(smaller "$(megabytes "$bytes")" "$found")
    fi
    case $path in
    '' | /) break ;;
    esac
    path=${path%/*}
  done
  echo "$found"
}

cgroups=${CGROUP_ROOT:-/sys/fs/cgroup}
memory=
while IFS=: read -r _ controllers path; do
  case ",$controllers," in
  ,,) memory=$(smaller "$(limit_along "$cgroups" "$path" memory.max)" "$memory") ;;
  *,memory,*) memory=$(smaller "$(limit_along "$cgroups/memory" "$path" memory.limit_in_bytes)" "$memory") ;;
  esac
done 2>/dev/null <"${CGROUP_FILE:-/proc/self/cgroup}"

available=${MEMORY_AVAILABLE:-${memory:-512}}
case $available in
'' | *[!0-9]*) available=512 ;;
esac
per_process=${WEB_MEMORY:-}
case $per_process in
'' | *[!0-9]* | 0*) if [ "$available" -gt 16384 ]; then per_process=2048; else per_process=512; fi ;;
esac
concurrency=$((available / per_process))
if [ "$concurrency" -lt 1 ]; then concurrency=1; fi

if [ -z "${MEMORY_AVAILABLE:-}" ]; then printf 'MEMORY_AVAILABLE = "%s"\n' "$available" >&3; fi
if [ -z "${WEB_MEMORY:-}" ]; then printf 'WEB_MEMORY = "%s"\n' "$per_process" >&3; fi
if [ -z "${WEB_CONCURRENCY:-}" ]; then printf 'WEB_CONCURRENCY = "%s"\n' "$concurrency" >&3; fi
