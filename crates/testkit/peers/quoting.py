"""An MCP server that quotes what it was sent, everywhere it can: the token behind `Bearer`, the header `X-Api-Key` without its
first word, the key `apiKey` of the query, and over standard input and output the variable `CANARY`. The path of its URL is FORM/ERA: FORM says how the
quote is written in JSON (`plain`, `slashed` as PHP does, `escaped` letter by letter, `url`), ERA is `legacy` or `modern`.
The tools `fail`, `error`, `guard` and `crash` quote it where things go wrong; a child ends with `crash`.
"""

import json
import os
import sys
import urllib.parse

from plain_wire import Refusal, main

MODERN = "2026-07-28"
MARK = "$QUOTE"
INFO = {"name": f"n {MARK}", "title": f"t {MARK}", "version": f"v {MARK}"}
OFFERS = {"tools": {}, "resources": {}, "prompts": {}}
SCHEMA = {"type": "object", "properties": {MARK: {"type": "string", "description": MARK, "default": MARK}}}
NAMES = ["echo", "fail", "error", "guard", "crash", f"u {MARK}"]
RESULTS = {
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": OFFERS,
        "serverInfo": INFO,
        "instructions": f"you are {MARK}",
    },
    "server/discover": {
        "supportedVersions": [MODERN],
        "capabilities": OFFERS,
        "serverInfo": INFO,
        "instructions": f"you are {MARK}",
    },
    "ping": {MARK: MARK},
    "tools/list": {
        "tools": [
            {
                "name": name,
                "title": MARK,
                "description": f"for {MARK}",
                "inputSchema": SCHEMA,
                "outputSchema": SCHEMA,
                "annotations": {"title": MARK},
            }
            for name in NAMES
        ]
    },
    "resources/list": {"resources": [{"uri": f"memo://{MARK}", "name": MARK, "description": MARK}]},
    "prompts/list": {"prompts": [{"name": f"p {MARK}", "description": MARK}]},
}
FORMS = {
    "plain": lambda text: json.dumps(text)[1:-1],
    "slashed": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "escaped": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "url": lambda text: urllib.parse.quote(text, safe=""),
}


def quote(talk):
    """What was sent, each a word."""
    token = talk.headers.get("authorization", "-").removeprefix("Bearer ")
    key = talk.headers.get("x-api-key", "-").split(" ")[-1]
    in_query = talk.query.get("apiKey", "-")
    return " ".join((token, key, in_query, os.environ.get("CANARY", "-")))


def respond(talk, message):
    form, era = talk.parts if len(talk.parts) == 2 else ("plain", "none")
    words = quote(talk)

    def written(said):
        text = json.dumps({"jsonrpc": "2.0", **said})
        return text.replace(MARK, FORMS[form](words)).encode()

    if "id" not in message or era == "none":
        return None if "id" not in message else Refusal(404, {}, b"")
    method, id = message["method"], message["id"]
    foreign = "initialize" if era == "modern" else "server/discover"
    if method == "tools/call":
        return called(message, written, words)
    if method == foreign or method not in RESULTS:
        return written({"id": id, "error": {"code": -32601, "message": f"no {MARK}", "data": {MARK: MARK}}})
    return written({"id": id, "result": complete(RESULTS[method], era)})


def complete(result, era):
    return {**result, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"} if era == "modern" else result


def called(message, written, words):
    id, name = message["id"], message["params"]["name"]
    if sys.argv[1] == "stdio" and name == "crash":
        print(f"fatal error: {words}", file=sys.stderr, flush=True)
        os._exit(1)
    if sys.argv[1] == "stdio" and name == "guard":
        name = "error"
    if name == "guard":
        challenge = {"www-authenticate": f'Bearer realm="{words}", error_description="{words}"'}
        return Refusal(401, challenge, words.encode())
    if name == "crash":
        return Refusal(500, {"x-why": words}, f"<h1>{words}</h1>".encode())
    if name == "error":
        return written({"id": id, "error": {"code": -32000, "message": f"not for {MARK}", "data": [MARK]}})
    return reports(message, written, {"content": [{"type": "text", "text": MARK}], "isError": name == "fail"})


def reports(message, written, result):
    token = message["params"].get("_meta", {}).get("progressToken", 0)
    told = {"progressToken": token, "progress": 1, "message": MARK}
    yield [written({"method": "notifications/progress", "params": told})]
    yield [written({"method": "notifications/message", "params": {"level": "error", "data": MARK}})]
    full = {**result, "resultType": "complete", "structuredContent": {MARK: MARK}}
    yield [written({"id": message["id"], "result": full})]


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        canary = os.environ.get("CANARY", "-")
        halves = canary[:4] + "\x1b" + canary[4:]
        print(f"I have {canary}, {halves}, " + "x" * 20000 + canary * 200, file=sys.stderr, flush=True)
        print(f"I have {canary}", file=sys.stderr, flush=True)
        print(f"junk {canary}", flush=True)
    main(respond)
