"""The layer `venv`: made once for a set of dependencies, used again as it is, at whatever path it comes back."""

import os
import shutil
import subprocess

from layers import write
from output import Failure

# A first line of more than 127 bytes is cut by older kernels; pip writes such scripts in this second form itself.
_SHEBANG_BYTES_MAX = 127
_LONG_FORM = b"#!/bin/sh\n'''exec' \"%s\" \"$0\" \"$@\"\n' '''\n"


def make_venv(directory, interpreter):
    """A new, empty venv, without pip in it."""
    shutil.rmtree(directory, ignore_errors=True)
    argv = [interpreter.path, "-I", "-m", "venv", "--without-pip", directory]
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        text = result.stdout.decode("utf-8", "replace").strip()
        raise Failure(
            "%s cannot make a virtual environment: %s" % (interpreter.path, text),
            "Its standard library is not complete: install `python3-venv` (Debian, Ubuntu) or `python3-libs` (Fedora).",
        )


def is_usable(directory):
    return os.access(os.path.join(directory, "bin", "python"), os.X_OK)


def move_venv(directory, old):
    """Lets scripts and settings of a venv that was made at `old` say where it lies now."""
    if old == directory:
        return
    programs = os.path.join(directory, "bin")
    for name in os.listdir(programs):
        path = os.path.join(programs, name)
        if os.path.isfile(path) and not os.path.islink(path):
            _rewrite(path, old.encode(), directory.encode())
    _rewrite(os.path.join(directory, "pyvenv.cfg"), old.encode(), directory.encode())


def _rewrite(path, old, new):
    with open(path, "rb") as file:
        content = file.read()
    if b"\0" in content[:1024] or old not in content:
        return
    changed = _with_interpreter(content, old, new)
    temporary = path + ".new"
    with open(temporary, "wb") as file:
        file.write(changed.replace(old, new))
    os.chmod(temporary, os.stat(path).st_mode)
    os.replace(temporary, path)


def _with_interpreter(content, old, new):
    """Chooses the form of the first line anew: the path may have become longer than a first line may be."""
    short, long = b"#!" + old, _LONG_FORM[: _LONG_FORM.index(b"%s")] + old
    if content.startswith(short):
        first, rest = content[2:].split(b"\n", 1)
    elif content.startswith(long):
        quoted, rest = content[len(long) - len(old) :].split(b"' '''\n", 1)
        first = quoted[: quoted.index(b'"')]
    else:
        return content
    python = first.replace(old, new)
    fits = len(python) + 2 <= _SHEBANG_BYTES_MAX and b" " not in python
    head = b"#!" + python + b"\n" if fits else _LONG_FORM % python
    return head + rest


def site_packages(directory, interpreter):
    return os.path.join(directory, "lib", "python%d.%d" % interpreter.version[:2], "site-packages")


def has_module(directory, interpreter, name):
    """Whether a package is installed, by its directory: nothing of it is run."""
    return os.path.isfile(os.path.join(site_packages(directory, interpreter), name, "__init__.py"))


def add_to_path(directory, interpreter, relative):
    """Lets Python find modules of another layer too; relative, so that it holds wherever the layers lie."""
    place = os.path.relpath(relative, site_packages(directory, interpreter))
    write(os.path.join(site_packages(directory, interpreter), "zz_project_layer.pth"), place + "\n")
