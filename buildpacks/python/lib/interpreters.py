"""The Pythons of this machine, and the one that fits."""

import collections
import os
import re
import subprocess
import sys

from output import Failure

# path: absolute, links followed; version: `(3, 11, 2)`.
Interpreter = collections.namedtuple("Interpreter", "path version")

_NAME = re.compile(r"^python3(\.\d+)?$")
_PROBE_LIMIT_S = 10
_PROBE = "import sys; print(sys.implementation.name, *sys.version_info[:3]); print(sys.executable)"


def format_version(version):
    return ".".join(str(part) for part in version)


def choose(request, path):
    """The Python that runs this when it fits, else the newest on the PATH that does. A failure lists what there is."""
    own = Interpreter(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable), sys.version_info[:3])
    if request is None or request.fits(own.version):
        return own
    found = find_all(path, own)
    fitting = [one for one in found if request.fits(one.version)]
    if not fitting:
        offered = ", ".join("%s (%s)" % (format_version(one.version), one.path) for one in found)
        raise Failure(
            "%s asks for Python %s; here there is %s." % (request.source, request.text, offered),
            "Change what is asked for, or install that Python where builds find it (a directory of the PATH).",
        )
    return fitting[0]


def find_all(path, own):
    """Every CPython on the PATH, the newest first."""
    found = {own.path: own}
    for directory in path.split(os.pathsep):
        try:
            names = sorted(name for name in os.listdir(directory or ".") if _NAME.match(name))
        except OSError:
            continue
        for name in names:
            one = _probe(os.path.join(directory, name))
            if one is not None:
                found.setdefault(one.path, one)
    return sorted(found.values(), key=lambda one: one.version, reverse=True)


def _probe(program):
    """None for what does not run, or is no CPython: a shim of a version manager may name a Python that is not there."""
    try:
        result = subprocess.run(
            [program, "-I", "-S", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_LIMIT_S,
            check=True,
        )
        head, executable = result.stdout.decode().splitlines()
        name, *digits = head.split()
        return Interpreter(os.path.realpath(executable), tuple(int(digit) for digit in digits)) if name == "cpython" else None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
