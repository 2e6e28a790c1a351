"""One question to a DNS server, and its answer."""
import os
import socket
import struct


def skip_name(wire, at):
    while True:
        length = wire[at]
        if length & 0xC0:
            return at + 2
        at += 1 + length
        if not length:
            return at


class Answer:
    """What one question by UDP, and by TCP if it is cut off, brought."""

    def __init__(self, wire):
        self.rcode, self.records, self.authenticated = -1, [], False
        if wire is None:
            return
        _, flags, questions, answers, _, _ = struct.unpack("!6H", wire[:12])
        self.rcode, self.authenticated = flags & 15, bool(flags & 0x20)
        at = 12
        for _ in range(questions):
            at = skip_name(wire, at) + 4
        for _ in range(answers):
            at = skip_name(wire, at)
            kind, _, ttl, size = struct.unpack("!HHIH", wire[at:at + 10])
            self.records.append((kind, ttl, wire[at + 10:at + 10 + size]))
            at += 10 + size

    def count(self, kind):
        return sum(1 for each in self.records if each[0] == kind)

    def texts(self):
        values = []
        for kind, _, rdata in self.records:
            if kind != 16:
                continue
            value, at = b"", 0
            while at < len(rdata):
                value += rdata[at + 1:at + 1 + rdata[at]]
                at += 1 + rdata[at]
            values.append(value.decode())
        return values

    @classmethod
    def of(cls, server, name, kind, recursive=False, seconds=5):
        identity = os.urandom(2)
        query = identity + struct.pack("!5H", 0x0100 if recursive else 0, 1, 0, 0, 1)
        for label in [each for each in name.split(".") if each]:
            query += bytes([len(label)]) + label.encode()
        query += b"\0" + struct.pack("!HH", kind, 1) + b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(seconds)
                sock.connect((server, 53))
                sock.send(query)
                wire = sock.recv(65535)
            if wire[2] & 2:
                with socket.create_connection((server, 53), timeout=seconds) as sock:
                    sock.sendall(struct.pack("!H", len(query)) + query)
                    data = b""
                    while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
                        more = sock.recv(65535)
                        if not more:
                            return cls(None)
                        data += more
                    wire = data[2:]
            return cls(wire if wire[:2] == identity else None)
        except OSError:
            return cls(None)
