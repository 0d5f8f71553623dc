-- For wrk: hands out the requests of a file that bench/events made, each
-- once, in order. One thread only. The last line that it prints is for
-- bench/accept.py.
--
--   wrk -t1 -c32 -d5s -s accept.lua http://127.0.0.1:PORT -- FILE

local file, size

function init(args)
	file = assert(io.open(args[1], "rb"))
	size = tonumber(file:read("*l"))
end

function request()
	local r = file:read(size)
	if r == nil then
		error("the file of events is used up")
	end
	return r
end

function done(summary, latency, requests)
	local e = summary.errors
	print(string.format(
	    "DONE requests=%d status=%d other=%d us=%d p50=%d p95=%d p99=%d max=%d",
	    summary.requests, e.status, e.connect + e.read + e.write + e.timeout,
	    summary.duration, latency:percentile(50), latency:percentile(95),
	    latency:percentile(99), latency.max))
end
