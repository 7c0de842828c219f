"""A small server on PyPI `mcp` 2: `mcp2.py stdio`, or `mcp2.py http|sse HOST PORT`."""

import asyncio
import os
import sys

from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("mcp2 peer", instructions="Adds numbers.", version="2.2.2")


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
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        transport = {"http": "streamable-http", "sse": "sse"}[sys.argv[1]]
        server.run(transport, host=sys.argv[2], port=int(sys.argv[3]))
