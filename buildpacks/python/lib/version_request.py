"""Which Python the app asks for, and where it says so."""

import collections
import json
import os
import re

from output import Failure, say
from project import look_up
from version_spec import parse_spec

# source: where it stands; text: as written; fits: tells whether a version `(3, 11, 2)` will do.
Request = collections.namedtuple("Request", "source text fits")

_SHOWN_MAX = 100
_HINT = "Write `3.11` for the newest 3.11 that is here, or `3.11.2` for exactly that."


def read_request(env):
    """The first of BP_CPYTHON_VERSION, .python-version, runtime.txt, Pipfile.lock, pyproject.toml; None without any."""
    sources = (_from_variable, _from_version_file, _from_runtime_txt, _from_pipfile_lock, _from_pyproject)
    found = [request for request in (read(env) for read in sources) if request is not None]
    if len(found) > 1 and found[0].source == ".python-version" and found[1].source == "runtime.txt":
        say("Warning: runtime.txt is not used, since .python-version is there.")
    return found[0] if found else None


def _request(source, text, pattern=None, hint=_HINT):
    is_text = isinstance(text, str) and (pattern is None or re.match(pattern, text))
    fits = parse_spec(text) if is_text else None
    if fits is None:
        shown = str(text)[:_SHOWN_MAX]
        raise Failure("%s asks for the Python version `%s`, which is not understood." % (source, shown), hint)
    return Request(source, text, fits)


def _from_variable(env):
    text = env.get("BP_CPYTHON_VERSION", "").strip()
    return _request("BP_CPYTHON_VERSION", text) if text else None


def _from_version_file(_env):
    text = _read(".python-version")
    if text is None:
        return None
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if len(lines) != 1:
        problem = "holds %s" % ("no version" if not lines else "several versions: %s" % ", ".join(lines)[:_SHOWN_MAX])
        raise Failure(".python-version %s." % problem, "Leave one line. %s" % _HINT)
    return _request(".python-version", lines[0], r"^\d+(\.\d+){0,2}$")


def _from_runtime_txt(_env):
    text = _read("runtime.txt")
    if text is None:
        return None
    match = re.match(r"^\s*python-(\d+\.\d+(?:\.\d+)?)\s*$", text)
    if match is None:
        raise Failure("runtime.txt asks for `%s`, which is not understood." % text.strip()[:_SHOWN_MAX], "Write `python-3.11`.")
    return _request("runtime.txt", match.group(1))


def _from_pipfile_lock(_env):
    text = _read("Pipfile.lock")
    if text is None:
        return None
    try:
        requires = json.loads(text).get("_meta", {}).get("requires", {})
        wanted = requires.get("python_full_version") or requires.get("python_version")
    except (ValueError, AttributeError) as error:
        raise Failure("Pipfile.lock is not valid: %s" % error, "Make it anew with `pipenv lock`.") from error
    return _request("Pipfile.lock", wanted) if wanted else None


def _from_pyproject(_env):
    wanted = look_up("project", "requires-python")
    if wanted:
        return _request("requires-python in pyproject.toml", wanted, hint="Write it as `>=3.9`.")
    wanted = look_up("tool", "poetry", "dependencies", "python")
    return _request("tool.poetry in pyproject.toml", wanted, hint="Write it as `^3.9`.") if wanted else None


def _read(name):
    if not os.path.isfile(name):
        return None
    with open(name, encoding="utf-8-sig", errors="replace") as file:
        return file.read()
