-- wrk's script: transfers of 1 rupiah between random users.
-- Environment: USERS a file with an id and a token a line; SENDERS how many of them send; SEED.
local users = {}
for line in io.lines(os.getenv("USERS")) do
  local id, token = line:match("^(%S+) (%S+)$")
  users[#users + 1] = {
    body = '{"target_user":"' .. id .. '","amount":1,"remarks":"bench"}',
    headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token },
  }
end
local senders = math.min(tonumber(os.getenv("SENDERS")), #users)
math.randomseed(tonumber(os.getenv("SEED")))

function request()
  local sender = math.random(senders)
  local target = math.random(#users)
  if target == sender then target = sender % #users + 1 end
  return wrk.format("POST", "/transfer", users[sender].headers, users[target].body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"bad_statuses":%d,"socket_errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
