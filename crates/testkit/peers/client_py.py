"""The Python SDK, 1.x or 2, as a client: `client_py.py < steps.json`. The steps are those of `client.mjs`."""

import asyncio
import contextlib
import json
import logging
import sys

from mcp import ClientSession

try:
    import httpx2 as httpx
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
except ImportError:
    from mcp.client.streamable_http import streamablehttp_client

    Client = None


@contextlib.asynccontextmanager
async def opened(url, headers):
    """`Client` of version 2 negotiates the era by itself."""
    if Client is None:
        async with streamablehttp_client(url, headers=headers) as (read, write, *_):
            async with ClientSession(read, write) as session:
                await session.initialize()
                yield session
        return
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            yield client


async def one(client, step, said):
    if step["do"] == "list":
        said["tools"] = [tool.model_dump(by_alias=True, exclude_none=True) for tool in (await client.list_tools()).tools]
        return
    heard = asyncio.Event()

    async def on_progress(progress, total=None, message=None):
        said["progress"].append(progress)
        heard.set()

    wanted = {"progress_callback": on_progress} if step.get("progress") or step.get("cancel") else {}
    calling = asyncio.ensure_future(client.call_tool(step["name"], step.get("arguments") or {}, **wanted))
    if step.get("cancel"):
        await heard.wait()
        calling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await calling
        raise RuntimeError("cancelled")
    said["result"] = (await calling).model_dump(by_alias=True, exclude_none=True, mode="json")


async def main():
    asked = json.load(sys.stdin)
    headers = {"Authorization": f"Bearer {asked['token']}"} if asked.get("token") else {}
    async with opened(asked["url"], headers) as client:
        for step in asked["steps"]:
            said = {"step": step["do"], "progress": []}
            try:
                await one(client, step, said)
            except Exception as error:  # noqa: BLE001: whatever it is, it is the step's
                code = getattr(getattr(error, "error", None), "code", getattr(error, "code", None))
                said["error"] = {"code": code, "message": str(error)}
            print(json.dumps(said), flush=True)


logging.disable(logging.CRITICAL)
asyncio.run(main())
