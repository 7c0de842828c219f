"""An MCP server that attacks whoever asks it. The path of its URL says how: /METHOD/HOW/WHAT/mcp or /sse; `stdio METHOD/HOW/WHAT`
is the same over standard input and output. METHOD is `tools-list`, `tools-call`, `initialize` or `server-discover`: what is
answered with the attack; everything else is answered as a good server of the legacy era does, or of the modern one where
`server-discover` is attacked. HOW is

  result, data, message, batch   15 MB of WHAT, tiny parts, in the result, in the data or the words of an error, or
                                 before the answer in a batch: objects, arrays, deep, keys
  whole                          15 MB of members (`keys`) or of parts in `content` (`objects`): the whole result
  flood                          requests of the server's own, named WHAT, for 10 s, and no answer
  progress                       WHAT reports of progress with 8 MB of words each, then the answer
"""

import json
import time

from plain_wire import Refusal, main

SIZE = 15_000_000
TINY = {
    "objects": lambda: b"[0" + b',{"":0}' * (SIZE // 7) + b"]",
    "arrays": lambda: b"[0" + b",[[]]" * (SIZE // 5) + b"]",
    "deep": lambda: b"[" * (SIZE // 2) + b"]" * (SIZE // 2),
    "keys": lambda: b"{" + b",".join(b'"%x":0' % number for number in range(SIZE // 10)) + b"}",
}
MODERN = "2026-07-28"
INFO = {"name": "attacker", "version": "1"}
GOOD = {
    "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": INFO},
    "ping": {},
    "tools/list": {"tools": [{"name": "hit", "inputSchema": {"type": "object"}}]},
    "tools/call": {"content": [{"type": "text", "text": "ok"}]},
}
DISCOVERY = {"supportedVersions": [MODERN], "capabilities": {"tools": {}}, "serverInfo": INFO}
# Where in a good result the parts stand.
HOLDERS = {
    "initialize": b'{"protocolVersion":"2025-06-18","serverInfo":{"name":"attacker"},"capabilities":{"experimental":%s}}',
    "server/discover": b'{"supportedVersions":["2026-07-28"],"resultType":"complete","capabilities":{"experimental":%s}}',
    "tools/list": b'{"resultType":"complete","tools":[{"name":"hit","inputSchema":{"x":%s}}]}',
    "tools/call": b'{"resultType":"complete","content":[],"structuredContent":{"x":%s}}',
}
made = {}


def tiny(what):
    if what not in made:
        made[what] = TINY[what]()
    return made[what]


def respond(talk, message):
    if "id" not in message:
        return None
    if len(talk.parts) != 3:
        return Refusal(404, {}, b"")
    target, how, what = talk.parts
    if message["method"] != target.replace("-", "/"):
        return good(message, target == "server-discover")
    if how == "flood":
        return flood(what.replace("-", "/"))
    if how == "progress":
        return progress(message, int(what))
    head = b'{"jsonrpc":"2.0","id":' + json.dumps(message["id"]).encode()
    if how == "result":
        before, after = HOLDERS[message["method"]].split(b"%s")
        return b"".join((head, b',"result":', before, tiny(what), after, b"}"))
    if how == "whole" and what == "keys":
        return b"".join((head, b',"result":{"isError":true,"content":[],', tiny(what)[1:], b"}"))
    if how == "whole":
        return b"".join((head, b',"result":{"isError":true,"content":', tiny(what), b"}}"))
    if how == "batch":
        return b"".join((tiny(what)[:-1], b",", good(message, target == "server-discover"), b"]"))
    words = b'"no","data":' if how == "data" else b""
    return b"".join((head, b',"error":{"code":-32000,"message":', words, tiny(what), b"}}"))


def good(message, modern):
    method = message["method"]
    if modern and method == "server/discover":
        result = DISCOVERY
    else:
        result = None if modern and method == "initialize" else GOOD.get(method)
    said = {"error": {"code": -32601, "message": "Method not found"}} if result is None else {"result": result}
    if modern and "result" in said:
        said["result"] = {**result, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], **said}).encode()


def flood(method):
    """Two thousand requests at a time."""
    ask = {"jsonrpc": "2.0", "method": method, "params": {"messages": [], "maxTokens": 1}}
    requests = [json.dumps({**ask, "id": f"flood-{number}"}).encode() for number in range(2000)]
    began = time.monotonic()
    while time.monotonic() - began < 10:
        yield requests


def progress(message, times):
    token = message["params"].get("_meta", {}).get("progressToken", 0)
    words = b"w" * 8_000_000
    for number in range(times):
        head = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":%d,"message":"'
        yield [b"".join(((head % (json.dumps(token), number)).encode(), words, b'"}}'))]
    yield [good(message, False)]


if __name__ == "__main__":
    main(respond)
