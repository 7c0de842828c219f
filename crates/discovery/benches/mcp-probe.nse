-- The first question of our probe, as an nmap script: the peer of `cargo xtask bench scan`.
local comm = require "comm"
local string = require "string"

description = "Asks an open port `server/discover` over HTTP and says whether the answer is MCP."
license = "Apache-2.0"
categories = {"safe"}

portrule = function(_, port) return port.state == "open" end

local body = '{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{' ..
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},' ..
  '"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"0"}}}}'

action = function(host, port)
  local request = "POST /mcp HTTP/1.1\r\nHost: " .. host.ip .. ":" .. port.number ..
    "\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" ..
    "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: server/discover\r\nConnection: close\r\n" ..
    "Content-Length: " .. #body .. "\r\n\r\n" .. body
  local fine, answer = comm.exchange(host, port, request, {timeout = 2000, proto = "tcp"})
  if fine and string.find(answer, "supportedVersions", 1, true) then return "MCP" end
end
