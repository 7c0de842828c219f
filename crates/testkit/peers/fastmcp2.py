"""A small server on PyPI `fastmcp` 2: `fastmcp2.py http|sse HOST PORT [TOKEN]`. With a token it lets in who has it."""

import sys

from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

_, transport, host, port, *tokens = sys.argv
known = {token: {"client_id": "a person", "scopes": []} for token in tokens}
server = FastMCP("fastmcp2 peer", version="2.2.2", auth=StaticTokenVerifier(known) if known else None)


@server.tool
def echo(message: str) -> str:
    """Says it again."""
    return f"Echo: {message}"


if __name__ == "__main__":
    server.run(transport=transport, host=host, port=int(port), show_banner=False)
