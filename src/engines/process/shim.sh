#!/bin/sh
# The parent of one instance, alive as long as its program, whatever becomes of the control plane.
#
#   sh shim.sh adopt STATE ATTEMPT MODE COUNT CWD PROGRAM [ARGUMENT…]
#
# Started by shim.ts. Writes into STATE: claim, program, exit. Reads there: attempt-*, stopping (see instance-directory.ts).
# Its output is the instance's output file. Its environment is PATH, LC_ALL and COUNT variables PORTSIDE_E0 …, each holding
# one `NAME=value` of the program's environment: a shell would change some variables (IFS, OPTIND, PWD …) if they were its own.
# On the way to the program there are only builtins, setsid and env: a start costs about 3 ms.
#
# Everything is in functions: a shell reads them to the end before it begins, whatever an upgrade does to this file meanwhile.

set -u

# Sets $mark: the pid, and what tells it from a later process of the same number. The process tables make the same text.
mark_process() {
  if [ -r "/proc/$1/stat" ]; then
    read -r stat < "/proc/$1/stat"
    read -r boot < /proc/sys/kernel/random/boot_id
    # Behind the bracket that ends the program's name come the fields from 3 on; 22 is the start time.
    set -- "$1" ${stat##*) }
    mark="$1 ${21} $boot"
  else
    mark="$1 $(ps -o lstart= -p "$1" 2>&-)"
  fi
}

# One write of one line with its end: a reader that finds no end looks again.
record() {
  printf '%s\n' "$2" > "$state/$1"
}

adopt() {
  state=$1 attempt=$2
  shift 2
  umask 077
  # What the control plane had inherited itself (a jobserver, a lock) is none of the program's. A shell can name no others.
  exec 3>&2 2> /dev/null 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
  # The directory may have been made anew for a later attempt, with another port and another environment.
  [ -e "$state/attempt-$attempt" ] || exit 0
  mark_process $$
  set -C # the file must not exist: exactly one shim, or the engine itself, wins the claim
  record claim "$mark" || exit 0
  set +C
  # In the foreground: a background job of a shell would ignore SIGINT and SIGQUIT for ever. In a subshell: else the shell's own
  # word about a killed child (`Killed`) would go where the program's errors go.
  if command -v setsid > /dev/null; then
    (exec setsid /bin/sh "$0" become "$state" "$@" 2>&3 3>&-)
  else
    set -m # a process group of its own at least
    (exec /bin/sh "$0" become "$state" "$@" 2>&3 3>&-)
  fi
  status=$?
  # Nobody asked for a stop: it crashed or was done, and what it left behind goes too.
  if [ ! -e "$state/stopping" ] && read -r pid _ < "$state/program"; then
    kill -s KILL -- "-$pid"
  fi
  uptime=-
  [ -r /proc/uptime ] && read -r uptime _ < /proc/uptime
  record exit "$status $uptime"
}

# Becomes the program: this pid is the session and the process group of all that the program starts.
become() {
  state=$1 mode=$2 portside_count=$3 cwd=$4
  shift 4
  mark_process $$
  record program "$mark"
  umask 022
  cd -- "$cwd" || exit 126
  # env would take a program with `=` in its path for one more variable.
  case $1 in *=*) set -- "$(command -v nice)" -n 0 "$@" ;; esac
  "pass_by_$mode" "$@"
}

# env fills in the template itself, so values reach it by its environment and never by its arguments.
pass_by_split() {
  template=--
  index=0
  while [ "$index" -lt "$portside_count" ]; do
    template="$template \"\${PORTSIDE_E$index}\""
    index=$((index + 1))
  done
  exec env -i -S "$template" "$@"
}

# Where env has no -S (busybox). The shell's own variables (IFS, OPTIND, PWD …) may then arrive changed.
pass_by_export() {
  unset PWD OLDPWD LC_ALL
  portside_index=0
  while [ "$portside_index" -lt "$portside_count" ]; do
    eval "command export \"\$PORTSIDE_E$portside_index\""
    unset "PORTSIDE_E$portside_index"
    portside_index=$((portside_index + 1))
  done
  exec "$@"
}

main() {
  "$@"
  exit
}
main "$@"
