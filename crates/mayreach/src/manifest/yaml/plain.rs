//! The form in which nearly all manifests are written, read at once: block maps and lists of plain
//! and simply quoted scalars, one a line, in ASCII. Anything else is not read here: `None`, and the
//! whole document goes to the parser, which also says what is wrong with it.

#[cfg(test)]
mod tests;

use crate::manifest::{
    Limits, Node, Value,
    node::{At, Entry},
    scalar,
};

/// Deeper documents are left to the parser, which does not recurse.
const DEEPEST: usize = 40;

/// Reads a document; `None` if it is in another form, or past a limit.
pub(super) fn read(text: &str, first_line: u32, limits: &Limits) -> Option<Node> {
    if !text.as_bytes().chunks(256).all(is_simple) {
        return None;
    }
    let deepest = limits.depth().min(DEEPEST);
    let mut reader = Reader {
        rest: text,
        number: first_line,
        line: None,
        deepest,
        count: 0,
        nodes: Vec::new(),
        entries: Vec::new(),
    };
    reader.advance();
    let first = reader.line.filter(|line| line.indent == 0)?;
    let root = reader.block(first, 1)?;
    (reader.line.is_none() && reader.count <= limits.nodes).then_some(root)
}

/// Whether bytes are line feeds and printable ASCII.
fn is_simple(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |simple, byte| simple & matches!(byte, b' '..=b'~' | b'\n'))
}

/// A line that holds something: not blank, no comment.
#[derive(Clone, Copy)]
struct Line<'t> {
    number: u32,
    indent: usize,
    content: &'t str,
}

impl<'t> Line<'t> {
    fn at(&self) -> At {
        self.column(0)
    }

    fn column(&self, offset: usize) -> At {
        let column = self.indent.saturating_add(offset).saturating_add(1);
        At { line: self.number, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    fn is_item(&self) -> bool {
        self.content.starts_with("- ")
    }

    /// The key with which it begins, and what stands behind the `:`.
    fn key(&self) -> Option<(&'t str, &'t str)> {
        let bytes = self.content.as_bytes();
        let inner =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
        let length = bytes.iter().take_while(|byte| inner(byte)).count();
        let (key, after) = self.content.split_at_checked(length)?;
        let after = after.strip_prefix(':')?;
        let begins =
            bytes.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        (begins && (after.is_empty() || after.starts_with(' '))).then_some((key, after))
    }
}

struct Reader<'t> {
    /// What follows the line.
    rest: &'t str,
    /// The number of the line that `rest` begins with.
    number: u32,
    line: Option<Line<'t>>,
    deepest: usize,
    count: usize,
    /// Items of the open lists and entries of the open maps, outermost first.
    nodes: Vec<Node>,
    entries: Vec<Entry>,
}

impl<'t> Reader<'t> {
    /// To the next line that holds something.
    fn advance(&mut self) {
        self.line = None;
        while !self.rest.is_empty() {
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            let number = self.number;
            self.rest = rest;
            self.number = number.saturating_add(1);
            let content = line.trim_start_matches(' ');
            if !content.is_empty() && !content.starts_with('#') {
                let indent = line.len().saturating_sub(content.len());
                self.line = Some(Line { number, indent, content });
                return;
            }
        }
    }

    fn open(&mut self, depth: usize) -> Option<()> {
        self.count = self.count.saturating_add(1);
        (depth <= self.deepest).then_some(())
    }

    fn block(&mut self, first: Line<'t>, depth: usize) -> Option<Node> {
        if first.is_item() { self.list(first, first.at(), depth) } else { self.map(first, depth) }
    }

