"""Servers on PyPI `mcp` before 2 as parts of a Starlette site: `mounted.py HOST PORT`. One is at `/mcp/`, one on HTTP + SSE at
`/events/sse`."""

import contextlib
import sys

import uvicorn
from mcp.server.fastmcp import FastMCP
from starlette.applications import Starlette
from starlette.routing import Mount

posted = FastMCP("posted peer", streamable_http_path="/")
streamed = FastMCP("streamed peer")


@posted.tool()
@streamed.tool()
def echo(message: str) -> str:
    """Says it again."""
    return f"Echo: {message}"


@contextlib.asynccontextmanager
async def running(_app):
    async with posted.session_manager.run():
        yield


routes = [Mount("/mcp", posted.streamable_http_app()), Mount("/events", streamed.sse_app())]

if __name__ == "__main__":
    uvicorn.run(Starlette(routes=routes, lifespan=running), host=sys.argv[1], port=int(sys.argv[2]))
