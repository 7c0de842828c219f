"""The proxy of PyPI `fastmcp` 4 before a server, in the era that its client speaks: `fastmcp_proxy.py URL HOST PORT`."""

import sys

from fastmcp.server import create_proxy

url, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
proxy = create_proxy(url)
proxy.run(transport="http", host=host, port=port, show_banner=False, log_level="error")
