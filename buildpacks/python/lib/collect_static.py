"""Django: its static files are collected during the build, as on Heroku."""

import os

from hints import collectstatic_hint
from output import Failure, run, say

_DEPTH_MAX = 3
_IGNORED = {"node_modules", "venv", "site-packages", "vendor"}


def find_manage_py():
    """The manage.py nearest to the top, at most three directories deep; None without one."""
    waiting = ["."]
    for _ in range(_DEPTH_MAX):
        found = [os.path.join(directory, "manage.py") for directory in waiting]
        present = [os.path.normpath(path) for path in found if os.path.isfile(path)]
        if present:
            return present[0]
        waiting = [entry for directory in waiting for entry in _directories(directory)]
    return None


def _directories(directory):
    names = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir(follow_symlinks=False))
    return [os.path.join(directory, name) for name in names if not name.startswith(".") and name not in _IGNORED]


def collect_static(python, env, is_django):
    """Runs collectstatic when Django and a manage.py are there; an app without `staticfiles` is told, not refused."""
    if not is_django:
        return
    if env.get("DISABLE_COLLECTSTATIC", "0") not in ("", "0"):
        say("Static files are not collected, since DISABLE_COLLECTSTATIC is set")
        return
    manage = find_manage_py()
    if manage is None:
        say("Static files are not collected, since there is no manage.py")
        return
    say("Running python %s collectstatic --noinput" % manage)
    argv = [python, manage, "collectstatic", "--noinput"]
    code, lines = run(argv, env, is_noise=_is_noise)
    if code == 0:
        return
    if any("Unknown command: 'collectstatic'" in line for line in lines):
        say("Static files are not collected, since django.contrib.staticfiles is not among INSTALLED_APPS")
        return
    hint = collectstatic_hint(lines)
    raise Failure(
        "collectstatic ended with exit code %d." % code,
        "%sDISABLE_COLLECTSTATIC=1 in the app's config leaves it out." % (hint + " " if hint else ""),
    )


def _is_noise(line):
    return line == "" or line.startswith(("Copying ", "Post-processed "))
