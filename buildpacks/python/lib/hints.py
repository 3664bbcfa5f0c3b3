"""What to do about what pip, uv, Poetry and Django print when they fail. The first that matches is told."""

import re

_INSTALL = (
    (r"THESE PACKAGES DO NOT MATCH THE HASHES", "A file differs from the hash that is locked: lock again, or look who changed it."),
    (r"Python\.h: No such file", "A package is compiled here and needs Python's headers: install `python3-dev`."),
    (
        r"(?:gcc|g\+\+|cc|clang|x86_64-linux-gnu-gcc)['\"]? failed: No such file|unable to execute '.*gcc'|"
        r"No such file or directory: '(?:gcc|cc)'|Unable to find .*compiler|"
        r"command '.*(?:gcc|cc)' failed: No such file",
        "A package is compiled here and needs a C compiler: install `build-essential`, or use a version with wheels.",
    ),
    (r"pg_config executable not found", "psycopg2 is compiled here and needs `libpq-dev`; `psycopg2-binary` does not."),
    (r"fatal error: .*\.h: No such file", "A package is compiled here and needs a C library's headers: install its `-dev` package."),
    (r"No space left on device|Disk quota exceeded", "The disk is full."),
    (
        r"Failed to establish a new connection|Name or service not known|Temporary failure in name resolution|"
        r"Connection refused|ConnectTimeout|Network is unreachable|CERTIFICATE_VERIFY_FAILED",
        "The package index could not be reached: set PIP_INDEX_URL (and PIP_CERT), or add wheels in vendor/.",
    ),
    (r"401 Client Error|403 Client Error|40[13] Unauthorized|User for ", "The package index wants a login: see PIP_INDEX_URL."),
    (r"requires a different Python|Requires-Python|requires-python", "A package does not support this Python: see .python-version."),
    (
        r"No matching distribution found for ((?:setuptools|wheel|hatchling|flit[-_]core|poetry[-_]core)\S*)",
        "A package is built from source and needs %s to be built: add its wheel to vendor/.",
    ),
    (r"ResolutionImpossible|conflicting dependencies", "Two requirements contradict each other: see the lines above."),
    (r"No matching distribution found for (\S+)", "%s is not to be had from %s."),
    (r"Multiple top-level (?:packages|modules) discovered", "Name the packages in pyproject.toml, or leave `[build-system]` out."),
    (r"does not seem to be a Python project|No file/folder found for package", "See `packages` in pyproject.toml, or `package-mode = false`."),
    (r"lock ?file .*(?:needs to be updated|not up.to.date|out of date)|changed significantly", "Lock again, and add the lock file to the app."),
)

_COLLECTSTATIC = (
    (r"without having set the STATIC_ROOT", "Set STATIC_ROOT in the settings (`BASE_DIR / \"staticfiles\"`)."),
    (r"SECRET_KEY", "The settings want SECRET_KEY: set it in the app's config, or give a default for the build."),
    (r"KeyError: '([A-Z][A-Z0-9_]*)'|UndefinedValueError: ([A-Z][A-Z0-9_]*)", "The settings want %s: set it in the app's config."),
    (r"OperationalError|could not connect to server|connection .* failed", "The settings or an app want the database, which builds have not."),
    (r"ModuleNotFoundError: No module named '([^']+)'", "`%s` is imported but not installed: add it to the requirements."),
    (r"MissingFileError|could not be found with|The CSS file", "A stylesheet names a file that is not there."),
)


def install_hint(lines, place):
    """`place` is where packages are looked for."""
    return _first(_INSTALL, lines, place)


def collectstatic_hint(lines):
    return _first(_COLLECTSTATIC, lines, "")


def _first(table, lines, place):
    text = "\n".join(lines)
    for pattern, hint in table:
        match = re.search(pattern, text)
        if match:
            words = tuple(group for group in match.groups() if group) + (place,)
            return hint % words[: hint.count("%s")]
    return None
