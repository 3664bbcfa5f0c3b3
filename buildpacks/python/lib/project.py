"""pyproject.toml: what it says, and whether the app is a package that can be installed."""

import os

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


def is_package():
    """Whether the app itself is to be installed: it names a build system and no tool says that it is no package."""
    pyproject = read_pyproject()
    tool = pyproject.get("tool", {})
    if tool.get("poetry", {}).get("package-mode") is False or tool.get("uv", {}).get("package") is False:
        return False
    return "build-system" in pyproject or tool.get("uv", {}).get("package") is True


def static_dependencies():
    """`project.dependencies`; None when a build backend has to be asked for them."""
    table = read_pyproject().get("project")
    if table is None or "dependencies" in table.get("dynamic", []):
        return None
    return table.get("dependencies", [])
