//! The request while a script runs, by header name as Envoy keeps it: `:path` and its like are
//! headers too.

use std::collections::BTreeMap;

use super::super::End;
use crate::{
    decision::request::{Found, Seen, Shape, Target, Value},
    model::Attributes,
};

/// Steps of pattern matching, in all.
const WORK: u64 = 500_000_000;

/// Stands for what nobody knows but which could be anything of its form: a random identifier, the
/// hash of a certificate. A script that ends the same way with two of them does so with any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    /// A hexadecimal digit.
    pub(super) digit: char,
    /// The script does not ask for a certain hash.
    pub(super) hashes: bool,
}

impl Draw {
    fn value(self, shape: &Shape) -> Option<String> {
        let digits = |n| self.digit.to_string().repeat(n);
        match shape {
            Shape::Uuid => {
                let ends = [8, 4, 3, 3].map(digits);
                let [a, b, c, d] = ends;
                Some(format!("{a}-{b}-4{c}-8{d}-{}", digits(12)))
            }
            Shape::Between(head, tail) if self.hashes => {
                Some(format!("{head}{}{tail}", digits(64)))
            }
            Shape::Between(..) | Shape::Any => None,
        }
    }
}

/// The request, and what came of the script so far.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) seen: Seen,
    /// Set once: what a script does after it has ended does not count.
    pub(super) stopped: Option<End>,
    pub(super) told: Vec<String>,
    /// It walked a table whose order is nobody's promise.
    pub(super) unordered: bool,
    /// It read a value that is drawn.
    pub(super) drawn: bool,
    draw: Draw,
    /// A walk over the headers is not at its end.
    pub(super) walking: bool,
    pub(super) work: u64,
}

/// What ended the script, as the interpreter passes it on.
fn stop() -> mlua::Error {
    mlua::Error::RuntimeError("stopped".to_owned())
}

impl Request {
    pub(super) fn new(seen: Seen, draw: Draw) -> Self {
        Self {
            seen,
            draw,
            drawn: false,
            stopped: None,
            told: Vec::new(),
            unordered: false,
            walking: false,
            work: WORK,
        }
    }

    pub(super) fn stop(&mut self, end: End) -> mlua::Error {
        self.stopped.get_or_insert(end);
        stop()
    }

    pub(super) fn refuse(&mut self, what: &str) -> mlua::Error {
        self.stop(End::Unsupported(what.to_owned()))
    }

    pub(super) fn missing(&mut self, attributes: Attributes) -> mlua::Error {
        self.stop(End::Missing(attributes))
    }

    /// Every call of the handle begins here.
    pub(super) fn running(&self) -> mlua::Result<()> {
        if self.stopped.is_some() { Err(stop()) } else { Ok(()) }
    }

    /// Every value under a name.
    pub(super) fn values(&mut self, name: &str) -> mlua::Result<Vec<String>> {
        self.running()?;
        let one = |value: Option<&String>, missing| match value {
            Some(text) => Ok(vec![text.clone()]),
            None => Err(missing),
        };
        let found = match name {
            ":authority" | "host" => one(self.seen.host.as_ref(), Attributes::HOST),
            ":method" => one(self.seen.method.as_ref(), Attributes::METHOD),
            ":path" => match &self.seen.target {
                Target::Path(path) => Ok(vec![path.clone()]),
                Target::None => Ok(Vec::new()),
                Target::Unknown => Err(Attributes::PATH),
            },
            _ => match self.seen.headers.get(name) {
                Found::Unknown => Err(Attributes::HEADERS),
                Found::Lines(lines) => {
                    let mut drawn = false;
                    let text = |line| match line {
                        Value::Text(text) => Ok(text.to_owned()),
                        Value::Like(shape) => {
                            drawn = true;
                            self.draw.value(shape).ok_or(Attributes::HEADERS)
                        }
                    };
                    let texts = lines.into_iter().map(text).collect();
                    self.drawn |= drawn;
                    texts
                }
            },
        };
        found.map_err(|missing| self.missing(missing))
    }

