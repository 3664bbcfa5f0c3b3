"""Which versions a text allows: `3.11`, `>=3.9,<4`, `~=3.10`, Poetry's `^3.11`. Pure; releases only, no pre-releases."""

import re

_PART = re.compile(r"^(===|==|!=|~=|>=|<=|>|<|\^|~|=)?\s*v?(\d+(?:\.\d+){0,2})(\.\*)?$")


def parse_spec(text):
    """A function that tells whether a version `(3, 11, 2)` fits; None when the text is not understood."""
    alternatives = [_parse_all(part) for part in re.split(r"\|\|?", text)]
    if any(one is None for one in alternatives):
        return None
    return lambda version: any(fits(version) for fits in alternatives)


def _parse_all(text):
    parts = [_parse_part(part.strip()) for part in re.split(r"\s*,\s*|(?<=[\d*])\s+(?=[<>=!~^])", text.strip())]
    if any(part is None for part in parts):
        return None
    return lambda version: all(fits(version) for fits in parts)


def _parse_part(text):
    if text == "*":
        return lambda version: True
    match = _PART.match(text)
    if match is None:
        return None
    operator, digits, star = match.groups()
    wanted = tuple(int(digit) for digit in digits.split("."))
    if star and operator not in (None, "=", "==", "!="):
        return None
    return _comparison(operator, wanted, bool(star))


def _comparison(operator, wanted, star):
    full = wanted + (0,) * (3 - len(wanted))
    compare = {
        ">=": lambda version: version >= full,
        ">": lambda version: version > full,
        "<=": lambda version: version <= full,
        "<": lambda version: version < full,
        # "compatible": everything but the last given part may not change.
        "~=": lambda version: version >= full and version[: len(wanted) - 1] == wanted[:-1],
        "~": lambda version: version >= full and version[: min(2, len(wanted))] == wanted[:2],
        "^": lambda version: version >= full and version[0] == wanted[0],
    }
    if operator in compare:
        return compare[operator]
    exact = operator in ("==", "===", "!=") and not star
    same = (lambda version: version == full) if exact else (lambda version: version[: len(wanted)] == wanted)
    return (lambda version: not same(version)) if operator == "!=" else same
