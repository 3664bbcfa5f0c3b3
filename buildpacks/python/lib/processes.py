"""The default `web` process, where there is one answer alone."""

import glob
import os
import re

from collect_static import find_manage_py
from layers import quote
from output import say

_FILES = ("app.py", "main.py", "server.py")
_ASGI = re.compile(r"^\s*(?:from|import)\s+(?:fastapi|starlette|quart|litestar|sanic)\b", re.MULTILINE)
_NAME = re.compile(r"^(app|application)\s*(?::[^=\n]+)?=", re.MULTILINE)
_MAIN = re.compile(r"^if\s+__name__\s*==", re.MULTILINE)


def default_web(has_module):
    """The words of the command; None with a Procfile, or when it is not clear what should serve."""
    if os.path.isfile("Procfile"):
        return None
    command = _django(has_module) if has_module("django") else _single_file(has_module)
    if command is None:
        say("No process `web`: name the command in a Procfile, such as `web: gunicorn app:app`")
    else:
        say("Default process web: %s" % " ".join(command))
    return command


def _django(has_module):
    manage = find_manage_py()
    if manage is None or not has_module("gunicorn"):
        return None
    directory = os.path.dirname(manage)
    found = sorted(glob.glob(os.path.join(glob.escape(directory or "."), "*", "wsgi.py")))
    if len(found) != 1:
        return None
    module = os.path.basename(os.path.dirname(found[0]))
    return ["gunicorn"] + (["--chdir", directory] if directory else []) + ["%s.wsgi" % module]


def _single_file(has_module):
    present = [name for name in _FILES if os.path.isfile(name)]
    if len(present) != 1:
        return None
    with open(present[0], encoding="utf-8", errors="replace") as file:
        text = file.read()
    name, module = _NAME.search(text), present[0][: -len(".py")]
    if name is not None and _ASGI.search(text):
        if has_module("uvicorn"):
            # uvicorn reads WEB_CONCURRENCY but not PORT.
            line = 'exec uvicorn %s:%s --host 0.0.0.0 --port "${PORT:-8000}"' % (module, name.group(1))
            return ["sh", "-c", line]
    elif name is not None and has_module("gunicorn"):
        return ["gunicorn", "%s:%s" % (module, name.group(1))]
    return ["python", present[0]] if _MAIN.search(text) else None


def format_launch(command):
    words = ", ".join(quote(word) for word in command)
    return '[[processes]]\ntype = "web"\ncommand = [%s]\ndefault = true\n' % words
