"""Certificates that are odd in a field or two, and sound ones with one or two bytes changed."""

import random

TEXTS = ["truck-1", "Depot_7 *", "S\u00fcd", "\u5357\u4eac", "a+b, \"c\" = #d\\", " x ", "", "a\nb\0c", "\U0001f69b", "#01"]
ZONES = ["Z", "Z", "Z", "", "+0800", "-0130", "+1200", "+1300", "+08", "z", "+2461"]
COMMON_NAME, ORGANIZATIONAL_UNIT, COUNTRY = b"\x55\x04\x03", b"\x55\x04\x0b", b"\x55\x04\x06"


def element(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def built(chance: random.Random) -> bytes:
    """A certificate whose serial number, times and subject are made at random."""
    algorithm = element(0x30, element(0x06, b"\x2a\x86\x48\xce\x3d\x04\x03\x02"))
    key = b"\x04" + bytes.fromhex(
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    )
    curve = element(0x30, element(0x06, b"\x2a\x86\x48\xce\x3d\x02\x01"), element(0x06, b"\x2a\x86\x48\xce\x3d\x03\x01\x07"))
    signed = element(
        0x30,
        element(0xA0, element(0x02, bytes([chance.choice([2, 2, 2, 0, 3, 0x7F])]))),
        serial_number(chance),
        algorithm,
        element(0x30, element(0x31, attribute(COMMON_NAME, 0x0C, b"Example CA"))),
        element(0x30, time(chance), time(chance)),
        element(0x30, *(element(0x31, *sorted_set(chance)) for _ in range(chance.randrange(4)))),
        element(0x30, curve, element(0x03, b"\0", key)),
    )
    return element(0x30, signed, algorithm, element(0x03, b"\0\1\2")) + chance.choice([b"", b"", b"\0", b"more"])


def serial_number(chance: random.Random) -> bytes:
    octets = chance.randbytes(chance.choice([1, 1, 2, 8, 20, 21, 70]))
    if chance.random() < 0.5:
        octets = chance.choice([b"\0", b"\xff", b"\x80", b"\x7f", b"\0\xff", b"\xff\0", b"\x80\0", b"\0\x80"])
    return element(0x02, octets)


def time(chance: random.Random) -> bytes:
    is_long = chance.random() < 0.5
    year = chance.choice([1, 1949, 1950, 1969, 1970, 1999, 2000, 2026, 2049, 2050, 9999]) if is_long else chance.randrange(100)
    month, day = chance.choice([1, 2, 2, 12, 13, 6]), chance.choice([1, 28, 29, 30, 31])
    text = f"{year:04}" if is_long else f"{year:02}"
    text += f"{month:02}{day:02}{chance.choice([0, 12, 23, 24]):02}{chance.choice([0, 59, 60]):02}"
    if chance.random() < 0.8:
        text += f"{chance.choice([0, 30, 59, 60, 61]):02}"
    if chance.random() < 0.2:
        text += chance.choice([".5", ".123456", ".", ",5", ".000"])
    text += chance.choice(ZONES)
    if chance.random() < 0.05:
        text = text[: chance.randrange(len(text) + 1)] + chance.choice([" ", "x", "-"])
    return element(0x18 if is_long else 0x17, text.encode())


def sorted_set(chance: random.Random) -> list[bytes]:
    return [name(chance) for _ in range(chance.choice([1, 1, 1, 2, 3]))]


def name(chance: random.Random) -> bytes:
    text = chance.choice(TEXTS)
    tag = chance.choice([0x0C, 0x0C, 0x12, 0x13, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E, 0x03, 0x04, 0x30])
    octets = text.encode({0x0C: "utf-8", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}.get(tag, "latin-1"), "replace")
    if chance.random() < 0.05:
        octets = octets[:-1] + chance.randbytes(1)
    return attribute(chance.choice([COMMON_NAME, COMMON_NAME, ORGANIZATIONAL_UNIT, COUNTRY]), tag, octets)


def attribute(kind: bytes, tag: int, octets: bytes) -> bytes:
    return element(0x30, element(0x06, kind), element(tag, octets))


def changed(der: bytes, chance: random.Random) -> bytes:
    """The certificate with one or two other bytes in its first 300, where the facts are."""
    octets = bytearray(der)
    for _ in range(chance.choice([1, 1, 2])):
        at = chance.randrange(min(300, len(octets)))
        octets[at] = chance.choice([octets[at] ^ 1 << chance.randrange(8), chance.randrange(256), 0x0C, 0x13, 0x17, 0x18, 0x80])
    return bytes(octets)
