"""What the build says: steps, what programs print, failures with a hint. Credentials in addresses never get out."""

import re
import subprocess
import sys

_USER_INFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s@'\"]+@")


class Failure(Exception):
    """Something the app's author must change: the last thing the build prints, with what to do about it."""

    def __init__(self, message, hint=None):
        super().__init__(message)
        self.hint = hint


def redact(text):
    """The text with `****` for what stands before the `@` of an address."""
    return _USER_INFO.sub(r"\1****@", text)


def say(text):
    print(redact(text), flush=True)


def run(argv, env, cwd=None, is_noise=lambda line: False):
    """Runs a program, its output indented and redacted; gives the exit code and its lines."""
    lines = []
    try:
        child = subprocess.Popen(
            argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise Failure("%s could not be started: %s" % (argv[0], error.strerror)) from error
    with child:
        for raw in child.stdout:
            line = redact(raw.decode("utf-8", "replace").rstrip("\r\n"))
            lines.append(line)
            if not is_noise(line):
                print("  " + line, flush=True)
    return child.returncode, lines


def report(failure):
    print("ERROR: " + redact(str(failure)), file=sys.stderr)
    if failure.hint is not None:
        print("       " + redact(failure.hint), file=sys.stderr)
