"""One answer of `odd_http.py` on the wire, with what a row makes of it."""

import asyncio

from odd_codings import Codings

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
