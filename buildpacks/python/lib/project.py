"""pyproject.toml: what it says, and whether the app is a package that can be installed."""

import os
import re

from output import Failure

_cache = {}


def read_pyproject():
    """The document as a dictionary; empty without a file. Needs Python 3.11's tomllib, or pip's own copy of it."""
    if "value" not in _cache:
        _cache["value"] = _parse() if os.path.isfile("pyproject.toml") else {}
    return _cache["value"]


def _parse():
    with open("pyproject.toml", "rb") as file:
        content = file.read()
    toml = _toml_module()
    try:
        return toml.loads(content.decode("utf-8-sig"))
    except (toml.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure("pyproject.toml is not valid TOML: %s" % error) from error


def _toml_module():
    try:
        import tomllib

        return tomllib
    except ImportError:
        pass
    try:
        from pip._vendor import tomli

        return tomli
    except ImportError as error:
        raise Failure(
            "pyproject.toml cannot be read: Python 3.11 or newer, or pip for the `python3` on the PATH, is needed.",
            "Install `python3-pip` with your system's packages.",
        ) from error


def look_up(*keys):
    """What stands in pyproject.toml at the keys; None when there is nothing, or no table on the way."""
    value = read_pyproject()
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def is_package():
    """Whether the app itself is to be installed: it names a build system and no tool says that it is no package."""
    if look_up("tool", "poetry", "package-mode") is False or look_up("tool", "uv", "package") is False:
        return False
    return look_up("build-system") is not None or look_up("tool", "uv", "package") is True


def static_dependencies():
    """`project.dependencies`; None when a build backend has to be asked for them."""
    if not isinstance(look_up("project"), dict) or "dependencies" in (look_up("project", "dynamic") or []):
        return None
    lines = look_up("project", "dependencies") or []
    # Each becomes a line for pip: none may bring a second one, or an option, along.
    if not isinstance(lines, list) or not all(isinstance(line, str) and re.match(r"[A-Za-z0-9][^\r\n]*\Z", line) for line in lines):
        raise Failure("`dependencies` of `[project]` in pyproject.toml is no list of requirements.", "Write `[\"flask>=3\"]`.")
    return lines
