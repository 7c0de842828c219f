"""How the servers of `odd.py` compress: what the standard library lacks is written in blocks that are not compressed, which
those formats allow."""

import zlib


class Codings:
    """`gzip, br` and the like: applied in the order in which they are named, to a body that comes in pieces."""

    def __init__(self, names):
        self.name = names
        ways = {"gzip": 31, "x-gzip": 31, "deflate": 15}
        others = {"br": Brotli, "zstd": Zstd}
        named = [name.strip().lower() for name in (names or "").split(",")]
        self.flows = [others[name]() if name in others else Zlib(ways[name]) for name in named if name in ways | others]

    def piece(self, body):
        for flow in self.flows:
            body = flow.piece(body)
        return body

    def end(self):
        body = b""
        for flow in self.flows:
            body = (flow.piece(body) if body else b"") + flow.end()
        return body


class Zlib:
    def __init__(self, wbits):
        self.flow = zlib.compressobj(wbits=wbits)

    def piece(self, body):
        return self.flow.compress(body) + self.flow.flush(zlib.Z_SYNC_FLUSH)

    def end(self):
        return self.flow.flush()


class Brotli:
    """Bits of a block: whether it is the last one (0), 4 nibbles of length (00), the length, not compressed (1)."""

    MOST = 1 << 16

    def __init__(self):
        # The size of the window stands before the first block: one bit (0).
        self.before = 1

    def piece(self, body):
        return b"".join(self.block(body[at : at + self.MOST]) for at in range(0, len(body), self.MOST))

    def block(self, body):
        head = ((len(body) - 1) << 3 | 1 << 19) << self.before
        self.before = 0
        return head.to_bytes(3, "little") + body

    def end(self):
        return b"\x03"


class Zstd:
    MOST = 1 << 16

    def __init__(self):
        # The magic number, no options, a window of 128 kB.
        self.before = b"\x28\xb5\x2f\xfd\x00\x38"

    def piece(self, body):
        parts = [body[at : at + self.MOST] for at in range(0, len(body), self.MOST)]
        blocks = b"".join((len(part) << 3).to_bytes(3, "little") + part for part in parts)
        blocks, self.before = self.before + blocks, b""
        return blocks

    def end(self):
        return self.before + b"\x01\x00\x00"
