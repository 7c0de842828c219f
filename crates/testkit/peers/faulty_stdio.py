"""An MCP server over standard input and output that misbehaves on demand. Needs nothing but Python.

faulty_stdio.py ERA [FAULT ...]     ERA is legacy, modern or both
  junk            prints a greeting and warnings to standard output, between the messages
  only-junk       prints junk and never a message
  die:METHOD      ends with status 3 and some last words when METHOD is asked
  hang:METHOD     never answers METHOD
  endless:METHOD  answers METHOD with a line that has no end
  spoilt          takes a question that it does not know for a client, and knows nobody else after it
  stubborn        ignores the end of its input and SIGTERM
  family          starts a child of its own; both process ids go to the file $PID_LOG
Cancelled calls of the tool `wait` are noted in the file $CANCEL_LOG.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

ERA, FAULTS = sys.argv[1], sys.argv[2:]
LOCK = threading.Lock()
RUNNING = {}
SPOILT = []


def send(message):
    with LOCK:
        if "junk" in FAULTS:
            print("WARNING: this line is not MCP", flush=True)
        print(json.dumps(message), flush=True)


def text(words, is_error=False):
    return {"content": [{"type": "text", "text": words}], "isError": is_error}


def wait(id, params, modern):
    token = params.get("_meta", {}).get("progressToken")
    cancelled = RUNNING[id]
    for step in range(1500):
        if cancelled.wait(0.02):
            with open(os.environ["CANCEL_LOG"], "a") as log:
                log.write("cancelled\n")
            return
        progress = {"progressToken": token, "progress": step, "total": 1500, "message": "waiting"}
        send({"jsonrpc": "2.0", "method": "notifications/progress", "params": progress})
    send({"jsonrpc": "2.0", "id": id, "result": text("waited")})


def result(id, body, modern):
    if modern:
        body["resultType"] = "complete"
    send({"jsonrpc": "2.0", "id": id, "result": body})


def error(id, code, words, data=None):
    send({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": words, "data": data}})


def misbehave(method):
    if f"die:{method}" in FAULTS:
        print("out of coffee", file=sys.stderr, flush=True)
        os._exit(3)
    if f"hang:{method}" in FAULTS:
        return True
    if f"endless:{method}" in FAULTS:
        while True:
            sys.stdout.write("x" * 65536)
    return False


def answer(message):
    id, method, params = message.get("id"), message.get("method"), message.get("params") or {}
    modern = "io.modelcontextprotocol/protocolVersion" in (params.get("_meta") or {})
    if method == "notifications/cancelled":
        event = RUNNING.get(params.get("requestId"))
        if event:
            event.set()
    if id is None or misbehave(method):
        return
    if "spoilt" in FAULTS and (method == "server/discover" or SPOILT):
        SPOILT.append(method)
        if method != "initialize":
            return error(id, -32602, "Invalid request parameters")
    info = {"name": "faulty", "version": "1.0"}
    if method == "server/discover" and ERA != "legacy":
        meta = {"io.modelcontextprotocol/serverInfo": info}
        body = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "_meta": meta}
        result(id, {**body, "ttlMs": 0, "cacheScope": "private"}, True)
    elif method == "initialize" and ERA != "modern":
        result(id, {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}, False)
    elif method == "tools/list":
        names = ["add", "wait", "refuse", "explode"]
        tools = [{"name": name, "inputSchema": {"type": "object"}} for name in names]
        result(id, {"tools": tools, "ttlMs": 0, "cacheScope": "private"}, modern)
    elif method == "tools/call":
        call(id, params, modern)
    else:
        error(id, -32601, "Method not found")


def call(id, params, modern):
    name, arguments = params.get("name"), params.get("arguments") or {}
    if name == "add":
        result(id, text(str(arguments.get("a", 0) + arguments.get("b", 0))), modern)
    elif name == "refuse":
        result(id, text("no", True), modern)
    elif name == "explode":
        error(id, -32000, "it exploded", {"crater": 3})
    elif name == "wait":
        RUNNING[id] = threading.Event()
        threading.Thread(target=wait, args=(id, params, modern), daemon=True).start()
    elif not misbehave(f"tool-{name}"):
        error(id, -32602, "Unknown tool")


def main():
    if "stubborn" in FAULTS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "family" in FAULTS:
        child = subprocess.Popen(["sleep", "1000"])
        with open(os.environ["PID_LOG"], "w") as log:
            log.write(f"{os.getpid()} {child.pid}\n")
    if "junk" in FAULTS:
        print("Welcome to a chatty server!", flush=True)
    while "only-junk" in FAULTS:
        print("junk", flush=True)
        time.sleep(0.01)
    for line in sys.stdin:
        answer(json.loads(line))
    while "stubborn" in FAULTS:
        time.sleep(1)


main()
