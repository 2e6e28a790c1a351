"""TXT contents as the API has them: quoted character-strings (RFC 1035 section 5.1), split by the server at 255 bytes."""

from api_error import invalid

LONGEST_STRING = 255
MOST_WIRE_BYTES = 4096


def _unescaped(text, at):
    """One character at `at`, and where the next begins."""
    if text[at] != "\\":
        return text[at].encode("utf-8"), at + 1
    digits = text[at + 1 : at + 4]
    if len(digits) == 3 and digits.isdigit():
        if int(digits) > 255:
            raise invalid(9207, "Content for TXT record has an escape above 255.")
        return bytes([int(digits)]), at + 4
    if at + 1 >= len(text):
        raise invalid(9207, "Content for TXT record ends in a backslash.")
    return text[at + 1].encode("utf-8"), at + 2


def _quoted_strings(content):
    strings, at = [], 0
    while at < len(content):
        if content[at] in " \t":
            at += 1
            continue
        if content[at] != '"':
            raise invalid(9207, "Content for TXT record has text outside of its quotes.")
        at += 1
        value = b""
        while at < len(content) and content[at] != '"':
            piece, at = _unescaped(content, at)
            value += piece
        if at >= len(content):
            raise invalid(9207, "Content for TXT record has an open quote.")
        at += 1
        strings.append(value)
    return strings


def is_quoted(content):
    return content.startswith('"')


def strings_of(content):
    """The character-strings as they are stored."""
    if not content:
        raise invalid(9207, "Content for TXT record is required.")
    # Unquoted text is taken as one string, and not split.
    given = _quoted_strings(content) if is_quoted(content) else [content.encode("utf-8")]
    if not is_quoted(content) and len(given[0]) > LONGEST_STRING:
        raise invalid(9207, "Content for TXT record is longer than 255 and not quoted.")
    strings = []
    for value in given:
        strings += [value[i : i + LONGEST_STRING] for i in range(0, len(value), LONGEST_STRING)] or [b""]
    if sum(len(value) + 1 for value in strings) > MOST_WIRE_BYTES:
        raise invalid(9207, f"Content for TXT record exceeds {MOST_WIRE_BYTES} bytes.")
    return strings


def _escaped(byte):
    if byte in b'"\\':
        return "\\" + chr(byte)
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03d}"


def text_of(strings):
    """As the API answers them."""
    return " ".join('"' + "".join(map(_escaped, value)) + '"' for value in strings)
