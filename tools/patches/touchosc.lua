-- The script of the tablet's and the phone's layout, after touch.lua: shows what the daemon tells.
-- What it sets has no message of its own, or one that is not sent back, so nothing goes round in circles: the pads
-- that send have no cursor, and the cursors over them do not send.

local GLIDE_S = @GLIDE_S@ -- the glide fader's whole length
local QUIET_DB = -60
local MACROS_MOST = 8 -- that the daemon may have; there may be faders for fewer
local low = { @LOW@ } -- of the latent dimensions, until /model says what they are
local high = { @HIGH@ }
local voices = 0
local bent = 0 -- semitones, of the channel whose wheel moved last
local pedals = {} -- of channels, those that are down

local function show(dimension, share)
  local cursor = control('cursor ' .. math.ceil(dimension / 2))
  if cursor then
    cursor.values[dimension % 2 == 1 and 'x' or 'y'] = clipped(share)
  end
end

local function showLatent(dimension, z)
  if low[dimension] then
    show(dimension, (z - low[dimension]) / (high[dimension] - low[dimension]))
  end
end

local function meter(name, db)
  local fader = control(name)
  if fader then
    fader.values.x = clipped(1 - db / QUIET_DB)
  end
end

local function count(change)
  voices = math.max(0, voices + change)
  write('voices', voices .. ' voices')
end

-- What keyboards hold, each on its channel: it sounds besides the bend fader and the pedal, which stay where they are.
local function keyboards()
  local words = {}
  if next(pedals) then
    words[1] = 'pedal'
  end
  if bent ~= 0 then
    words[#words + 1] = string.format('bend %+.1f', bent)
  end
  write('keyboards', table.concat(words, ' '))
end

local function seconds()
  return GLIDE_S * control('glide').values.x
end

asked = { '/model', '/macros' }

told = {
  ['/z'] = function(args)
    for dimension = 1, #args do
      showLatent(dimension, args[dimension].value)
    end
  end,
  ['/z/N'] = function(args, n)
    showLatent(n, args[1].value)
  end,
  ['/unit/N'] = function(args, n)
    show(n, args[1].value)
  end,
  ['/pad/N'] = function(args, n)
    show(2 * n - 1, args[1].value)
    show(2 * n, args[2].value)
  end,
  ['/bend/N'] = function(args)
    bent = args[1].value
    keyboards()
  end,
  ['/sustain/N'] = function(args, n)
    local down = args[1].value
    pedals[n] = (down == true or down == 1) or nil
    keyboards()
  end,
  ['/level'] = function(args)
    meter('left', args[1].value)
    meter('right', args[2].value)
  end,
  ['/voice/on'] = function()
    count(1)
  end,
  ['/voice/off'] = function()
    count(-1)
  end,
  ['/mode'] = function(args)
    write('mode', args[1].value)
  end,
  ['/xrun'] = function(args)
    write('xruns', string.format('%d xruns', args[1].value))
  end,
  ['/model'] = function(args)
    write('model', args[1].value)
    low, high = {}, {}
    for dimension = 1, (#args - 5) / 2 do
      low[dimension] = args[4 + 2 * dimension].value
      high[dimension] = args[5 + 2 * dimension].value
    end
  end,
  ['/labels'] = function(args)
    for pad = 1, #low / 2 do
      local across, up = args[2 * pad - 1], args[2 * pad]
      local axes = string.format('dimensions %d, %d', 2 * pad - 1, 2 * pad)
      write('pad ' .. pad .. ' axes', across and up and across.value .. ', ' .. up.value or axes)
    end
  end,
  ['/macros.reply'] = function(args)
    for n = 1, MACROS_MOST do
      write('macro ' .. n .. ' name', args[n] and args[n].value or '')
    end
  end
}

-- From the buttons whose message needs more than their own value.
function onReceiveNotify(key, value)
  if key == 'home' then
    local point = {}
    for dimension = 1, #low do
      point[dimension] = 0
    end
    sendOSC('/glide', seconds(), (table.unpack or unpack)(point))
  elseif key == 'record' then
    if value == 1 then
      sendOSC('/record', '@RECORDING@')
    else
      sendOSC('/record')
    end
  elseif key == 'mode' then
    sendOSC('/mode', value)
    write('mode', value)
  elseif key == 'preset' then
    local save = control('save')
    if save.values.x == 1 then
      save.values.x = 0
      sendOSC('/preset/save', value)
    else
      sendOSC('/preset/recall', value, seconds())
    end
  end
end
