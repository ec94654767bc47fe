//! One script on one request, in an interpreter of its own.
//!
//! Envoy embeds `LuaJIT` (Lua 5.1, with parts of 5.2); this is Lua 5.1. Where the two differ, the
//! prelude makes up for it or the script is not evaluated.

#![allow(
    clippy::disallowed_types,
    clippy::float_cmp,
    reason = "lives as long as one run of one script, which counts in floats"
)]

mod handle;
mod request;
mod state;
mod tokens;
mod weigh;

use std::{cell::RefCell, rc::Rc};

use mlua::{
    Error, Function, HookTriggers, Lua, LuaOptions, LuaString, StdLib, Table, Value, VmState,
    chunk::ChunkMode,
};

use self::{
    handle::Handle,
    request::{Draw, Request},
};
use super::{End, Facts, Ran};
use crate::decision::request::Seen;

/// Instructions between two looks at the count.
const STEP: u32 = 500;
/// Instructions in all: a script that decodes a token takes a tenth of it.
const INSTRUCTIONS: u32 = 400_000;
/// Bytes, beside what the interpreter takes for itself.
const MEMORY: usize = 2 << 20;
/// Longer scripts are not evaluated.
const LENGTH: usize = 256 << 10;

const PRELUDE: &str = include_str!("prelude.lua");

/// Runs a script's `envoy_on_request`.
pub(super) fn run(script: &str, seen: &Seen, facts: &Facts) -> Ran {
    let unsupported =
        |what: String| Ran { seen: seen.clone(), end: End::Unsupported(what), told: Vec::new() };
    if script.len() > LENGTH {
        return unsupported("the script is too long".to_owned());
    }
    let checked = tokens::tokens(script).map(|tokens| state::keeps(&tokens));
    if let Err(what) | Ok(Some(what)) = checked {
        return unsupported(what);
    }
    let hashes = !script.to_ascii_lowercase().contains("hash");
    let first = once(script, seen, facts, Draw { digit: 'a', hashes }, false);
    if first.unordered || first.drawn {
        let second = once(script, seen, facts, Draw { digit: '7', hashes }, true);
        if first.ran != second.ran {
            let what = "it depends on the order of a table, or on a value that is drawn";
            return unsupported(what.to_owned());
        }
    }
    first.ran
}

/// One run.
struct Once {
    ran: Ran,
    unordered: bool,
    drawn: bool,
}

fn once(script: &str, seen: &Seen, facts: &Facts, draw: Draw, reversed: bool) -> Once {
    let request = Rc::new(RefCell::new(Request::new(seen.clone(), draw)));
    let interpreter = Interpreter { request: Rc::clone(&request), facts: Rc::new(facts.clone()) };
    let outcome = interpreter.go(script, reversed);
    let mut request = request.borrow_mut();
    let end = match (request.stopped.take(), outcome) {
        (Some(end), _) => end,
        (None, Ok(())) => End::Done,
        (None, Err(Error::MemoryError(_))) => End::Unsupported("it needs much memory".to_owned()),
        (None, Err(error)) => End::Failed(first_line(&error)),
    };
    let told = std::mem::take(&mut request.told);
    let ran = Ran { seen: request.seen.clone(), end, told };
    Once { ran, unordered: request.unordered, drawn: request.drawn }
}

/// What an error says, without the path through the interpreter.
fn first_line(error: &Error) -> String {
    let whole = match error {
        Error::CallbackError { cause, .. } => return first_line(cause),
        Error::RuntimeError(text) => text.clone(),
        other => other.to_string(),
    };
    whole.lines().next().unwrap_or_default().to_owned()
}

struct Interpreter {
    request: Rc<RefCell<Request>>,
    facts: Rc<Facts>,
}

impl Interpreter {
    fn go(&self, script: &str, reversed: bool) -> mlua::Result<()> {
        let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH;
        let lua = Lua::new_with(libraries, LuaOptions::new().catch_rust_panics(false))?;
        let host = self.host(&lua)?;
        let prelude = lua.load(PRELUDE).set_name("=prelude");
        let (globals, begin, kept): (Table, Function, Function) = prelude.call((host, reversed))?;
        lua.set_memory_limit(lua.used_memory() + MEMORY)?;
        self.limit(&lua)?;
        let chunk = lua.load(script).set_name("=script").set_mode(ChunkMode::Text);
        if let Err(error) = chunk.set_environment(globals.clone()).exec() {
            let what = format!("the script does not load: {}", first_line(&error));
            return Err(self.request.borrow_mut().stop(End::Unsupported(what)));
        }
        begin.call::<()>(())?;
        // "function not found. Lua filter will not hook requests."
        let Value::Function(on_request) = globals.get("envoy_on_request")? else { return Ok(()) };
        let handle = Handle { request: Rc::clone(&self.request), facts: Rc::clone(&self.facts) };
        let outcome = on_request.call::<()>(handle);
        if self.request.borrow().stopped.is_none()
            && let Some(name) = kept.call::<Option<String>>(())?
        {
            let what = format!("the script keeps `{name}` from request to request");
            return Err(self.request.borrow_mut().stop(End::Unsupported(what)));
        }
        outcome
    }

    /// What the prelude asks of this side.
    fn host(&self, lua: &Lua) -> mlua::Result<Table> {
        let host = lua.create_table()?;
        let request = Rc::clone(&self.request);
        let stopped = move |_: &Lua, ()| Ok(request.borrow().stopped.is_some());
        host.set("stopped", lua.create_function(stopped)?)?;
        let request = Rc::clone(&self.request);
        let refuse = move |_: &Lua, what: String| -> mlua::Result<()> {
            Err(request.borrow_mut().refuse(&what))
        };
        host.set("refuse", lua.create_function(refuse)?)?;
        let request = Rc::clone(&self.request);
        let unordered = move |_: &Lua, ()| {
            request.borrow_mut().unordered = true;
            Ok(())
        };
        host.set("unordered", lua.create_function(unordered)?)?;
        let request = Rc::clone(&self.request);
        let weigh = move |_: &Lua, (text, pattern): (LuaString, LuaString)| {
            let mut request = request.borrow_mut();
            let weight = weigh::weigh(&text.as_bytes(), &pattern.as_bytes());
            let left =
                weight.and_then(|w| request.work.checked_sub(w).ok_or("patterns that take long"));
            match left {
                Ok(left) => request.work = left,
                Err(what) => return Err(request.refuse(what)),
            }
            Ok(())
        };
        host.set("weigh", lua.create_function(weigh)?)?;
        host.set("pairs", lua.create_function(handle::pairs)?)?;
        Ok(host)
    }

    fn limit(&self, lua: &Lua) -> mlua::Result<()> {
        let request = Rc::clone(&self.request);
        let left = std::cell::Cell::new(INSTRUCTIONS);
        let triggers = HookTriggers::new().every_nth_instruction(STEP);
        lua.set_hook(triggers, move |_, _| match left.get().checked_sub(STEP) {
            Some(rest) if request.borrow().stopped.is_none() => {
                left.set(rest);
                Ok(VmState::Continue)
            }
            _ => Err(request.borrow_mut().refuse("a script that runs long")),
        })
    }
}
