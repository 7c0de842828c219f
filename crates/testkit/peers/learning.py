"""A server on PyPI `mcp` 1 over standard input and output that learns: after `learn` it has one more tool, resource and prompt, and says so."""

from mcp.server.fastmcp import Context, FastMCP
from mcp.server.fastmcp.prompts import Prompt
from mcp.server.fastmcp.resources import TextResource

server = FastMCP("learning peer")


@server.tool()
async def learn(word: str, ctx: Context) -> str:
    """Learns a word."""
    server.add_tool(lambda: word, name=word, description="Says it.")
    server.add_resource(TextResource(uri=f"memo://{word}", name=word, text=word))
    server.add_prompt(Prompt.from_function(lambda: word, name=f"say_{word}"))
    await ctx.session.send_tool_list_changed()
    await ctx.session.send_resource_list_changed()
    await ctx.session.send_prompt_list_changed()
    return word


server.run("stdio")
