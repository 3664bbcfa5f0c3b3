"""bin/build of portside/python: which Python, a venv with the dependencies, static files, the default process."""

import collections
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from dependencies import key_of, read_dependencies, vendored_directories
from collect_static import collect_static
from install import Installer
from interpreters import choose, format_version
from layers import Layers, write
from output import Failure, report, run, say
from pip_tool import Pip
from processes import default_web, format_launch
from venv_layer import add_to_path, has_module, is_usable, make_venv, move_venv
from version_request import read_request

Venv = collections.namedtuple("Venv", "directory python version")


def main(layers, scratch):
    env = dict(os.environ)
    request = read_request(env)
    interpreter = choose(request, env["PATH"])
    asked = "" if request is None else ", as %s asks for %s" % (request.source, request.text)
    say("Using Python %s (%s)%s" % (format_version(interpreter.version), interpreter.path, asked))
    hook("bin/pre_compile", env)
    dependencies = read_dependencies()
    venv = Venv(layers.path("venv"), layers.path("venv/bin/python"), format_version(interpreter.version))
    inside = venv_environment(venv, env)
    pip = Pip(venv.python, interpreter, scratch, env["PATH"], vendored_directories())
    installer = Installer(venv, pip, layers, scratch, inside)
    provide_venv(venv, interpreter, dependencies, installer, layers, env)
    if dependencies.installs_project:
        installer.install_project()
        add_to_path(venv.directory, interpreter, layers.path("project"))
        layers.declare("project", ["launch", "build"])
    present = lambda name: has_module(venv.directory, interpreter, name)
    collect_static(venv.python, app_environment(inside), present("django"))
    hook("bin/post_compile", app_environment(inside))
    keep_caches(layers)
    add_launch_programs(layers)
    command = default_web(present)
    if command is not None:
        write(layers.path("launch.toml"), format_launch(command))


def provide_venv(venv, interpreter, dependencies, installer, layers, env):
    """The venv of an earlier build when nothing that decides its content has changed, else a new one."""
    key = key_of(dependencies, interpreter, env)
    old = layers.note("venv", "path")
    if key is not None and old is not None and layers.note("venv", "key") == key and is_usable(venv.directory):
        if dependencies.tool != "none":
            say("Dependencies are unchanged: using those of the last build")
        move_venv(venv.directory, old)
    else:
        make_venv(venv.directory, interpreter)
        installer.install(dependencies)
    variables = {"VIRTUAL_ENV.override": venv.directory, "PYTHONUNBUFFERED.default": "1", "LANG.default": "C.UTF-8"}
    for name, value in variables.items():
        write(os.path.join(venv.directory, "env", name), value)
    layers.declare("venv", ["launch", "build", "cache"], {"key": key or "", "path": venv.directory})


def venv_environment(venv, env):
    """For installing: the venv first, and nothing of the app's own settings of Python."""
    kept = {name: value for name, value in env.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    kept.setdefault("LANG", "C.UTF-8")
    path = os.path.join(venv.directory, "bin") + os.pathsep + env["PATH"]
    return dict(kept, PATH=path, VIRTUAL_ENV=venv.directory, PYTHONUNBUFFERED="1")


def app_environment(inside):
    """For running the app's code: its modules are found, as at launch."""
    return dict(inside, PYTHONPATH=os.environ.get("PYTHONPATH") or os.getcwd())


def hook(program, env):
    """`bin/pre_compile` and `bin/post_compile` of the app, as on Heroku; by their own first line, else by bash."""
    if not os.path.isfile(program):
        return
    say("Running %s" % program)
    argv = [os.path.abspath(program)] if os.access(program, os.X_OK) else ["bash", program]
    code, _ = run(argv, env)
    if code != 0:
        raise Failure("%s ended with exit code %d." % (program, code))


def keep_caches(layers):
    if os.path.isdir(layers.path("pip_cache")):
        layers.declare("pip_cache", ["cache"])


def add_launch_programs(layers):
    source = os.path.join(os.environ["CNB_BUILDPACK_DIR"], "exec.d")
    target = layers.path("start")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, os.path.join(target, "exec.d"))
    layers.declare("start", ["launch"])


if __name__ == "__main__":
    temporary = tempfile.mkdtemp(prefix="python-build-")
    try:
        main(Layers(os.path.abspath(sys.argv[1])), temporary)
    except Failure as failure:
        report(failure)
        sys.exit(1)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
