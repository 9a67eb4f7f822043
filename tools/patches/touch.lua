-- What the scripts of all layouts begin with: subscribes, finds controls, hands on what the daemon tells.
-- Over UDP the daemon answers the port that sent, where TouchOSC need not hear: it is told at PORT. Where an answer is
-- heard all the same, as over TCP, it is told there.

local PORT = @PORT@ -- the receive port of this connection in TouchOSC
local RENEW_MS = 20000 -- the daemon forgets who has been silent for a minute
local UNHEARD = 3 -- subscriptions in a row without an answer, after which none is awaited
local renewed = nil
local unanswered = UNHEARD
local told = {} -- what is done about what is told: by its address, whose number at the end is N
local asked = {} -- what is asked with each renewal
local each = function() end -- of sixty frames a second

local function control(name)
  return root:findByName(name, true)
end

local function write(name, text)
  local label = control(name)
  if label then
    label.values.text = text
  end
end

local function clipped(share)
  return math.max(0, math.min(1, share))
end

local function subscribe()
  if unanswered < UNHEARD then
    sendOSC('/notify', 1)
  else
    sendOSC('/notify', 1, PORT)
  end
end

local function answered(command)
  if command ~= '/notify' then
    return
  end
  local first = unanswered >= UNHEARD
  unanswered = 0
  if first then
    sendOSC('/notify', 0, PORT)
    subscribe()
  end
end

function onReceiveOSC(message, connections)
  local path, n = string.match(message[1], '^(.-)/(%d+)$')
  local tell = told[n and path .. '/N' or message[1]]
  if message[1] == '/done' then
    answered(message[2][1].value)
  end
  if tell then
    tell(message[2], tonumber(n))
  end
  return false -- the faders have a look at it too
end

function update()
  local now = getMillis()
  if renewed == nil then
    sendOSC('/notify', 0, PORT) -- whoever is new is told how things stand, and so is a layout that is opened again
  end
  if renewed == nil or now - renewed > RENEW_MS then
    renewed = now
    unanswered = unanswered + 1
    subscribe()
    for k = 1, #asked do
      sendOSC(asked[k])
    end
  end
  each(now)
end
