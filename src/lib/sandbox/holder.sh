#!/bin/sh
# The first process of a sandbox's namespaces. Makes the file system view that its arguments describe, says `ready`, and then only
# collects orphans until its standard input ends: with it, or with whoever holds the other end, everything in the sandbox ends.
#   tmpfs OPTIONS DIR | bind FROM TO | remount OPTIONS DIR | protect OPTIONS DIR | directory DIR | file FILE
set -eu
umask 022
while [ $# -gt 0 ]; do
  case $1 in
    tmpfs) mount -t tmpfs -o "$2" tmpfs "$3" ;;
    bind) mount --bind -- "$2" "$3" ;;
    remount) mount -o "remount,bind,$2" -- "$3" ;;
    # As `remount`, for a mount of the machine's own: one that cannot be reached or changed stays guarded by its permissions.
    protect) mount -o "remount,bind,$2" -- "$3" 2>/dev/null || true ;;
    directory) mkdir -p -- "$2" ; shift 2 ; continue ;;
    file) mkdir -p -- "${2%/*}" ; : >"$2" ; shift 2 ; continue ;;
    *) echo "sandbox: no such operation: $1" >&2 ; exit 2 ;;
  esac
  shift 3
done
mount -t proc -o nosuid,nodev,noexec proc /proc
# A shell that waits collects every orphan; one that reads would not. What it starts beside itself gets no input by itself.
exec 3<&0
cat <&3 >/dev/null &
# Only now: whoever is told takes what runs already for a part of the sandbox, and all else for programs.
echo ready
wait $!
