"""A small server on PyPI `mcp` before 2, legacy only: `mcp1.py http|sse HOST PORT`."""

import asyncio
import os
import sys

from mcp.server.fastmcp import Context, FastMCP

HOST, PORT = (sys.argv[2], int(sys.argv[3])) if len(sys.argv) > 2 else ("127.0.0.1", 0)
server = FastMCP("mcp1 peer", instructions="Adds numbers.", host=HOST, port=PORT)


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
async def wait(seconds: float, ctx: Context) -> str:
    """Waits, reporting progress; writes `cancelled` into the file $CANCEL_LOG when it is cancelled."""
    try:
        for step in range(int(seconds * 20)):
            await ctx.report_progress(step, seconds * 20, f"step {step}")
            await asyncio.sleep(0.05)
        return "waited"
    except asyncio.CancelledError:
        if "CANCEL_LOG" in os.environ:
            with open(os.environ["CANCEL_LOG"], "a") as log:
                log.write("cancelled\n")
        raise


if __name__ == "__main__":
    server.run({"stdio": "stdio", "http": "streamable-http", "sse": "sse"}[sys.argv[1]])
