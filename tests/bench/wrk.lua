-- wrk.lua - send the requests in a directory again and again; print what came of it
--
-- usage: wrk -t1 … -s wrk.lua URL -- DIRECTORY COUNT
--
-- DIRECTORY/1 to DIRECTORY/COUNT are the bytes of one request each. Prints the requests, the microseconds they took and
-- how many of them failed.

local requests = {}
local last = 0

function init(args)
  for i = 1, tonumber(args[2]) do
    local file = assert(io.open(args[1] .. "/" .. i, "rb"))
    requests[i] = file:read("*a")
    file:close()
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary)
  local e = summary.errors
  io.stderr:write(string.format("%d %d %d\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
