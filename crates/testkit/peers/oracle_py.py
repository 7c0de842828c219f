"""The Python SDK, 1.x or 2, as a client of the rows on standard input: `oracle_py.py < rows.json`."""

import asyncio
import contextlib
import json
import logging
import sys

AT_ONCE, PAGES = 8, 10
QUIET = open("/dev/null", "w")

try:
    from mcp import Client, StdioServerParameters
except ImportError:
    Client = None
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.streamable_http import streamablehttp_client

from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client


def child(row):
    return stdio_client(StdioServerParameters(command=row["command"], args=row["args"]), errlog=QUIET)


@contextlib.asynccontextmanager
async def new(row):
    """`Client` of version 2 negotiates the era by itself."""
    places = {"stdio": lambda: child(row), "sse": lambda: sse_client(row["url"]), "http": lambda: row["url"]}
    async with Client(places[row["over"]]()) as client:
        yield client, lambda cursor: client.list_tools(cursor=cursor)


@contextlib.asynccontextmanager
async def old(row):
    places = {
        "stdio": lambda: child(row),
        "sse": lambda: sse_client(row["url"]),
        "http": lambda: streamablehttp_client(row["url"]),
    }
    async with places[row["over"]]() as (read, write, *_):
        async with ClientSession(read, write) as session:
            await session.initialize()
            yield session, lambda cursor: session.list_tools(cursor)


async def use(row, result):
    async with (new if Client else old)(row) as (client, list_tools):
        result["connected"], result["tools"], cursor = True, [], None
        for _ in range(PAGES):
            page = await list_tools(cursor)
            result["tools"] += [tool.name for tool in page.tools]
            cursor = getattr(page, "next_cursor", None) if Client else page.nextCursor
            if "echo" in result["tools"] or cursor is None:
                break
        if "echo" not in result["tools"]:
            raise LookupError(f"no tool `echo` among {result['tools']}")
        answer = await client.call_tool("echo", {})
        result["called"], result["ok"] = str(answer.content)[:200], True


def reason(error):
    """The first error within a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:400]


async def attempt(row, limit, slots):
    result = {"row": row["name"], "connected": False, "tools": None, "called": None, "ok": False}
    async with slots:
        try:
            await asyncio.wait_for(use(row, result), limit / 1000)
        except BaseException as error:  # noqa: BLE001: whatever it is, it is the row's
            # What happens at the farewell is no longer the row's.
            result.setdefault("error", None if result["ok"] else reason(error))
    print(json.dumps(result), flush=True)


async def main():
    asked, slots = json.load(sys.stdin), asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(attempt(row, asked["limit"], slots) for row in asked["rows"]))


logging.disable(logging.CRITICAL)
asyncio.run(main())
