"""What is to be installed, by which tool, and what that depends on."""

import collections
import hashlib
import json
import os
import re

from output import Failure, redact, say
from pipfile_lock import requirements_of
from project import is_package, look_up, static_dependencies

# tool: pip, uv, poetry or none; source: the file that says what to install; lines: requirements that stand in no file;
# inputs: files that decide what is installed; is_reusable: whether equal inputs give an equal venv;
# installs_project: whether the app itself is installed too, into a layer of its own.
Dependencies = collections.namedtuple("Dependencies", "tool source lines inputs is_reusable installs_project")

FORMAT = "1"
VENDOR_DIRECTORIES = ("vendor", "wheelhouse")
_PACKAGES = (".whl", ".tar.gz", ".zip")
# Pipenv, pip, Poetry, uv: Heroku's order. The first wins, the others are named.
_SOURCES = ("Pipfile.lock", "requirements.txt", "poetry.lock", "uv.lock")
_INCLUDED = re.compile(r"^(?:-r|--requirement|-c|--constraint)(?:\s*=\s*|\s*)(\S+)")
_LOCAL = re.compile(r"^(?:-e\s|--editable[\s=]|\.{0,2}/|\.(?:\s|\[|$)|file:)|\s@\s+file:")

# Packages that lie in a directory of the app: another one than the app itself in uv.lock, `directory` in poetry.lock.
_LOCKED_LOCAL = re.compile(r'\{ (?:editable|directory|virtual) = "(?!\."\s)|^type = "(?:directory|file)"$', re.MULTILINE)


def read_dependencies():
    found = [name for name in _SOURCES if os.path.isfile(name)]
    if len(found) > 1:
        say("Warning: %s is used; %s is not." % (found[0], ", ".join(found[1:])))
    if not found:
        return _without_lock()
    source = found[0]
    if source == "Pipfile.lock":
        lines = requirements_of(_read(source))
        return Dependencies("pip", source, lines, [source], True, False)
    if source == "requirements.txt":
        files, is_reusable = _requirement_files(source)
        return Dependencies("pip", source, None, files, is_reusable, False)
    if not os.path.isfile("pyproject.toml"):
        raise Failure("%s is there, but no pyproject.toml." % source, "Both belong into the app.")
    tool = "poetry" if source == "poetry.lock" else "uv"
    is_reusable = not _LOCKED_LOCAL.search(_read(source))
    return Dependencies(tool, source, None, [source, "pyproject.toml"], is_reusable, is_package())


def _without_lock():
    if os.path.isfile("pdm.lock"):
        say("Warning: pdm.lock is not read; `pdm export -o requirements.txt` writes what it locks.")
    if os.path.isfile("Pipfile"):
        raise Failure("there is a Pipfile, but no Pipfile.lock.", "Make it with `pipenv lock` and add it to the app.")
    dependencies = static_dependencies()
    if dependencies is not None:
        # `requires-python` and settings of tools may stand there as well; what is installed is these lines alone.
        return Dependencies("pip", "pyproject.toml", dependencies, [], not _any_local(dependencies), is_package())
    if look_up("build-system") is None and set(look_up("tool", "poetry", "dependencies") or ()) - {"python"}:
        raise Failure("pyproject.toml names dependencies for Poetry, but there is no poetry.lock.", "Make it with `poetry lock`.")
    has_setup = os.path.isfile("setup.py") or (os.path.isfile("setup.cfg") and _names_package())
    if has_setup or is_package():
        source = "pyproject.toml" if look_up("build-system") is not None else "setup.py"
        return Dependencies("pip", source, ["."], [], False, False)
    return Dependencies("none", None, None, [], True, False)


def _names_package():
    return re.search(r"^\[metadata\]", _read("setup.cfg"), re.MULTILINE) is not None


def _requirement_files(first):
    """The file and all it includes, and whether it names nothing on disk: that could change without a word in the file."""
    files, is_reusable = [], True

    def visit(name, above):
        nonlocal is_reusable
        if name in above:
            raise Failure("%s includes itself%s." % (name, "" if above[-1] == name else " by %s" % above[-1]))
        if not os.path.isfile(name):
            raise Failure("%s includes %s, which is not there." % (above[-1], name[:100]))
        if name in files:
            return
        files.append(name)
        lines = [line.strip() for line in _read(name).replace("\\\n", " ").splitlines()]
        is_reusable = is_reusable and not _any_local(lines)
        for line in lines:
            match = _INCLUDED.match(line)
            if match and "://" not in match.group(1):
                visit(os.path.normpath(os.path.join(os.path.dirname(name), match.group(1))), above + [name])

    visit(first, [])
    return files, is_reusable


def _any_local(lines):
    return any(_LOCAL.search(line) or ("/" in line and os.path.exists(line.split("#")[0].strip())) for line in lines)


def vendored_directories():
    """Directories of the app that hold wheels or source archives."""
    return [
        directory
        for directory in VENDOR_DIRECTORIES
        if os.path.isdir(directory) and any(name.endswith(_PACKAGES) for name in os.listdir(directory))
    ]


def key_of(dependencies, interpreter, env):
    """A hash over everything that decides what the venv holds; None when that cannot be known."""
    if not dependencies.is_reusable:
        return None
    # Credentials may change at every build; where packages come from is what counts.
    settings = {name: redact(value) for name, value in env.items() if re.match(r"(?:PIP|UV|POETRY)_", name)}
    parts = {
        "format": FORMAT,
        "python": [interpreter.path, interpreter.version],
        "tool": dependencies.tool,
        "lines": dependencies.lines,
        "files": {name: _hash(name) for name in dependencies.inputs},
        "vendored": {
            os.path.join(directory, name): _hash(os.path.join(directory, name))
            for directory in (vendored_directories() if dependencies.tool == "pip" else [])
            for name in sorted(os.listdir(directory))
            if name.endswith(_PACKAGES)
        },
        "settings": settings,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _hash(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _read(name):
    with open(name, encoding="utf-8-sig", errors="replace") as file:
        return file.read()
