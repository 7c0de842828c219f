"""How the servers of `attack.py` and `quoting.py` are reached: Streamable HTTP, HTTP + SSE, standard input and output, as cheap
as Python can. Needs nothing but Python.

A server is a function `respond(talk, message)`. It answers with the bytes of one message, with an iterator of lists of them (an
event stream), with a `Refusal` (HTTP alone), or with nothing. The path of a URL, without its last part, says what it should do; its
last part is `mcp` or `sse`.
"""

import itertools
import json
import os
import queue
import socket
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Talk:
    """Who asks: the parts of the path, the headers in lower case, the query."""

    def __init__(self, parts, headers, query):
        self.parts, self.headers, self.query = parts, headers, query


class Refusal:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def serve_http(respond):
    streams, count = {}, itertools.count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *words):
            pass

        def talk(self):
            url = urllib.parse.urlsplit(self.path)
            *parts, last = url.path.strip("/").split("/")
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Talk(parts, headers, dict(urllib.parse.parse_qsl(url.query))), last

        def do_GET(self):
            talk, last = self.talk()
            if last != "sse":
                return self.say(405, {}, b"")
            key, stream = str(next(count)), queue.Queue(4)
            streams[key] = stream
            self.begin_stream()
            base = "/".join(["", *talk.parts])
            query = urllib.parse.urlencode({**talk.query, "stream": key})
            self.wfile.write(f"event: endpoint\ndata: {base}/messages?{query}\n\n".encode())
            try:
                while True:
                    self.write_events(stream.get())
            except OSError:
                # Whoever still has something to say must not wait for room.
                streams.pop(key, None)
                stream.put = lambda messages: None
                while not stream.empty():
                    stream.get_nowait()

        def do_DELETE(self):
            self.say(405, {}, b"")

        def do_POST(self):
            talk, last = self.talk()
            message = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            said = respond(talk, message) if "method" in message else None
            if isinstance(said, Refusal):
                return self.say(said.status, said.headers, said.body)
            if last == "messages":
                self.say(202, {}, b"")
                stream = streams.get(talk.query["stream"])
                for messages in spoken(said) if stream else ():
                    stream.put(messages)
            elif said is None:
                self.say(202, {}, b"")
            elif isinstance(said, bytes):
                self.say(200, {"content-type": "application/json"}, said)
            else:
                self.begin_stream()
                for messages in said:
                    self.write_events(messages)

        def write_events(self, messages):
            """As few system calls as possible, and no copy of what is long."""
            between = b"\n\ndata: "
            if len(messages) > 1:
                messages = [between.join(messages)]
            for piece in (b"data: ", messages[0], b"\n\n"):
                self.wfile.write(piece)

        def begin_stream(self):
            self.close_connection = True
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()

        def say(self, status, headers, body):
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def handle(self):
            try:
                super().handle()
            except OSError:
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128
        address_family = socket.AF_INET

    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def spoken(said):
    return () if said is None else ([said],) if isinstance(said, bytes) else said


def serve_stdio(respond, parts):
    talk, lock = Talk(parts, {}, {}), threading.Lock()

    def answer(message):
        for messages in spoken(respond(talk, message)):
            with lock:
                sys.stdout.buffer.write(b"\n".join(messages))
                sys.stdout.buffer.write(b"\n")
                sys.stdout.buffer.flush()

    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "method" in message:
            threading.Thread(target=answer, args=(message,), daemon=True).start()


def main(respond):
    # What is measured is who is attacked: an attacker takes what is left.
    os.nice(10)
    if sys.argv[1] == "http":
        serve_http(respond)
    else:
        serve_stdio(respond, sys.argv[2].strip("/").split("/"))
