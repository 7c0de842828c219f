"""A small server on PyPI `fastmcp` 2: `fastmcp2.py http|sse HOST PORT`."""

import sys

from fastmcp import FastMCP

server = FastMCP("fastmcp2 peer", version="2.2.2")


@server.tool
def echo(message: str) -> str:
    """Says it again."""
    return f"Echo: {message}"


if __name__ == "__main__":
    server.run(transport=sys.argv[1], host=sys.argv[2], port=int(sys.argv[3]), show_banner=False)
