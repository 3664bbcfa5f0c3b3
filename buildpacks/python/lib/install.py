"""Installs what was planned into the venv."""

import os
import shutil

from dependencies import vendored_directories
from hints import install_hint
from layers import write
from output import Failure, run, say

_PIP_OPTIONS = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--no-warn-script-location")


class Installer:
    def __init__(self, venv, pip, layers, scratch, env):
        self._venv = venv
        self._pip = pip
        self._layers = layers
        self._scratch = scratch
        self._env = env

    def install(self, dependencies):
        if dependencies.tool == "none":
            return
        say("Installing what %s names with %s" % (dependencies.source, dependencies.tool))
        if dependencies.tool == "pip":
            self._with_pip(dependencies)
        elif dependencies.tool == "uv":
            self._with_uv()
        else:
            self._with_poetry()

    def install_project(self):
        """The app itself, into a layer of its own: it changes at every build, the venv does not."""
        say("Installing the app itself, since pyproject.toml names a build system")
        target = self._layers.path("project")
        shutil.rmtree(target, ignore_errors=True)
        self._run_pip("--no-deps", "--target", target, ".")

    def _with_pip(self, dependencies):
        if dependencies.lines is None:
            self._run_pip("--requirement", dependencies.source)
        elif dependencies.lines == ["."]:
            self._run_pip(".")
        else:
            lines = dependencies.lines
            if self._env.get("PIP_INDEX_URL") or vendored_directories():
                lines = [line for line in lines if not line.startswith(("--index-url", "--extra-index-url"))]
            if not [line for line in lines if not line.startswith("--")]:
                return
            file = os.path.join(self._scratch, "requirements.txt")
            write(file, "".join(line + "\n" for line in lines))
            self._run_pip("--requirement", file)

    def _run_pip(self, *words):
        offline = []
        directories = vendored_directories()
        if directories:
            offline = ["--no-index"] + [word for one in directories for word in ("--find-links", os.path.abspath(one))]
            say("From the wheels in %s alone" % " and ".join(one + "/" for one in directories))
        env = dict(self._env, PIP_CACHE_DIR=self._layers.path("pip_cache"), PIP_ROOT_USER_ACTION="ignore")
        argv = self._pip.argv("install", *_PIP_OPTIONS, *offline, *words)
        code, lines = run(argv, env, is_noise=lambda line: line.startswith("Looking in "))
        if code != 0:
            place = " and ".join(one + "/" for one in directories) or "the package index"
            raise Failure("pip ended with exit code %d." % code, install_hint(lines, place))

    def _with_uv(self):
        env = dict(
            self._env,
            UV_PROJECT_ENVIRONMENT=self._venv.directory,
            UV_PYTHON=self._venv.python,
            UV_PYTHON_DOWNLOADS="never",
            UV_COMPILE_BYTECODE="1",
            UV_LINK_MODE="copy",
            UV_NO_PROGRESS="1",
            UV_CACHE_DIR=self._layers.path("pip_cache"),
        )
        program = self._tool("uv", "`uv export --no-dev --format requirements-txt > requirements.txt`")
        # A lock file that no longer agrees with pyproject.toml stops the build, as it does with Heroku.
        self._run_tool("uv", [program, "sync", "--locked", "--no-default-groups", "--no-install-project"], env)

    def _with_poetry(self):
        env = dict(
            self._env,
            POETRY_VIRTUALENVS_CREATE="true",
            POETRY_CACHE_DIR=self._layers.path("pip_cache"),
            POETRY_NO_INTERACTION="1",
        )
        program = self._tool("poetry", "`poetry export -o requirements.txt`")
        self._run_tool("poetry", [program, "install", "--only", "main", "--no-root", "--no-ansi"], env)
        # Poetry 1.3 has no `--compile`; without it every instance would compile for itself.
        run([self._venv.python, "-m", "compileall", "-q", os.path.join(self._venv.directory, "lib")], self._env)

    def _run_tool(self, name, argv, env):
        code, lines = run(argv, env)
        if code != 0:
            raise Failure("%s ended with exit code %d." % (name, code), install_hint(lines, "the package index"))

    def _tool(self, name, instead):
        """The tool of the PATH, else one that pip installs into a layer that stays for the next build."""
        found = shutil.which(name, path=self._env["PATH"])
        if found is not None:
            return found
        tool = self._layers.path("tool")
        program = os.path.join(tool, "bin", name)
        if self._layers.note("tool", "tool") == "%s %s" % (name, self._venv.version) and os.path.isfile(program):
            return self._as_module(name, tool)
        say("%s is not on the PATH; installing it with pip" % name)
        shutil.rmtree(tool, ignore_errors=True)
        env = dict(self._env, PIP_CACHE_DIR=self._layers.path("pip_cache"), PIP_ROOT_USER_ACTION="ignore")
        code, _ = run(self._pip.argv("install", *_PIP_OPTIONS, "--target", tool, name), env)
        if code != 0:
            raise Failure(
                "%s is needed for this app's lock file, is not on the PATH, and pip could not install it." % name,
                "Install %s where builds find it, set PIP_INDEX_URL to an index that has it, or write %s." % (name, instead),
            )
        self._layers.declare("tool", ["cache"], {"tool": "%s %s" % (name, self._venv.version)})
        return self._as_module(name, tool)

    def _as_module(self, name, tool):
        """Starts it by a script of this build: the first line of the installed one names a path of an earlier build."""
        self._layers.declare("tool", ["cache"], {"tool": "%s %s" % (name, self._venv.version)})
        script = os.path.join(self._scratch, name)
        text = '#!/bin/sh\nPYTHONPATH="%s" exec "%s" -m %s "$@"\n' % (tool, self._venv.python, name)
        write(script, text, mode=0o755)
        return script
