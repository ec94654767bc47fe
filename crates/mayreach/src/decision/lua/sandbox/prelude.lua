-- What stands between a script and Lua's own library: nothing that reaches outside, nothing that
-- answers otherwise than LuaJIT does, no use of globals that goes unseen.
local host, reversed = ...
local raw = {
  error = error, find = string.find, format = string.format, getmetatable = getmetatable,
  gmatch = string.gmatch, gsub = string.gsub, match = string.match, next = next, pcall = pcall,
  rawget = rawget, rawset = rawset, rep = string.rep, select = select,
  setmetatable = setmetatable, sub = string.sub, tostring = tostring, type = type, unpack = unpack,
}
local env

local function refuse(what) return function() host.refuse(what) end end

-- LuaJIT's tables are in another order: where the order could tell, the host asks again with the
-- other one.
local function keys(t)
  local list, rest, n = {}, {}, 0
  while raw.rawget(t, n + 1) ~= nil do n = n + 1; list[n] = n end
  for k in raw.next, t do
    if not (raw.type(k) == "number" and k >= 1 and k <= n and k % 1 == 0) then
      rest[#rest + 1] = k
    end
  end
  if #rest > 1 then host.unordered() end
  for i = 1, #rest do list[n + i] = reversed and rest[#rest + 1 - i] or rest[i] end
  return list
end

local function plain(t)
  if t == env then host.refuse("a walk over the globals") end
  return t
end

function next(t, k)
  if raw.type(t) ~= "table" then return raw.next(t, k) end
  local list = keys(plain(t))
  local at = 1
  if k ~= nil then
    while list[at] ~= nil and list[at] ~= k do at = at + 1 end
    if list[at] == nil then return raw.next(t, k) end
    at = at + 1
  end
  local found = list[at]
  if found == nil then return nil end
  return found, raw.rawget(t, found)
end

function pairs(t)
  if raw.type(t) == "userdata" then return host.pairs(t) end
  if raw.type(t) ~= "table" then return raw.next(t) end
  local list, at = keys(plain(t)), 0
  return function()
    while true do
      at = at + 1
      local k = list[at]
      if k == nil then return nil end
      local v = raw.rawget(t, k)
      if v ~= nil then return k, v end
    end
  end, t, nil
end

-- What ended the script ends it for good: no call of the script's can hold it up.
local function resume(ok, ...)
  if host.stopped() then raw.error("stopped", 0) end
  if not ok then
    local text = raw.tostring((...))
    for _, limit in ipairs({ "not enough memory", "stack overflow", "C stack" }) do
      if raw.find(text, limit, 1, true) then host.refuse("more memory than there is") end
    end
  end
  return ok, ...
end

function pcall(...) return resume(raw.pcall(...)) end

function xpcall(f, handler, ...)
  local function settle(ok, ...)
    if ok then return true, ... end
    return false, handler(...)
  end
  return settle(pcall(f, ...))
end

local shown = { ["nil"] = true, boolean = true, number = true, string = true }
function tostring(...)
  local v = ...
  if raw.select("#", ...) > 0 and not shown[raw.type(v)] then
    local meta = raw.type(v) == "table" and raw.getmetatable(v)
    if not (raw.type(meta) == "table" and raw.rawget(meta, "__tostring")) then
      host.refuse("an address as text")
    end
  end
  return raw.tostring(...)
end

-- "%s" takes anything, as in Lua 5.2.
function string.format(form, ...)
  local args, n, at = { ... }, raw.select("#", ...), 0
  if raw.type(form) == "string" then
    for kind in raw.gmatch(form, "%%[-+ #0]*%d*%.?%d*(.)") do
      if kind ~= "%" then
        at = at + 1
        if kind == "s" and at <= n then args[at] = tostring(args[at]) end
        if kind == "p" or kind == "a" or kind == "A" then host.refuse("`string.format` with `%" .. kind .. "`") end
      end
    end
  end
  return raw.format(form, raw.unpack(args, 1, n))
end

function string.rep(s, n, sep)
  if sep == nil or sep == "" or raw.type(n) ~= "number" or n < 2 then return raw.rep(s, n) end
  return raw.rep(s .. sep, n - 1) .. s
end

local function weighed(call)
  return function(s, pattern, ...)
    if (raw.type(s) == "string" or raw.type(s) == "number")
      and (raw.type(pattern) == "string" or raw.type(pattern) == "number") then
      host.weigh(s, pattern)
    end
    return call(s, pattern, ...)
  end
end
for _, name in ipairs({ "find", "gmatch", "gsub", "match" }) do string[name] = weighed(raw[name]) end

-- Lua 5.2's metamethods, which LuaJIT in Envoy has in part.
function setmetatable(t, meta)
  if raw.type(meta) == "table" then
    for _, name in ipairs({ "__len", "__pairs", "__ipairs", "__gc", "__mode", "__metatable" }) do
      if raw.rawget(meta, name) ~= nil then host.refuse("the metamethod `" .. name .. "`") end
    end
  end
  return raw.setmetatable(t, meta)
end

function rawset(t, k, v) return raw.rawset(plain(t), k, v) end
function rawget(t, k) return raw.rawget(plain(t), k) end
function rawlen(t) return #t end

string.dump = refuse("`string.dump`")
string.gfind = nil
table.move = refuse("`table.move`")
table.setn = nil
table.foreach = refuse("`table.foreach`")
table.unpack = unpack
function table.pack(...) return { n = raw.select("#", ...), ... } end
math.mod = nil
math.random = refuse("`math.random`")
math.randomseed = refuse("`math.randomseed`")

local store = {}
for _, name in ipairs({
  "assert", "error", "getmetatable", "ipairs", "math", "next", "pairs", "pcall", "rawequal",
  "rawget", "rawlen", "rawset", "select", "setmetatable", "string", "table", "tonumber",
  "tostring", "type", "unpack", "xpcall",
}) do store[name] = _G[name] end
store._VERSION = "Lua 5.1"
function store.print() end

local refused = {}
for _, name in ipairs({
  "EnvoyTimestampResolution", "bit", "collectgarbage", "coroutine", "debug", "dofile", "gcinfo",
  "getfenv", "io", "jit", "load", "loadfile", "loadstring", "module", "newproxy", "os", "package",
  "require", "setfenv",
}) do refused[name] = true end

local running, read, written = false, {}, {}
env = raw.setmetatable({}, {
  __index = function(_, k)
    if store[k] == nil and refused[k] then host.refuse("`" .. k .. "`") end
    if running and not written[k] then read[k] = true end
    return store[k]
  end,
  __newindex = function(_, k, v)
    if running then written[k] = true end
    store[k] = v
  end,
})
store._G = env

-- A global that is read before it is written, and written, holds what earlier requests left.
local function kept()
  for k in raw.next, written do
    if read[k] then return raw.tostring(k) end
  end
end
return env, function() running = true end, kept
