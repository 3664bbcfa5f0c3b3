"""Layers: where they are, what they are for, what an earlier build noted about them."""

import json
import os
import re


class Layers:
    def __init__(self, root):
        self.root = root

    def path(self, name):
        return os.path.join(self.root, name)

    def note(self, name, key):
        """A text that an earlier build noted; None when the layer's content did not come back."""
        document = self.path(name) + ".toml"
        if not os.path.isdir(self.path(name)) or not os.path.isfile(document):
            return None
        with open(document, encoding="utf-8") as file:
            match = re.search(r'^%s = "([^"\\]*)"$' % re.escape(key), file.read(), re.MULTILINE)
        return match.group(1) if match else None

    def declare(self, name, types, notes=None):
        flags = "".join("%s = %s\n" % (flag, str(flag in types).lower()) for flag in ("launch", "build", "cache"))
        texts = "".join("%s = %s\n" % (key, quote(value)) for key, value in sorted((notes or {}).items()))
        write(self.path(name) + ".toml", "[types]\n%s\n[metadata]\n%s" % (flags, texts))


def quote(text):
    """A text as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\u007f", "\\u007f")


def write(path, text, mode=0o644):
    """Writes a new file in the place of an old one, which other links to it keep."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.chmod(temporary, mode)
    os.replace(temporary, path)
