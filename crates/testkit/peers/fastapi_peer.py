"""A small site on PyPI `fastapi-mcp`, whose paths are tools: `fastapi_peer.py HOST PORT`."""

import sys

import uvicorn
from fastapi import FastAPI
from fastapi_mcp import FastApiMCP

site = FastAPI(title="fastapi peer")


@site.get("/echo", operation_id="echo")
async def echo(message: str) -> str:
    """Says it again."""
    return f"Echo: {message}"


server = FastApiMCP(site)
server.mount_http()
server.mount_sse()

if __name__ == "__main__":
    uvicorn.run(site, host=sys.argv[1], port=int(sys.argv[2]))
