#!/bin/sh
# The parent of one instance, alive as long as its program, whatever becomes of the control plane.
#
#   sh shim.sh adopt STATE ATTEMPT MODE TEMPLATE CWD PROGRAM [ARGUMENT…]
#
# Written by engines/process (shim.ts starts it). Writes into STATE: claim, program, exit. Reads there: attempt-*, stopping.
# STDOUT and STDERR are the instance's output file. Its own environment is PATH, LC_ALL and E0, E1 …, each holding one
# `NAME=value` of the program's environment: a shell would change some variables (IFS, OPTIND, PWD …) if it took them as its own.
# Only builtins on the way to the program, besides setsid and env: a start costs about 3 ms.
set -u
umask 077
role=$1 state=$2
newline='
'

# Sets $mark: the pid and what tells it from a later process of the same number. process-table.ts makes the same text.
mark_process() {
  mark="$1 $(ps -o lstart= -p "$1" 2>&- || :)"
}
if [ -r /proc/self/stat ]; then
  mark_process() {
    read -r stat < "/proc/$1/stat"
    read -r boot < /proc/sys/kernel/random/boot_id
    # Behind the bracket that ends the program's name: the state is field 3 of 22, the start time.
    set -- "$1" ${stat##*) }
    mark="$1 ${21} $boot"
  }
fi

# One write of one line that ends in a newline: a reader that finds none looks again.
record() {
  printf '%s%s' "$2" "$newline" > "$state/$1"
}

if [ "$role" = adopt ]; then
  exec 3>&2 2> /dev/null
  # The directory may have been made anew for a later attempt, with another port and another environment.
  [ -e "$state/attempt-$3" ] || exit 0
  mark_process $$
  set -C # the file must not exist: exactly one shim, or the engine itself, wins the claim
  record claim "$mark" || exit 0
  set +C
  shift 3
  # In the foreground: a background job of a shell would ignore SIGINT and SIGQUIT for ever. In a subshell: else the
  # shell's own word about a killed child (`Killed`) would go where the program's errors go.
  if command -v setsid > /dev/null; then
    (exec setsid /bin/sh "$0" program "$state" "$@" 2>&3 3>&-)
  else
    set -m # a process group of its own at least
    (exec /bin/sh "$0" program "$state" "$@" 2>&3 3>&-)
  fi
  status=$?
  # Nobody asked for a stop: it crashed or was done, and what it left behind goes too.
  if [ ! -e "$state/stopping" ] && read -r pid _ < "$state/program"; then
    kill -s KILL -- "-$pid"
  fi
  uptime=-
  [ -r /proc/uptime ] && read -r uptime _ < /proc/uptime
  record exit "$status $uptime"
  exit 0
fi

# role "program": becomes the program; its pid is the session and the process group of all that the program starts.
mode=$3 template=$4 cwd=$5
shift 5
mark_process $$
record program "$mark"
umask 022
cd -- "$cwd" || exit 126
# env would take a program with `=` in its path for one more variable.
case $1 in *=*) set -- "$(command -v nice)" -n 0 "$@" ;; esac
case $mode in
  # env splits the template itself, so values reach it by its environment and never by its arguments.
  split) exec env -i -S "$template" "$@" ;;
  # Where env has no -S (busybox). The shell's own variables (IFS, OPTIND, PWD …) may then arrive changed.
  export)
    count=$template index=0
    unset PWD OLDPWD LC_ALL role state newline stat boot mark mode template cwd
    while [ "$index" -lt "$count" ]; do
      eval "command export \"\$E$index\"; unset E$index"
      index=$((index + 1))
    done
    unset count index
    exec "$@"
    ;;
esac
