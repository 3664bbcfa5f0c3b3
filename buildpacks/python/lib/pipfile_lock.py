"""Pipfile.lock as lines for pip: names the very files by their hashes, so pipenv itself is not needed."""

import json

from output import Failure

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
    urls = [source["url"] for source in sources]
    return ["%s %s" % ("--extra-index-url" if place else "--index-url", url) for place, url in enumerate(urls)]


def _line(name, entry):
    version = entry.get("version", "")
    if not version.startswith("=="):
        what = next((key for key in ("path", "file", "git", "editable") if key in entry), "no exact version")
        raise Failure(
            "Pipfile.lock: `%s` has %s, which is not installed here." % (name, what),
            "Write requirements.txt with `pipenv requirements` and add that to the app instead.",
        )
    extras = "[%s]" % ",".join(entry["extras"]) if entry.get("extras") else ""
    marker = "; %s" % entry["markers"] if entry.get("markers") else ""
    hashes = "".join(" --hash=%s" % value for value in entry.get("hashes", []))
    return "%s%s%s%s%s" % (name, extras, version, " " + marker if marker else "", hashes)
