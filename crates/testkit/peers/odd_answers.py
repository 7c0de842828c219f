"""What the servers of `odd.py` say: the answers of good servers of both eras, and what a row makes of them."""

import copy
import itertools
import json
import re

MODERN, LEGACY = "2026-07-28", "2025-11-25"
INFO = {"name": "odd", "version": "1.0"}
OFFERS = {"tools": {}, "resources": {}, "prompts": {}}
ECHO = {"name": "echo", "description": "Says hi", "inputSchema": {"type": "object", "properties": {}}}
GOOD = {
    "server/discover": {
        "supportedVersions": [MODERN],
        "capabilities": OFFERS,
        "_meta": {"io.modelcontextprotocol/serverInfo": INFO},
    },
    "initialize": {"protocolVersion": LEGACY, "capabilities": OFFERS, "serverInfo": INFO},
    "ping": {},
    "tools/list": {"tools": [ECHO, {"name": "other", "inputSchema": {"type": "object"}}]},
    "resources/list": {"resources": [{"uri": "memo://a", "name": "a"}]},
    "resources/templates/list": {"resourceTemplates": []},
    "prompts/list": {"prompts": [{"name": "greet"}]},
    "tools/call": {"content": [{"type": "text", "text": "hi"}]},
}
CACHED = ("server/discover", "tools/list", "resources/list", "resources/templates/list", "prompts/list")
UNKNOWN = {"code": -32601, "message": "Method not found"}
NEST = "[" * 150 + "]" * 150


def lines(messages):
    """Messages as text; what is text already stays."""
    return [text if isinstance(text, str) else dump(text) for text in messages]


def dump(value):
    return json.dumps(value, separators=(",", ":"))


class Answers:
    """The answers of one row."""

    _questions = itertools.count()

    def __init__(self, row):
        self.odd, self.modern = row.get("odd", {}), row["era"] == "modern"
        self.places = ("messages", "moved", "seen", "sse" if row["over"] == "sse" else "mcp")

    def is_at(self, place):
        return place in self.places

    def refuses_header(self, method, sent):
        """Why the revision in a header is not to this server's taste."""
        how = self.how("revisions")
        is_first = method in ("initialize", "server/discover")
        if "headers" in how and sent is not None and sent not in how["headers"]:
            return "Bad Request: Unsupported protocol version (supported versions: %s)" % ",".join(how["headers"])
        return None if is_first or how.get("agreed", sent) == sent else f"Bad Request: {how['agreed']} was agreed on"

    def how(self, what):
        return self.odd.get(what, {})

    def how_asked(self, method):
        """`*` is for requests alone."""
        every = {} if method.startswith("notifications/") else self.odd.get("*", {})
        return {**every, **self.odd.get(method, {})}

    def question(self, ask):
        """No two have the same id, whoever is asked."""
        return {"jsonrpc": "2.0", "id": f"ask-{next(self._questions)}", **ask}

    def text(self, message):
        how, said = self.how_asked(message["method"]), self._message(message)
        text = json.dumps(said, separators=(",", ":"), ensure_ascii="encode" not in how)
        text = text.replace("$ASKED", str((message.get("params") or {}).get("protocolVersion")))
        swap = how.get("swap", [])
        for old, new in zip(swap[::2], swap[1::2]):
            text = text.replace(old, filled(new.replace("$NEST", NEST)))
        words = how.get("text", "$ANSWER").replace("$ID", dump(message["id"])).replace("$ANSWER", text)
        return words.replace("$RESULT", dump(said.get("result")))

    def knows(self, method):
        return "result" in self._body(method, {})

    def _message(self, message):
        how, body = self.how_asked(message["method"]), self._body(message["method"], message.get("params") or {})
        told = {"jsonrpc": "2.0", **self._id(how.get("id"), message["id"]), **body}
        told.update(how.get("envelope", {}))
        return told

    def _id(self, way, id):
        if way == "none":
            return {}
        ways = {"string": str(id), "null": None, "other": f"not {id}"}
        if way == "float":
            return {"id": float(id) if isinstance(id, int) else id}
        return {"id": ways.get(way, id)}

    def _body(self, method, params):
        how = self.how_asked(method)
        known = self.how("revisions").get("known")
        if method == "initialize" and known and params.get("protocolVersion") not in known:
            return {"error": self.how("revisions")["refusal"]}
        if "error" in how:
            return {"error": how["error"]}
        if "result" in how:
            return {"result": how["result"]}
        if "pages" in how:
            return self._page(how["pages"], params)
        foreign = ("initialize", "ping") if self.modern else ("server/discover",)
        if method not in GOOD or (method in foreign and "set" not in how):
            return {"error": UNKNOWN}
        result = copy.deepcopy(GOOD[method])
        if self.modern:
            result["resultType"] = "complete"
            result.update({"ttlMs": 0, "cacheScope": "private"} if method in CACHED else {})
        for path, value in how.get("set", {}).items():
            holder, last = find(result, path)
            holder[last] = value
        for path in how.get("drop", []):
            holder, last = find(result, path)
            del holder[last]
        return {"result": result}

    def _page(self, pages, params):
        """The page after the one whose cursor came. A page may be an error."""
        here = 0
        if "cursor" in params:
            here = 1 + [page.get("nextCursor") for page in pages].index(params["cursor"])
        page = pages[here]
        if "error" in page:
            return page
        named = [{"inputSchema": {"type": "object"}, **tool} for tool in page.get("tools", [])]
        extra = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"} if self.modern else {}
        return {"result": {**page, **extra, "tools": named}}


def filled(text):
    return re.sub(r"\$FILL(\d+)", lambda found: "x" * (1_000_000 * int(found[1])), text)


def find(value, path):
    """The holder of a field and the field's key there."""
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        value = value[step]
    return value, last
