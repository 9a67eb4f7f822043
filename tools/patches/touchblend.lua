-- The script of the layout of two recordings at once, after touch.lua.
-- What the daemon tells moves no fader and draws nothing, so nothing goes round in circles; the toggle of the live
-- input follows the voice, and sends only where it differs.

local VOICE, LISTENER = @VOICE@, @LISTENER@
local COLUMNS = @COLUMNS@ -- of the curve
local RANGES = { @RANGES@ } -- of the faders
local CURVE_MS = 40 -- between two curves while one is drawn
local chosen = { a = 1, b = 2 } -- which of the files
local files, seconds = {}, {} -- names in order; by name, 0 = not encoded
local encoding = {} -- by name, what is under way
local wanted = false -- a voice, once both are encoded
local begun = false -- and the daemon has not said so yet
local heard, listened = 0, 0 -- voices of each id: one that makes room for another still fades
local listening = false
local blends = true -- the model that plays, as far as is known
local drawn = false -- a curve, since the mix was moved last
local stroke = nil -- where the finger was last on the curve
local moved = false -- since then
local unsaid = false -- a curve that the daemon does not know
local saidMs = 0

local function say(text)
  write('status', text)
end

local function sayHow()
  if unanswered >= UNHEARD then
    say('no answers come here: choose TCP in the connection')
  elseif not blends then
    say('this model has no recordings: load timbre')
  elseif not wanted then
    say(heard > 0 and 'it is heard' or '@HINT@')
  end
end

local function fader(name)
  local low, high = RANGES[name][1], RANGES[name][2]
  return low + (high - low) * control(name).values.x
end

local function file(side)
  return files[chosen[side]]
end

-- A sound's name without folders and ending.
local function handle(name)
  local last = string.match(name, '([^/]+)$')
  return string.match(last, '^(.+)%.[^.]*$') or last
end

local function show(side)
  local name = file(side)
  if not name then
    write('sound ' .. side, 'no sounds')
    write('place ' .. side, '')
    return
  end
  local long = seconds[name]
  local words = long > 0 and string.format('%.1f s', long) or 'not encoded'
  write('sound ' .. side, name)
  write('place ' .. side, string.format('%d of %d, %s', chosen[side], #files, words))
end

local function step(side, by)
  wanted = false
  if #files > 0 then
    chosen[side] = (chosen[side] - 1 + by) % #files + 1
  end
  show(side)
end

local function curve()
  local points = {}
  for k = 1, COLUMNS do
    points[2 * k - 1] = (k - 1) / (COLUMNS - 1)
    points[2 * k] = RANGES.mix[1] + (RANGES.mix[2] - RANGES.mix[1]) * control('curve ' .. k).values.x
  end
  sendOSC('/curve', VOICE, (table.unpack or unpack)(points))
end

local function hasVoice()
  return heard > 0 or begun
end

local function set(name, value)
  if hasVoice() then
    sendOSC('/voice/set', VOICE, name, value)
  end
end

local function begin()
  wanted, begun = false, true
  sendOSC('/blend', VOICE, handle(file('a')), handle(file('b')), fader('mix'), fader('rate'))
  set('position', fader('position'))
  set('loop', control('loop').values.x)
  if drawn then
    curve()
  end
end

local function missing()
  local names = {}
  for _, side in ipairs({ 'a', 'b' }) do
    local name = file(side)
    if name and not (seconds[name] > 0) and names[1] ~= name then
      names[#names + 1] = name
    end
  end
  return names
end

local function start()
  local names = missing()
  if #files == 0 or not blends then
    sendOSC('/sounds')
    sayHow()
  elseif #names == 0 then
    begin()
  else
    wanted = true
    say('encoding ' .. table.concat(names, ', '))
    for k = 1, #names do
      if not encoding[names[k]] then
        encoding[names[k]] = true
        sendOSC('/encode', names[k])
      end
    end
  end
end

local function forget()
  wanted, encoding = false, {}
end

-- A straight line from where the finger was to where it is, in columns and shares of their height.
local function draw(x, y)
  local here = { column = math.min(COLUMNS, math.floor(x * COLUMNS) + 1), y = y }
  local from = stroke or here
  local by = here.column < from.column and -1 or 1
  for column = from.column, here.column, by do
    local along = here.column == from.column and 1 or (column - from.column) / (here.column - from.column)
    control('curve ' .. column).values.x = from.y + along * (here.y - from.y)
  end
  stroke, drawn, unsaid = here, true, true
end

local function listen(on)
  if on ~= listening then
    listening = on
    if on then
      sendOSC('/listen', LISTENER)
    else
      sendOSC('/voice/stop', LISTENER)
    end
  end
end

local function showListening(on)
  listening = on
  control('listen').values.x = on and 1 or 0
end

local function count(id, by)
  if id == VOICE then
    heard, begun = math.max(0, heard + by), false
    if not wanted then
      say(heard > 0 and 'it is heard' or '')
    end
  elseif id == LISTENER then
    listened = math.max(0, listened + by)
    showListening(listened > 0)
  end
end

told = {
  ['/blends'] = function(args)
    blends = args[1].value == 1
    sendOSC('/sounds')
    sayHow()
  end,
  ['/sounds.reply'] = function(args)
    local kept = { a = file('a'), b = file('b') }
    files, seconds = {}, {}
    for k = 1, #args - 1, 2 do
      files[#files + 1] = args[k].value
      seconds[args[k].value] = args[k + 1].value
    end
    for side in pairs(chosen) do
      chosen[side] = math.max(1, math.min(chosen[side], #files))
      for k = 1, #files do
        chosen[side] = files[k] == kept[side] and k or chosen[side]
      end
      show(side)
    end
    if wanted and #missing() == 0 then
      begin()
    elseif not next(encoding) then
      wanted = false -- of another model by now
    end
  end,
  ['/done'] = function(args)
    if args[1].value == '/encode' then
      encoding[args[2].value] = nil
      say(args[2].value .. ' is encoded')
      sendOSC('/sounds')
    end
  end,
  ['/fail'] = function(args)
    local command = args[1].value
    if command == '/encode' then
      forget()
    elseif command == '/blend' then
      begun = false
    elseif command == '/voice/set' or command == '/curve' then
      heard, begun = 0, false
    elseif command == '/listen' then
      showListening(listened > 0)
    end
    say(command .. ': ' .. args[2].value)
  end,
  ['/voice/on'] = function(args)
    count(args[1].value, 1)
  end,
  ['/voice/off'] = function(args)
    count(args[1].value, -1)
  end
}

each = function(now)
  if moved then
    moved = false
    local place = control('drawing').values
    draw(place.x, place.y)
  end
  if unsaid and now - saidMs >= CURVE_MS then
    unsaid, saidMs = false, now
    if hasVoice() then
      curve()
    end
  end
end

function onReceiveNotify(key, value)
  if key == 'touched' then
    stroke, moved = nil, true
  elseif key == 'moved' then
    moved = true
  elseif key == 'step' then
    local by, side = string.match(value, '^(%a+) (%a)$')
    step(side, by == 'next' and 1 or -1)
  elseif key == 'list' then
    sendOSC('/sounds')
  elseif key == 'start' then
    start()
  elseif key == 'stop' then
    forget()
    sendOSC('/voice/stop', VOICE)
  elseif key == 'listen' then
    listen(value == 1)
  elseif key == 'loop' then
    set('loop', value)
  elseif key == 'set' then
    if value == 'mix' then
      drawn, unsaid = false, false
      for k = 1, COLUMNS do
        control('curve ' .. k).values.x = control('mix').values.x
      end
    end
    set(value, fader(value))
  end
end
