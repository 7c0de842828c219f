"""A small server on PyPI `fastmcp` 4: `fastmcp4.py stdio`, or `fastmcp4.py http|sse HOST PORT`."""

import asyncio
import os
import sys

from fastmcp import Context, FastMCP

server = FastMCP("fastmcp4 peer", instructions="Adds numbers.", version="4.4.4")


@server.tool(annotations={"readOnlyHint": True, "idempotentHint": True})
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool
async def wait(seconds: float, ctx: Context) -> str:
    """Waits, reporting progress; writes `cancelled` into the file $CANCEL_LOG when it is cancelled."""
    try:
        for step in range(int(seconds * 20)):
            await ctx.report_progress(step, seconds * 20, f"step {step}")
            await asyncio.sleep(0.05)
        return "waited"
    except asyncio.CancelledError:
        with open(os.environ["CANCEL_LOG"], "a") as log:
            log.write("cancelled\n")
        raise


@server.resource("memo://hello")
def hello() -> str:
    """A memo."""
    return "hello"


@server.prompt
def greet(name: str) -> str:
    """Greets somebody."""
    return f"Say hello to {name}"


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run(transport="stdio", show_banner=False)
    else:
        server.run(transport=sys.argv[1], host=sys.argv[2], port=int(sys.argv[3]), show_banner=False)
