"""Random values with everything that has ever been encoded wrongly."""

import json
import random
import string

RESERVED = " !*'()~+/%&=,@:;?#[]$"
QUOTING = "\"'\\`<>{}|^\t\r\n\0"
LONGEST_BYTES = 10_000

_PLAIN = string.ascii_letters + string.digits + "-_."
# Letters with accents, combining marks, right-to-left text, Han, line separators, the ends of the basic plane, and
# characters beyond it (surrogate pairs in JSON escapes, four bytes in UTF-8).
_UNICODE = "éßÆłı\u0301\u200d\u2028\u0085\ufeff\ufffd\uffffشע设备证书車両😀🚚𝒳𐍈\U00010000\U0010ffff"


def text(generator: random.Random) -> str:
    """A text of one of several kinds; the empty one and long ones among them."""
    kind = generator.choices(
        ["plain", "reserved", "quoting", "unicode", "mixed", "json", "encoded", "empty", "long"],
        [20, 15, 10, 15, 20, 8, 4, 5, 3],
    )[0]
    alphabet = {"plain": _PLAIN, "reserved": RESERVED, "quoting": QUOTING, "unicode": _UNICODE}
    everything = _PLAIN + RESERVED + QUOTING + _UNICODE
    match kind:
        case "empty":
            return ""
        case "json":
            return json.dumps(value(generator, 3), ensure_ascii=generator.random() < 0.5)
        case "encoded":
            return generator.choice(["%20", "a%2Fb", "100%", "%zz", "a+b", "%E8%AE%BE", "&amp;", "\\u8bbe"])
        case "long":
            return long_text(generator, everything)
    return "".join(generator.choices(alphabet.get(kind, everything), k=generator.randint(1, 40)))


def long_text(generator: random.Random, alphabet: str) -> str:
    """A text of LONGEST_BYTES of UTF-8, less what the last character needed."""
    characters, size = [], 0
    while (size := size + len((character := generator.choice(alphabet)).encode())) <= LONGEST_BYTES:
        characters.append(character)
    return "".join(characters)


def value(generator: random.Random, depth: int) -> object:
    """A JSON value, nested at most `depth` deep."""
    kind = generator.choices(["text", "number", "word", "array", "object"], [10, 3, 2, depth, depth])[0]
    match kind:
        case "text":
            return text(generator) if depth else token(generator, 8)
        case "number":
            return generator.choice([0, -1, generator.randint(-(2**63), 2**63 - 1), generator.random() * 1e6])
        case "word":
            return generator.choice([True, False, None])
        case "array":
            return [value(generator, depth - 1) for _ in range(generator.randint(0, 12))]
    return members(generator, depth - 1)


def members(generator: random.Random, depth: int) -> dict[str, object]:
    """An object whose names are as the vendors' parameter names are: ASCII letters and digits."""
    return {
        token(generator, generator.randint(1, 12)): value(generator, depth) for _ in range(generator.randint(0, 5))
    }


def token(generator: random.Random, length: int) -> str:
    """Letters and digits, as in keys and names."""
    return "".join(generator.choices(string.ascii_letters + string.digits, k=length))


def session_token(generator: random.Random) -> str | None:
    """A session token of base64 characters for one request in three."""
    if generator.random() < 2 / 3:
        return None
    return "".join(generator.choices(string.ascii_letters + string.digits + "+/=", k=generator.randint(16, 900)))


def timestamp(generator: random.Random) -> int:
    """Epoch seconds from 2001 to 2099, often just before or after midnight UTC, where the date changes."""
    seconds = generator.randint(978_307_200, 4_102_444_799)
    if generator.random() < 0.2:
        return seconds - seconds % 86_400 + generator.choice([-1, 0, 1])
    return seconds
