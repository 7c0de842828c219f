"""MCP servers that answer oddly, one for each row of a table. Needs nothing but Python.

odd.py http FOLDER         serves the rows of FOLDER/*.json at /NAME/mcp and /NAME/sse, and those that are `alone` at
                           /mcp or /sse of a port of their own as well; prints the ports. /NAME/seen tells what came
odd.py stdio FOLDER NAME   is the server of one row

A row is {"name", "era": legacy or modern, "over": http, sse or stdio, "odd": {WHAT: {HOW: ...}}}. What no row
mentions is answered as a server of that era should. WHAT is a method, `*` (every request), `GET`, `DELETE`, `POST`
(all of them), `endpoint` (the first event of HTTP + SSE), `start` (a child's first words) or `revisions`. HOW is:

  set, drop     {"path.to.field": value} in the result; ["path.to.field"] out of it
  result        the whole result        error      an error instead of a result
  pages         results by cursor       envelope   fields beside `result` and `id`
  id            string, float, null, none or other: how the id comes back
  swap          [old, new, ...] in the text of the answer; `$NEST` is a list in a list, 150 deep; `$FILL5` are
                5 million letters
  text          the text itself, with `$ANSWER`, `$ID` and `$RESULT`
  encode        its character encoding  first      messages or texts that go out before it
  ask           a request of the server's own: the answer waits for the client's
  silent        no answer, ever         delay      seconds before the answer
  end, stderr   what ends a line; words on standard error; `die`: the process ends instead [stdio]
  status, type, headers, body, encoding, chunks (bytes in each), to (a redirect)          [http]
  close         the connection ends after it: `told`, `silent` or `length` (the end tells) [http]
  early         what comes before the answer, such as a 103                                [http]
  resume        the stream breaks off so many times; a GET goes on with it                 [http]
  aside         it comes over the session's GET stream                                     [http]
  polite        only what the client accepts is encoded; `encoding` may name several       [http]
  events        texts of an event stream with `$ANSWER` or, for `endpoint`, `$ENDPOINT`    [http, sse]

Of `revisions` it is: `known` (others get the error `refusal` from `initialize`), `headers` (the only ones that may be named
in a header), `agreed` (the one that must be, after the handshake). `$ASKED` in an answer is the revision that was offered.
"""

import asyncio
import json
import os
import pathlib
import sys
import time

from odd_answers import Answers, filled, lines
from odd_http import serve


def rows(folder):
    files = sorted(pathlib.Path(folder).glob("*.json"))
    return {row["name"]: row for file in files for row in json.loads(file.read_text("utf-8"))}


def stdio(row):
    answers, waiting = Answers(row), {}

    def write(text, how):
        end = how.get("end", "\n")
        sys.stdout.buffer.write((text + end).encode(how.get("encode", "utf-8")))
        sys.stdout.buffer.flush()

    start = row["odd"].get("start", {})
    print(filled(start.get("stderr", "")), file=sys.stderr)
    for text in lines(start.get("first", [])):
        write(text, start)
    for line in sys.stdin:
        message = json.loads(line)
        if "method" not in message:
            # The client answers what we asked: now it gets what it asked.
            for text, how in waiting.pop(message.get("id"), []):
                write(text, how)
            continue
        how = answers.how_asked(message["method"])
        if how.get("die"):
            os._exit(3)
        if "id" not in message or how.get("silent"):
            continue
        for text in lines(how.get("first", [])):
            write(text, how)
        time.sleep(how.get("delay", 0))
        text = answers.text(message)
        if "ask" in how:
            question = answers.question(how["ask"])
            waiting[question["id"]] = [(text, how)]
            write(json.dumps(question), {})
        else:
            write(text, how)


if __name__ == "__main__":
    table = rows(sys.argv[2])
    if sys.argv[1] == "stdio":
        stdio(table[sys.argv[3]])
    else:
        asyncio.run(serve(table))