    /// How many lines there are, whatever they say.
    pub(super) fn count(&mut self, name: &str) -> mlua::Result<usize> {
        self.running()?;
        match self.seen.headers.get(name) {
            Found::Lines(lines) if !lines.is_empty() => Ok(lines.len()),
            _ => self.values(name).map(|values| values.len()),
        }
    }

    /// "header map cannot be modified while iterating".
    fn change(&mut self, name: &str, value: Option<&str>) -> mlua::Result<()> {
        self.running()?;
        if self.walking {
            let text = "header map cannot be modified while iterating";
            return Err(mlua::Error::RuntimeError(text.to_owned()));
        }
        let bad = |text: &str| text.chars().any(char::is_control);
        if bad(name) || value.is_some_and(bad) {
            return Err(self.refuse("a control character in a header"));
        }
        Ok(())
    }

    pub(super) fn append(&mut self, name: &str, value: &str) -> mlua::Result<()> {
        self.change(name, Some(value))?;
        let whole = |old: &str| {
            let comma = if old.is_empty() || value.is_empty() { "" } else { "," };
            format!("{old}{comma}{value}")
        };
        if pseudo(name) {
            let old = self.values(name)?;
            let whole = old.first().map_or(value.to_owned(), |old| whole(old));
            return self.set(name, &whole);
        }
        // What a line that is not known is joined to is no longer the token that a flow gives.
        if name == "authorization" && self.count(name).is_ok_and(|lines| lines > 0) {
            self.values(name)?;
        }
        self.tell(format!("adds header `{name}: {value}`"));
        self.seen.headers.append(name, value);
        Ok(())
    }

    pub(super) fn replace(&mut self, name: &str, value: &str) -> mlua::Result<()> {
        self.change(name, Some(value))?;
        if pseudo(name) {
            return self.set(name, value);
        }
        self.tell(format!("sets header `{name}: {value}`"));
        self.seen.headers.replace(name, value);
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) -> mlua::Result<()> {
        self.change(name, None)?;
        if pseudo(name) {
            return Err(self.refuse(&format!("a request without `{name}`")));
        }
        self.tell(format!("removes header `{name}`"));
        self.seen.headers.remove(name);
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> mlua::Result<()> {
        self.tell(format!("sets `{name}` to `{value}`"));
        match name {
            ":authority" | "host" => self.seen.host = Some(value.to_owned()),
            ":method" => self.seen.method = Some(value.to_owned()),
            ":path" if self.seen.target != Target::None => {
                self.seen.target = Target::Path(value.to_owned());
            }
            ":scheme" => self.seen.headers.replace(name, value),
            _ => return Err(self.refuse(&format!("a request with `{name}`"))),
        }
        Ok(())
    }

    fn tell(&mut self, text: String) {
        // A loop of a thousand headers is not worth a thousand lines.
        if self.told.len() < 50 {
            self.told.push(text);
        }
    }

    /// Every header in Envoy's order, if all are known.
    pub(super) fn all(&mut self) -> mlua::Result<Vec<(String, String)>> {
        self.running()?;
        if self.walking {
            let text = "cannot create a second iterator before completing the first";
            return Err(mlua::Error::RuntimeError(text.to_owned()));
        }
        let mut out = Vec::new();
        for name in [":authority", ":path", ":method"] {
            out.extend(self.values(name)?.into_iter().map(|value| (name.to_owned(), value)));
        }
        let Some(names) = self.seen.headers.names() else {
            return Err(self.missing(Attributes::HEADERS));
        };
        let mut before: BTreeMap<String, usize> = BTreeMap::new();
        for name in names {
            let nth = before.entry(name.clone()).or_default();
            let value = self.values(&name)?.into_iter().nth(*nth).unwrap_or_default();
            *nth += 1;
            out.push((name, value));
        }
        self.walking = true;
        Ok(out)
    }
}

/// What this engine keeps apart from the header lines.
fn pseudo(name: &str) -> bool {
    name.starts_with(':') || name == "host"
}
