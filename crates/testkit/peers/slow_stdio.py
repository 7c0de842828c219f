"""An MCP server over standard input and output that takes long to start and remembers. Needs nothing but Python.

slow_stdio.py SECONDS EVERY [MARK ...]     says a line on standard error every EVERY seconds until SECONDS are over, then answers;
                                           marks only tell its process from others
Its tool `count` says how often it was called.
"""

import json
import os
import sys
import time

SECONDS, EVERY = float(sys.argv[1]), float(sys.argv[2])
COUNT = [0]


def start():
    begun = time.monotonic()
    step = 0
    while (left := begun + SECONDS - time.monotonic()) > 0:
        step += 1
        print(f"fetching part {step} \x1b[31m{os.environ.get('SECRET', '')}", file=sys.stderr, flush=True)
        time.sleep(min(EVERY, left))


def result(method):
    if method == "initialize":
        info = {"name": "slow", "version": "1"}
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [{"name": "count", "inputSchema": {"type": "object"}}]}
    if method == "tools/call":
        COUNT[0] += 1
        return {"content": [{"type": "text", "text": str(COUNT[0])}]}
    return None


start()
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        answer = result(asked["method"])
        said = {"error": {"code": -32601, "message": "no"}} if answer is None else {"result": answer}
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **said}), flush=True)
