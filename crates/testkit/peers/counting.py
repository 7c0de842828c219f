"""An MCP server that notes each call in a file before it answers, so that a test can tell which of them ran, and how often. The
path of its URL is FILE/mcp: FILE is in the folder for temporary files. Its tools are `look`, which says that it changes nothing,
and `work`, which says nothing of itself.
"""

import json
import os

from plain_wire import Refusal, main

MODERN = "2026-07-28"
INFO = {"name": "counting", "version": "1.0"}
SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}}
TOOLS = [
    {"name": "look", "description": "Looks.", "inputSchema": SCHEMA, "annotations": {"readOnlyHint": True}},
    {"name": "work", "description": "Works.", "inputSchema": SCHEMA},
]


def respond(talk, message):
    method = message["method"]
    if "id" not in message:
        return None
    if method == "server/discover":
        result = {"supportedVersions": [MODERN], "capabilities": {"tools": {}}, "serverInfo": INFO}
    elif method == "tools/list":
        result = {"tools": TOOLS}
    elif method == "tools/call":
        # One write to the end of a file is whole, also beside those of other processes.
        file = os.open(talk.parts[0], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, f"{message['params']['arguments']['id']}\n".encode())
        os.close(file)
        result = {"content": [{"type": "text", "text": "done"}]}
    else:
        return Refusal(404, {"content-type": "application/json"}, json.dumps(
            {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "Method not found"}}
        ).encode())
    whole = {**result, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": whole}).encode()


if __name__ == "__main__":
    main(respond)
