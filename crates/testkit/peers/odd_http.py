"""How the servers of `odd.py` are reached: Streamable HTTP, HTTP + SSE, and what rows make of both."""

import asyncio
import functools
import itertools
import json

from odd_answers import Answers, lines
from odd_reply import Reply

# How long an answer that comes over another stream takes.
ASIDE = 0.2
MESSAGE = ["event: message\ndata: $ANSWER\n\n"]


async def serve(table):
    """All rows at one port, each under its name; and each alone at a port of its own, as a scan finds servers."""
    site = Site(table)

    async def listen(name):
        server = await asyncio.start_server(functools.partial(site.connection, name), "127.0.0.1", 0)
        return server, server.sockets[0].getsockname()[1]

    server, port = await listen(None)
    alone = {name: await listen(name) for name, row in table.items() if row.get("alone")}
    print(json.dumps([port, {name: port for name, (_, port) in alone.items()}]), flush=True)
    await server.serve_forever()


class Site:
    """All rows. What somebody waits for is kept by keys that nobody else has."""

    def __init__(self, table):
        self.answers = {name: Answers(row) for name, row in table.items()}
        self.count = itertools.count(1)
        self.asked, self.streams, self.kept = {}, {}, {}
        # What `/NAME/seen` tells: every message, and the sessions that nobody has ended.
        self.seen, self.sessions = {name: [] for name in table}, {name: set() for name in table}

    async def connection(self, alone, reader, writer):
        try:
            while await self.exchange(reader, writer, alone):
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def exchange(self, reader, writer, alone):
        """One request. Whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        verb, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path, _, query = target.partition("?")
        path = path if alone is None else f"/{alone}{path}"
        _, name, place = path.split("/", 2) if path.count("/") > 1 else ("", "", "")
        reply, answers = Reply(writer), self.answers.get(name)
        reply.accepts = headers.get("accept-encoding")
        if answers is None or (alone and not answers.is_at(place)):
            return await reply.plain(404, "")
        if place == "seen":
            return await reply.plain(200, json.dumps([self.seen[name], len(self.sessions[name])]))
        message = json.loads(body) if body else {}
        self.seen[name].append({"verb": verb, "message": message, "headers": headers})
        if verb == "DELETE":
            self.sessions[name].discard(headers.get("mcp-session-id"))
        if place == "sse":
            # The newer transport is not here.
            there = f"/{name}/messages" if alone is None else "/messages"
            return await (self.endpoint(reply, answers, name, there) if verb == "GET" else reply.plain(405, ""))
        if verb == "GET":
            return await self.get(reply, answers, headers)
        if verb != "POST":
            return await reply.odd(answers.how(verb), 200, "")
        how = answers.how("POST")
        if "to" in how and place != "moved":
            to = how["to"].replace("$OTHER", "http://localhost:%d" % reply.port()).replace("$NAME", name)
            to = to.replace("$QUERY", query)
            return await reply.odd({**how, "headers": {"Location": to}}, 307, "")
        outlet = self.streams.get(query)
        if "method" not in message:
            if event := self.asked.pop(message.get("id"), None):
                event.set()
            return await reply.plain(202, "")
        how = answers.how_asked(message["method"])
        if "id" not in message:
            return await reply.odd(how, 202, "")
        if why := answers.refuses_header(message["method"], headers.get("mcp-protocol-version")):
            return await reply.odd({"type": "text/plain; charset=utf-8"}, 400, why)
        if outlet:
            return await self.by_stream(reply, answers, message, outlet)
        if how.get("silent"):
            await reader.read()
            return False
        return await self.answer(reply, answers, message, headers.get("mcp-session-id"), name)

    async def answer(self, reply, answers, message, session, name):
        how = answers.how_asked(message["method"])
        opened = {}
        if message["method"] == "initialize" and not answers.modern:
            opened = {"Mcp-Session-Id": f"s{next(self.count)}"}
            self.sessions[name].update(opened.values())
        await asyncio.sleep(how.get("delay", 0))
        if "body" in how:
            return await reply.odd(how, 200, "")
        text = answers.text(message)
        if how.get("aside"):
            await reply.plain(202, "")
            # Later than the 202, or it is a matter of luck which is heard first.
            await asyncio.sleep(ASIDE)
            self.queue(session).put_nowait(MESSAGE[0].replace("$ANSWER", text))
            return True
        how = {**how, "headers": {**opened, **how.get("headers", {})}}
        if not {"events", "ask", "first", "resume"} & how.keys():
            known = answers.knows(message["method"]) or not answers.modern
            return await reply.odd(how, 200 if known else 404, text)
        await reply.open(how)
        if "resume" in how:
            return await self.break_off(reply, how["resume"], text)
        for early in lines(how.get("first", [])):
            await reply.piece(MESSAGE[0].replace("$ANSWER", early))
        if "ask" in how:
            await self.ask(reply, answers.question(how["ask"]))
        for event in how.get("events", MESSAGE):
            await reply.piece(event.replace("$ANSWER", text))
        return await reply.done()

    async def ask(self, reply, question):
        answered = self.asked[question["id"]] = asyncio.Event()
        await reply.piece(MESSAGE[0].replace("$ANSWER", json.dumps(question)))
        await answered.wait()

    async def break_off(self, reply, times, text):
        key = f"e{next(self.count)}"
        self.kept[key] = (times - 1, text)
        await reply.piece(f"id: {key}\nretry: 20\ndata:\n\n")
        return await reply.done()

    async def get(self, reply, answers, headers):
        """The stream of a session, or the rest of one that broke off."""
        if kept := self.kept.pop(headers.get("last-event-id"), None):
            times, text = kept
            await reply.open({})
            if times:
                return await self.break_off(reply, times, text)
            await reply.piece(MESSAGE[0].replace("$ANSWER", text))
            return await reply.done()
        if any(how.get("aside") for how in answers.odd.values()):
            return await self.pour(reply, self.queue(headers.get("mcp-session-id")), {})
        return await reply.odd(answers.how("GET"), 405, "")

    async def by_stream(self, reply, answers, message, outlet):
        """HTTP + SSE: the answer comes over the event stream."""
        await reply.odd(answers.how("POST"), 202, "Accepted")
        how = answers.how_asked(message["method"])
        await asyncio.sleep(how.get("delay", 0))
        if not how.get("silent"):
            text = answers.text(message)
            for event in [MESSAGE[0].replace("$ANSWER", early) for early in lines(how.get("first", []))]:
                outlet.put_nowait(event)
            for event in how.get("events", MESSAGE):
                outlet.put_nowait(event.replace("$ANSWER", text))
        return True

    async def endpoint(self, reply, answers, name, there):
        key = f"session={next(self.count)}"
        queue, place = self.queue(key), f"{there}?{key}"
        host = "http://127.0.0.1:%d" % reply.port()
        for event in answers.how("endpoint").get("events", ["event: endpoint\ndata: $ENDPOINT\n\n"]):
            queue.put_nowait(event.replace("$ENDPOINT", place).replace("$HOST", host))
        return await self.pour(reply, queue, answers.how("GET"))

    def queue(self, key):
        return self.streams.setdefault(key, asyncio.Queue())

    async def pour(self, reply, queue, how):
        await reply.open(how)
        while True:
            await reply.piece(await queue.get())
