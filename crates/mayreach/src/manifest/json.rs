//! JSON to a [`Node`], with the line and column of every value and key.
//!
//! Strict RFC 8259, as Go's `encoding/json` reads it, except that a key written twice is an
//! error. `serde_json` tells no positions, so this is a reader of its own.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::{
    Node, Value,
    budget::Budget,
    fail::{Failure, Result, duplicate_key, syntax},
    node::{At, Entry, shorten},
    scalar,
};
use crate::error::ErrorCode;

/// A cursor over text that may hold several JSON values, one after the other.
pub(super) struct Reader<'t> {
    text: &'t str,
    offset: usize,
    line: u32,
    /// Offset that column 1 of the current line would have if every character before the
    /// cursor took one byte.
    line_start: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, offset: 0, line: 1, line_start: 0, depth: 0 }
    }

    /// The next value; `None` at the end of the text.
    pub(super) fn next(&mut self, budget: &mut Budget<'_>) -> Result<Option<Node>> {
        budget.start_document();
        self.skip_space();
        if self.peek().is_none() {
            return Ok(None);
        }
        self.value(budget).map(Some)
    }

    /// What is not read yet, and the line where it begins.
    pub(super) fn rest(&mut self) -> (&'t str, u32) {
        self.skip_space();
        (self.text.get(self.offset..).unwrap_or_default(), self.line)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.offset += 1;
        }
        found
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.offset += 1;
                    self.line = self.line.saturating_add(1);
                    self.line_start = self.offset;
                }
                b' ' | b'\t' | b'\r' => self.offset += 1,
                _ => return,
            }
        }
    }

    fn at(&self) -> At {
        let column = self.offset.saturating_sub(self.line_start).saturating_add(1);
        At { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    fn wrong(&self, message: &str) -> Failure {
        syntax(format!("not valid JSON: {message}"), self.at())
    }

    fn expected(&self, what: &str) -> Failure {
        match self.text.get(self.offset..).and_then(|rest| rest.chars().next()) {
            Some(found) => {
                let found = shorten(&found.to_string());
                self.wrong(&format!("expected {what}, found `{found}`"))
            }
            None => self.wrong(&format!("expected {what}, found the end of the text")),
        }
    }

    fn value(&mut self, budget: &mut Budget<'_>) -> Result<Node> {
        let at = self.at();
        budget.node(at)?;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object, budget)?,
            Some(b'[') => self.nested(Self::array, budget)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.expected("a value")),
        };
        Ok(Node::new(at, value))
    }

    fn nested<'b>(
        &mut self,
        read: fn(&mut Self, &mut Budget<'b>) -> Result<Value>,
        budget: &mut Budget<'b>,
    ) -> Result<Value> {
        self.depth += 1;
        budget.depth(self.depth, self.at())?;
        self.offset += 1;
        let value = read(self, budget);
        self.depth -= 1;
        value
    }

    fn object(&mut self, budget: &mut Budget<'_>) -> Result<Value> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, At> = HashMap::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(Value::Map(entries));
        }
        loop {
            self.skip_space();
            let at = self.at();
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key in double quotes"));
            }
            let key = self.string()?;
            if let Some(first) = first_place(&entries, &mut seen, &key) {
                return Err(duplicate_key(&key, first, at));
            }
            self.skip_space();
            if !self.take(b':') {
                return Err(self.expected("`:`"));
            }
            self.skip_space();
            let value = self.value(budget)?;
            entries.push(Entry::new(key, at, value));
            self.skip_space();
            if self.take(b'}') {
                return Ok(Value::Map(entries));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn array(&mut self, budget: &mut Budget<'_>) -> Result<Value> {
        let mut items = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            self.skip_space();
            items.push(self.value(budget)?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Value::List(items));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value> {
        if self.text.get(self.offset..).is_some_and(|rest| rest.starts_with(word)) {
            self.offset += word.len();
            return Ok(value);
        }
        Err(self.expected("a value"))
    }

    fn number(&mut self) -> Result<Value> {
        let start = self.offset;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return Err(self.expected("a digit"));
        }
        let mut whole = true;
        if self.take(b'.') {
            whole = false;
            if self.digits() == 0 {
                return Err(self.expected("a digit"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.offset += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.offset += 1;
            }
            if self.digits() == 0 {
                return Err(self.expected("a digit"));
            }
        }
        let text = self.text.get(start..self.offset).unwrap_or_default();
        if whole && let Ok(number) = text.parse() {
            return Ok(Value::Int(number));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(scalar::as_json(Value::Float(number))),
            _ => {
                let message = format!("the number `{}` is too large", shorten(text));
                Err(Failure::new(ErrorCode::InvalidValue, message, self.at()))
            }
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.offset;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.offset += 1;
        }
        self.offset.saturating_sub(start)
    }

    fn string(&mut self) -> Result<String> {
        self.offset += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.offset..).unwrap_or_default();
            let stop = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            let Some(stop) = stop else {
                return Err(self.wrong("a string is not closed"));
            };
            let run = rest.get(..stop).unwrap_or_default();
            // Columns count characters: bytes that continue one move the line's start along.
            let continued = run.bytes().filter(|byte| byte & 0xC0 == 0x80).count();
            self.line_start = self.line_start.saturating_add(continued);
            if out.is_empty() {
                run.clone_into(&mut out);
            } else {
                out.push_str(run);
            }
            self.offset += stop;
            match self.peek() {
                Some(b'"') => {
                    self.offset += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.offset += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.wrong("a control character stands in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let escaped = self.peek();
        self.offset += 1;
        Ok(match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                self.offset -= 1;
                return Err(self.wrong("an unknown escape stands in a string"));
            }
        })
    }

    fn unicode(&mut self) -> Result<char> {
        let first = self.four_digits()?;
        let code = match first {
            0xD800..=0xDBFF if self.take(b'\\') && self.take(b'u') => match self.four_digits()? {
                second @ 0xDC00..=0xDFFF => 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                _ => first,
            },
            _ => first,
        };
        // A lone surrogate is no character; Go replaces it silently, which would change text.
        char::from_u32(code).ok_or_else(|| self.wrong("half a surrogate pair stands in a string"))
    }

    fn four_digits(&mut self) -> Result<u32> {
        let digits = self.text.get(self.offset..self.offset.saturating_add(4));
        let code = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(code) = code else {
            return Err(self.wrong("`\\u` takes four hexadecimal digits"));
        };
        self.offset += 4;
        Ok(code)
    }
}

/// Where a key already stands. Keys of a large map are found by hash.
fn first_place(entries: &[Entry], seen: &mut HashMap<String, At>, key: &str) -> Option<At> {
    const LARGE: usize = 16;
    if entries.len() < LARGE {
        return entries.iter().find(|entry| entry.key == key).map(Entry::at);
    }
    for entry in entries.iter().skip(seen.len()) {
        seen.insert(entry.key.clone(), entry.at());
    }
    seen.get(key).copied()
}
