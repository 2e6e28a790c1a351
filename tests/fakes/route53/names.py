"""DNS names and TXT values as Route 53 reads and writes them.

A name is a tuple of labels (bytes, lower case), the leftmost first. In text every byte other than a-z, 0-9, hyphen and
underscore is written as a backslash and three octal digits.
"""

import re

PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")


class BadName(ValueError):
    pass


def parse_name(text):
    """The labels of a name, with or without its last dot."""
    if not isinstance(text, str) or not text.isascii() or not text:
        raise BadName(f"FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with '{text}'")
    labels, label, at = [], bytearray(), 0
    while at < len(text):
        c = text[at]
        if c == "\\":
            digits = text[at + 1 : at + 4]
            if not re.fullmatch(r"[0-3][0-7]{2}", digits):
                raise BadName(f"FATAL problem: InvalidEscape encountered with '{text}'")
            label.append(int(digits, 8))
            at += 4
            continue
        if c == ".":
            labels.append(bytes(label).lower())
            label = bytearray()
        elif c.isspace():
            raise BadName(f"FATAL problem: UnsupportedCharacter encountered with '{text}'")
        else:
            label.append(ord(c))
        at += 1
    if label:
        labels.append(bytes(label).lower())
    if text == ".":
        return ()
    if any(not each for each in labels):
        raise BadName(f"FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with '{text}'")
    if any(len(each) > 63 for each in labels):
        raise BadName(f"FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '{text}'")
    if sum(len(each) + 1 for each in labels) + 1 > 255:
        raise BadName(f"FATAL problem: DomainNameTooLong (Domain name is too long) encountered with '{text}'")
    return tuple(labels)


def label_text(label):
    return "".join(chr(c) if c in PLAIN else f"\\{c:03o}" for c in label)


def name_text(name):
    return "".join(label_text(each) + "." for each in name) or "."


def master_file_text(name):
    """With the decimal escapes of a master file."""
    return "".join("".join(chr(c) if c in PLAIN else f"\\{c:03d}" for c in label) + "." for label in name) or "."


def order_key(name):
    """Route 53 sorts by the labels reversed, with the last dot."""
    return "".join(label_text(each) + "." for each in reversed(name))


def is_in(name, zone):
    return len(name) >= len(zone) and name[len(name) - len(zone) :] == zone


class BadValue(ValueError):
    pass


def check_txt(value):
    """Raises BadValue unless the text is one or more quoted strings of at most 255 bytes; gives the joined bytes."""
    if len(value) > 4000:
        raise BadValue(f"FATAL problem: InvalidResourceRecord (Value is longer than 4000 characters) encountered with '{value[:40]}'")
    joined, at, strings = bytearray(), 0, 0
    while at < len(value):
        if value[at] == " " and strings:
            at += 1
            continue
        if value[at] != '"':
            raise BadValue(
                f"FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '{value}'"
            )
        at += 1
        size = 0
        while True:
            if at >= len(value):
                raise BadValue(f"FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '{value}'")
            c = value[at]
            if c == '"':
                at += 1
                break
            if c == "\\":
                if value[at + 1 : at + 2] in ('"', "\\"):
                    joined.append(ord(value[at + 1]))
                    at += 2
                elif re.fullmatch(r"[0-3][0-7]{2}", value[at + 1 : at + 4]):
                    joined.append(int(value[at + 1 : at + 4], 8))
                    at += 4
                else:
                    raise BadValue(f"FATAL problem: InvalidEscape encountered with '{value}'")
            elif not 0x20 <= ord(c) <= 0x7E:
                raise BadValue(f"FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with '{value[:40]}'")
            else:
                joined.append(ord(c))
                at += 1
            size += 1
        if size > 255:
            raise BadValue(f"FATAL problem: CharacterStringTooLong (Value is too long) encountered with '{value}'")
        strings += 1
        if at < len(value) and value[at] != " ":
            raise BadValue(f"FATAL problem: InvalidCharacterString (Strings must be separated by a space) encountered with '{value}'")
    if not strings:
        raise BadValue("FATAL problem: InvalidResourceRecord (Value is empty) encountered with ''")
    return bytes(joined)


def txt_strings(value):
    """The character-strings of a value that check_txt has passed."""
    strings = []
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)"', value):
        strings.append(check_txt(match.group(0)))
    return strings


def quote_txt(value):
    """The inverse of check_txt, in strings of 255 bytes."""
    def escaped(c):
        if c in b'"\\':
            return "\\" + chr(c)
        return chr(c) if 0x20 <= c <= 0x7E else f"\\{c:03o}"

    pieces = [value[at : at + 255] for at in range(0, len(value), 255)] or [b""]
    return " ".join('"' + "".join(escaped(c) for c in piece) + '"' for piece in pieces)
