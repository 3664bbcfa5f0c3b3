"""A pip to install with. It need not be the venv's: Debian's python3 comes without ensurepip."""

import glob
import importlib.util
import os
import subprocess
import sys

from interpreters import find_all
from output import Failure

_SPEC = (
    "import importlib.util, os; spec = importlib.util.find_spec('pip'); "
    "print(os.path.dirname(spec.origin) if spec and spec.origin else '')"
)
_PROBE_LIMIT_S = 10


class Pip:
    """Runs pip with the venv's Python, so that it installs there and sees nothing else."""

    def __init__(self, venv_python, interpreter, scratch, path, vendored):
        self._python = venv_python
        self._where = (interpreter, scratch, path, vendored)
        self._place = None

    def argv(self, *words):
        if self._place is None:
            self._place = _find(*self._where)
        return [self._python, self._place] + list(words)


def _find(interpreter, scratch, path, vendored):
    for place in _places(interpreter, path, vendored):
        if place.endswith(".whl"):
            return os.path.join(place, "pip")
        # pip puts the directory that holds it on its path: that must be one that holds nothing else.
        link = os.path.join(scratch, "pip", "pip")
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(place, link)
        return link
    raise Failure(
        "there is no pip for %s." % interpreter.path,
        "Install `python3-pip` (or `python3-pip-whl`) with your system's packages, or put a pip wheel into vendor/.",
    )


def _places(interpreter, path, vendored):
    """Directories and wheels that hold pip, the best first; looked for one by one."""
    yield from _module_of(interpreter.path)
    library = os.path.join(os.path.dirname(os.path.dirname(interpreter.path)), "lib")
    version = "python%d.%d" % interpreter.version[:2]
    for pattern in (
        os.path.join(library, version, "ensurepip", "_bundled", "pip-*.whl"),
        "/usr/share/python-wheels/pip-*.whl",
        *(os.path.join(os.path.abspath(directory), "pip-*.whl") for directory in vendored),
    ):
        yield from sorted(glob.glob(pattern))[-1:]
    for other in find_all(path, interpreter):
        if other.path != interpreter.path:
            yield from _module_of(other.path)


def _module_of(python):
    if os.path.realpath(python) == os.path.realpath(sys.executable):
        spec = importlib.util.find_spec("pip")
        directory = os.path.dirname(spec.origin) if spec is not None and spec.origin else ""
    else:
        try:
            result = subprocess.run([python, "-I", "-c", _SPEC], capture_output=True, timeout=_PROBE_LIMIT_S, check=True)
            directory = result.stdout.decode().strip()
        except (OSError, subprocess.SubprocessError):
            directory = ""
    if directory and os.path.isfile(os.path.join(directory, "__main__.py")):
        yield directory
