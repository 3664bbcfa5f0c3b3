"""Pipfile.lock as lines for pip: names the very files by their hashes, so pipenv itself is not needed."""

import json
import re

from output import Failure

# Nothing of the file may become a second line, or an option.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_VERSION = re.compile(r"==[A-Za-z0-9.!+_-]+\Z")
_HASH = re.compile(r"[a-z0-9]+:[0-9a-f]+\Z")
_WORDS = re.compile(r"[^\r\n#]*\Z")
_HINT = "Make it anew with `pipenv lock`."


def requirements_of(text):
    """Lines of the section `default`, in its order, with the index it names first."""
    try:
        document = json.loads(text)
        sources = document.get("_meta", {}).get("sources", [])
        packages = document["default"]
        return _index_lines(sources) + [_line(name, entry) for name, entry in packages.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure("Pipfile.lock is not valid: %s" % error, _HINT) from error


def _index_lines(sources):
    """`PIP_INDEX_URL` of the environment does not win over a line of a file: the caller leaves these out then."""
    urls = [_checked(re.compile(r"\S+\Z"), source["url"]) for source in sources]
    return ["%s %s" % ("--extra-index-url" if place else "--index-url", url) for place, url in enumerate(urls)]


def _checked(pattern, text):
    if pattern.match(text) is None:
        raise ValueError("`%s` is not understood" % text[:100])
    return text


def _line(name, entry):
    version = entry.get("version", "")
    if not version.startswith("=="):
        what = next((key for key in ("path", "file", "git", "editable") if key in entry), "no exact version")
        raise Failure(
            "Pipfile.lock: `%s` has %s, which is not installed here." % (name, what),
            "Write requirements.txt with `pipenv requirements` and add that to the app instead.",
        )
    extras = ",".join(_checked(_NAME, extra) for extra in entry.get("extras") or [])
    marker = _checked(_WORDS, entry.get("markers") or "")
    hashes = "".join(" --hash=%s" % _checked(_HASH, value) for value in entry.get("hashes") or [])
    requirement = _checked(_NAME, name) + ("[%s]" % extras if extras else "") + _checked(_VERSION, version)
    return requirement + (" ; %s" % marker if marker else "") + hashes
