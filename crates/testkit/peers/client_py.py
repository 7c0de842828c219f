"""The Python SDK, 1.x or 2, as a client: `client_py.py < steps.json`. The steps are those of `client.mjs`."""

import asyncio
import contextlib
import json
import logging
import os
import sys
import warnings

from mcp import ClientSession

try:
    import httpx2 as httpx
    import mcp_types as types
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
except ImportError:
    from mcp import types
    from mcp.client.streamable_http import streamablehttp_client

    Client = None

LOG_LEVEL = "io.modelcontextprotocol/logLevel"
MODERN = "2026-07-28"
HEAR_WITHIN = 20
HEARD = ("notifications/message", "notifications/resources/updated")


def plain(model):
    return model.model_dump(by_alias=True, exclude_none=True, mode="json")


def filled(schema, nonce):
    """What a schema requires, and nothing else."""

    def value(field):
        if field.get("type") == "boolean":
            return True
        if field.get("type") in ("number", "integer"):
            return 1
        titled = [one["const"] for one in field.get("oneOf", [])]
        return (field.get("enum") or titled or [nonce])[0]

    return {name: value(schema.get("properties", {}).get(name, {})) for name in schema.get("required", [])}


class Ear:
    """All that the client was told since it began, and its answers to what it is asked."""

    def __init__(self, nonce):
        self.nonce = nonce
        self.heard = []
        self.told = asyncio.Condition()

    async def hears(self, message):
        notification = getattr(message, "root", message)
        if getattr(notification, "method", None) not in HEARD:
            return
        async with self.told:
            self.heard.append(plain(notification))
            self.told.notify_all()

    async def wait_for(self, method, words):
        """Until a notification of this method has come, with this text in it."""

        def is_heard():
            return any(one["method"] == method and words in json.dumps(one["params"]) for one in self.heard)

        async with self.told:
            await asyncio.wait_for(self.told.wait_for(is_heard), HEAR_WITHIN)

    async def samples(self, _context, _params):
        content = types.TextContent(type="text", text=f"sampled {self.nonce}")
        return types.CreateMessageResult(role="assistant", model="none", content=content)

    async def elicits(self, _context, params):
        schema = plain(params).get("requestedSchema", {})
        return types.ElicitResult(action="accept", content=filled(schema, self.nonce))

    async def roots(self, _context):
        return types.ListRootsResult(roots=[types.Root(uri=f"file:///{self.nonce}")])

    def callbacks(self):
        return {
            "sampling_callback": self.samples,
            "elicitation_callback": self.elicits,
            "list_roots_callback": self.roots,
            "message_handler": self.hears,
        }


@contextlib.asynccontextmanager
async def opened(url, headers, callbacks):
    """`Client` of version 2 negotiates the era by itself."""
    if Client is None:
        async with streamablehttp_client(url, headers=headers) as (read, write, *_):
            async with ClientSession(read, write, **callbacks) as session:
                await session.initialize()
                yield session
        return
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        async with Client(streamable_http_client(url, http_client=http), **callbacks) as client:
            yield client


async def call(client, step, said, meta):
    heard = asyncio.Event()

    async def on_progress(progress, total=None, message=None):
        said["progress"].append(progress)
        heard.set()

    wanted = {"progress_callback": on_progress} if step.get("progress") or step.get("cancel") else {}
    calling = asyncio.ensure_future(client.call_tool(step["name"], step.get("arguments") or {}, **wanted, **meta))
    if step.get("cancel"):
        await heard.wait()
        calling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await calling
        raise RuntimeError("cancelled")
    return await calling


async def complete(client, step):
    kinds = {"ref/prompt": types.PromptReference, "ref/resource": types.ResourceTemplateReference}
    argument = {"name": step["argument"]["name"], "value": step["argument"]["value"]}
    return await client.complete(kinds[step["ref"]["type"]](**step["ref"]), argument)


async def one(client, step, said, ear, meta):
    """What came of a step that gives a result."""
    match step["do"]:
        case "list":
            said["tools"] = plain(await client.list_tools())["tools"]
        case "resources":
            return await client.list_resources()
        case "templates":
            return await client.list_resource_templates()
        case "read":
            return await client.read_resource(step["uri"])
        case "prompts":
            return await client.list_prompts()
        case "prompt":
            return await client.get_prompt(step["name"], step.get("arguments"))
        case "complete":
            return await complete(client, step)
        case "level" if getattr(client, "protocol_version", None) == MODERN:
            # A modern client says in each request from which level on it wants to be told.
            meta["meta"] = {LOG_LEVEL: step["level"]}
        case "level":
            return await client.set_logging_level(step["level"])
        case "subscribe":
            return await client.subscribe_resource(step["uri"])
        case "hear":
            await ear.wait_for(step["method"], step.get("words", ""))
        case "pause":
            # Until somebody has written this file.
            while not os.path.exists(step["file"]):
                await asyncio.sleep(0.02)
        case "call":
            return await call(client, step, said, meta)
        case unknown:
            raise ValueError(f"there is no step {unknown}")
    return None


async def main():
    asked = json.load(sys.stdin)
    headers = {"Authorization": f"Bearer {asked['token']}"} if asked.get("token") else {}
    ear, meta = Ear(asked.get("nonce", "")), {}
    async with opened(asked["url"], headers, ear.callbacks()) as client:
        for step in asked["steps"]:
            said = {"step": step["do"], "progress": []}
            try:
                result = await one(client, step, said, ear, meta)
                if result is not None:
                    said["result"] = plain(result)
            except Exception as error:  # noqa: BLE001: whatever it is, it is the step's
                code = getattr(getattr(error, "error", None), "code", getattr(error, "code", None))
                said["error"] = {"code": code, "message": str(error) or type(error).__name__}
            print(json.dumps({**said, "heard": ear.heard}), flush=True)


logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
asyncio.run(main())
