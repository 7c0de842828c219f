"""One answer of `odd_http.py` on the wire, with what a row makes of it."""

import asyncio
import zlib

# Between two pieces, so that they arrive as two.
PAUSE = 0.002


class Reply:
    def __init__(self, writer):
        self.writer, self.how, self.flow = writer, {}, None
        # What the client says that it can read.
        self.accepts = None

    def port(self):
        return self.writer.get_extra_info("sockname")[1]

    def head(self, how, status, headers):
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
        self.writer.write(f"{how.get('early', '')}HTTP/1.1 {status} Whatever\r\n{told}\r\n".encode())

    async def plain(self, status, body):
        return await self.odd({}, status, body)

    async def odd(self, how, status, text):
        """A body of known length."""
        flow, body = self.codings(how), how.get("body", text).encode(how.get("encode", "utf-8"))
        body = flow.piece(body) + flow.end() if body else body
        headers = {"Content-Type": how.get("type", "application/json" if body else None)}
        headers |= {"Content-Encoding": flow.name, "Content-Length": len(body), **how.get("headers", {})}
        status, close = how.get("status", status), how.get("close")
        if status == 204 or close == "length":
            headers["Content-Length"] = None
        if close == "told":
            headers["Connection"] = "close"
        self.head(how, status, headers)
        for part in self.parts(how, body):
            self.writer.write(part)
            await self.sent(how)
        return close is None

    async def open(self, how):
        """A body in chunks: an event stream."""
        self.how, self.flow = how, self.codings(how)
        headers = {"Content-Type": how.get("type", "text/event-stream"), "Transfer-Encoding": "chunked"}
        headers |= {"Content-Encoding": self.flow.name, **how.get("headers", {})}
        self.head(how, how.get("status", 200), headers)
        await self.writer.drain()

    async def piece(self, text):
        await self.chunks(self.flow.piece(text.encode(self.how.get("encode", "utf-8"))))

    async def chunks(self, body):
        for part in self.parts(self.how, body):
            self.writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await self.sent(self.how)

    def codings(self, how):
        is_allowed = self.accepts is None or "*" in self.accepts or how.get("encoding", "") in self.accepts
        return Codings(how.get("encoding") if is_allowed or not how.get("polite") else None)

    async def done(self):
        await self.chunks(self.flow.end())
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()
        return True

    def parts(self, how, body):
        size = how.get("chunks", max(len(body), 1))
        return (body[at : at + size] for at in range(0, len(body), size))

    async def sent(self, how):
        await self.writer.drain()
        if "chunks" in how:
            await asyncio.sleep(PAUSE)


# What the standard library does not compress is written in blocks that are not compressed, which those formats allow.

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