    fn map(&mut self, first: Line<'t>, depth: usize) -> Option<Node> {
        self.open(depth)?;
        let start = self.entries.len();
        while let Some(line) = self.line.filter(|line| line.indent >= first.indent) {
            let (key, after) = line.key().filter(|_| line.indent == first.indent)?;
            if scalar::resolve(key) != Ok(None) {
                return None;
            }
            let value = if after.is_empty() {
                self.nested(line, depth)?
            } else {
                let value = self.value(after.get(1..)?, line.column(key.len() + 2), depth)?;
                self.advance();
                value
            };
            self.entries.push(Entry::new(key.to_owned(), line.at(), value));
        }
        let entries: Vec<Entry> = self.entries.drain(start..).collect();
        differ(&entries).then(|| Node::new(first.at(), Value::Map(entries)))
    }

    /// The value of a key that stands on the lines below.
    fn nested(&mut self, key: Line<'t>, depth: usize) -> Option<Node> {
        self.advance();
        let next = self.line?;
        let depth = depth.saturating_add(1);
        if next.indent > key.indent {
            return self.block(next, depth);
        }
        // A list may stand as far to the left as its key; the parser then gives it the place of
        // its first item.
        let beside = next.indent == key.indent && next.is_item();
        if beside { self.list(next, next.column(2), depth) } else { None }
    }

    fn list(&mut self, first: Line<'t>, at: At, depth: usize) -> Option<Node> {
        self.open(depth)?;
        let start = self.nodes.len();
        while let Some(line) = self.line.filter(|line| line.indent >= first.indent) {
            if !line.is_item() && line.indent == first.indent {
                break;
            }
            let content = line.content.get(2..).filter(|_| line.indent == first.indent)?;
            let inner = Line { indent: line.indent.saturating_add(2), content, ..line };
            let node = if inner.key().is_some() {
                self.line = Some(inner);
                self.map(inner, depth.saturating_add(1))?
            } else {
                let node = self.value(content, inner.at(), depth)?;
                self.advance();
                node
            };
            self.nodes.push(node);
        }
        Some(Node::new(at, Value::List(self.nodes.drain(start..).collect())))
    }

    /// A value on the line of its key or dash.
    fn value(&mut self, text: &str, at: At, depth: usize) -> Option<Node> {
        let value = match text.as_bytes() {
            [b'{', b'}'] => {
                self.open(depth.saturating_add(1))?;
                return Some(Node::new(at, Value::Map(Vec::new())));
            }
            [b'[', b']'] => {
                self.open(depth.saturating_add(1))?;
                return Some(Node::new(at, Value::List(Vec::new())));
            }
            [quote @ (b'"' | b'\''), inner @ .., end] if quote == end => {
                // Neither an escape nor the end before the end.
                if inner.iter().any(|byte| byte == quote || *byte == b'\\') {
                    return None;
                }
                Value::String(std::str::from_utf8(inner).ok()?.to_owned())
            }
            bytes if is_plain(bytes) => match scalar::resolve(text).ok()? {
                Some(value) => scalar::as_json(value),
                None => Value::String(text.to_owned()),
            },
            _ => return None,
        };
        self.count = self.count.saturating_add(1);
        Some(Node::new(at, value))
    }
}

/// Whether text is one plain scalar wherever it stands: no indicator in front, neither `: ` nor
/// ` #` in it, no space or `:` behind.
fn is_plain(text: &[u8]) -> bool {
    let begins = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.');
    let inner = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b' ' | b'_'
                    | b'.'
                    | b'/'
                    | b'-'
                    | b'*'
                    | b'+'
                    | b'='
                    | b'@'
                    | b':'
                    | b','
                    | b'('
                    | b')'
            )
    };
    text.first().is_some_and(begins)
        && text.iter().all(inner)
        && !text.ends_with(b" ")
        && !text.ends_with(b":")
        && !text.windows(2).any(|pair| pair == b": ")
}

/// Whether all keys differ; of large maps the parser says it, which hashes them.
fn differ(entries: &[Entry]) -> bool {
    entries.len() <= 64
        && entries
            .iter()
            .enumerate()
            .all(|(n, entry)| entries.iter().take(n).all(|before| before.key != entry.key))
}
