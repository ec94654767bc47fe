//! JSON as protobuf reads it into a `Struct`, which is how Envoy reads tokens and key sets. It
//! takes single quotes, bare keys and a comma too many, and refuses a key that stands twice.

use std::{iter::Peekable, str::Chars};

use serde_json::{Map, Number, Value};

/// Objects and lists inside one another (protobuf's recursion limit).
const DEPTH: u32 = 100;

/// Reads an object; `null` is an empty one.
pub(crate) fn object(text: &str) -> Option<Map<String, Value>> {
    let mut reader = Reader { rest: text.chars().peekable(), depth: 0 };
    let value = reader.value()?;
    reader.space();
    match (value, reader.rest.next()) {
        (Value::Object(fields), None) => Some(fields),
        (Value::Null, None) => Some(Map::new()),
        _ => None,
    }
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    depth: u32,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self.rest.next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
    }

    /// Steps over a character, after white space.
    fn eat(&mut self, wanted: char) -> bool {
        self.space();
        self.rest.next_if_eq(&wanted).is_some()
    }

    fn value(&mut self) -> Option<Value> {
        self.space();
        match self.rest.peek()? {
            '{' => self.nested(Self::fields),
            '[' => self.nested(Self::items),
            '"' | '\'' => self.string().map(Value::String),
            '-' | '0'..='9' => self.number(),
            _ => match self.word().as_str() {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                "null" => Some(Value::Null),
                _ => None,
            },
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Option<Value>) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        self.rest.next();
        let value = read(self)?;
        self.depth -= 1;
        Some(value)
    }

    fn fields(&mut self) -> Option<Value> {
        let mut fields = Map::new();
        while !self.eat('}') {
            let key = match self.rest.peek()? {
                '"' | '\'' => self.string()?,
                _ => self.bare_key()?,
            };
            if !self.eat(':') {
                return None;
            }
            let value = self.value()?;
            if fields.insert(key, value).is_some() {
                return None;
            }
            if !self.eat(',') {
                return self.eat('}').then_some(Value::Object(fields));
            }
        }
        Some(Value::Object(fields))
    }

    fn items(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        while !self.eat(']') {
            items.push(self.value()?);
            if !self.eat(',') {
                return self.eat(']').then_some(Value::Array(items));
            }
        }
        Some(Value::Array(items))
    }

    /// A key without quotes; the words of JSON are none.
    fn bare_key(&mut self) -> Option<String> {
        let word = self.word();
        let begins = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        (begins && !matches!(word.as_str(), "true" | "false" | "null")).then_some(word)
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            word.push(c);
        }
        word
    }

    /// The grammar of JSON, as a double; one that does not fit is refused.
    fn number(&mut self) -> Option<Value> {
        let mut text = String::new();
        let part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        while let Some(c) = self.rest.next_if(part) {
            text.push(c);
        }
        if !is_number(&text) {
            return None;
        }
        Number::from_f64(text.parse().ok()?).map(Value::Number)
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.rest.next()?;
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                c if c == quote => return Some(text),
                '\\' => text.push(self.escape()?),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.rest.next()? {
            c @ ('"' | '\'' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' | 'U' => return self.unicode(),
            _ => return None,
        })
    }

    /// Four hexadecimal digits, or two times four for a pair of surrogates.
    fn unicode(&mut self) -> Option<char> {
        let high = self.hex()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high);
        }
        let pair = self.rest.next()? == '\\' && matches!(self.rest.next()?, 'u' | 'U');
        let low = self.hex()?;
        if !pair || !(0xDC00..0xE000).contains(&low) {
            return None;
        }
        char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    fn hex(&mut self) -> Option<u32> {
        let mut value = 0;
        for _ in 0..4 {
            value = value * 16 + self.rest.next()?.to_digit(16)?;
        }
        Some(value)
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
