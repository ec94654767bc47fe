//! One YAML document to a [`Node`], from the parser's events: own scalar rules, merge keys,
//! duplicate keys, aliases with a budget, and a depth that never recurses on the input.

use std::collections::{HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::{
    Node, Value,
    budget::Budget,
    node::{Entry, shorten},
    scalar,
};
use crate::error::{ErrorCode, Problem};

type Result<T> = std::result::Result<T, Box<Problem>>;

/// Reads the one document that `text` holds; `None` if it holds comments at most. `first_line`
/// is the line of the source where `text` begins.
pub(super) fn read(text: &str, first_line: u32, budget: &mut Budget<'_>) -> Result<Option<Node>> {
    let mut builder = Builder::new(first_line, budget);
    let options = granit_parser::options! {
        // `kubectl` splits at `---` first, and then finds no document after the directive.
        disallow_directives: true,
        // One more than ours, so that our own check speaks first.
        flow_nesting_limit: builder.budget.limits.depth().saturating_add(1),
        block_nesting_limit: builder.budget.limits.depth().saturating_add(1),
    };
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str_with_options(text, options);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| builder.scan_error(&error))?;
        builder.event(event, &span)?;
    }
    Ok(builder.root)
}

/// Where something begins.
#[derive(Clone, Copy)]
struct At {
    line: u32,
    column: u32,
}

/// A list or map that is not closed yet.
struct Frame {
    at: At,
    anchor: usize,
    bytes_before: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map(MapFrame),
}

/// A map that is not closed yet.
#[derive(Default)]
struct MapFrame {
    entries: Vec<Entry>,
    /// The key that waits for its value.
    key: Option<Key>,
    /// Keys that a merge brought: a key written out replaces them without being a duplicate.
    merged: HashSet<String>,
    /// Place of each key, kept once a map is large.
    index: HashMap<String, usize>,
}

enum Key {
    Plain(String, At),
    Merge(At),
}

struct Anchored {
    node: Node,
    /// Memory that a copy costs.
    bytes: usize,
}

struct Builder<'a, 'b> {
    first_line: u32,
    budget: &'a mut Budget<'b>,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    documents: usize,
    /// Memory of all nodes made so far.
    bytes: usize,
}

impl<'a, 'b> Builder<'a, 'b> {
    fn new(first_line: u32, budget: &'a mut Budget<'b>) -> Self {
        budget.start_document();
        Self {
            first_line,
            budget,
            stack: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            bytes: 0,
        }
    }

    fn at(&self, line: usize, column: usize) -> At {
        let line = u32::try_from(line).unwrap_or(u32::MAX).saturating_sub(1);
        At {
            line: self.first_line.saturating_add(line),
            column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<()> {
        let at = self.at(span.start.line(), span.start.col());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.wants_key() {
                    return self.key(&text, style, tag.as_deref(), anchor, at);
                }
                let value = scalar_value(text.into_owned(), style, tag.as_deref(), at)?;
                self.budget.node(at.line, at.column)?;
                let node = Node { line: at.line, column: at.column, value };
                let bytes = cost(&node);
                self.bytes = self.bytes.saturating_add(bytes);
                self.anchor(anchor, &node, bytes)?;
                self.push(node)
            }
            Event::SequenceStart(_, anchor, tag) => {
                container_tag(tag.as_deref(), "seq", at)?;
                self.open(Items::List(Vec::new()), anchor, at)
            }
            Event::MappingStart(_, anchor, tag) => {
                container_tag(tag.as_deref(), "map", at)?;
                self.open(Items::Map(MapFrame::default()), anchor, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::DocumentStart(..) => self.document(at),
            _ => Ok(()),
        }
    }

    /// Whether the innermost open collection is a map that waits for a key.
    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { items: Items::Map(map), .. }) if map.key.is_none())
    }

    /// Whether the innermost open collection is a map that waits for the value of `<<`.
    fn wants_merge(&self) -> bool {
        matches!(
            self.stack.last(),
            Some(Frame { items: Items::Map(MapFrame { key: Some(Key::Merge(_)), .. }), .. })
        )
    }

    fn key(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        anchor: usize,
        at: At,
    ) -> Result<()> {
        // go.yaml.in/yaml/v2, `isMerge`: plain text or the merge tag.
        let merge = text == "<<" && tag.is_none() && style == ScalarStyle::Plain;
        let key = if merge {
            Key::Merge(at)
        } else {
            let value = scalar_value(text.to_owned(), style, tag, at)?;
            Key::Plain(key_text(value, text, at)?, at)
        };
        if anchor != 0 {
            let value = scalar_value(text.to_owned(), style, tag, at)?;
            let node = Node { line: at.line, column: at.column, value };
            let bytes = cost(&node);
            self.anchor(anchor, &node, bytes)?;
        }
        if let Some(Frame { items: Items::Map(map), .. }) = self.stack.last_mut() {
            map.key = Some(key);
        }
        Ok(())
    }

    fn open(&mut self, items: Items, anchor: usize, at: At) -> Result<()> {
        if self.wants_key() {
            return Err(complex_key(at));
        }
        self.budget.node(at.line, at.column)?;
        self.budget.depth(self.stack.len().saturating_add(1), at.line, at.column)?;
        let bytes_before = self.bytes;
        self.bytes = self.bytes.saturating_add(size_of::<Entry>());
        self.stack.push(Frame { at, anchor, bytes_before, items });
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let value = match frame.items {
            Items::List(items) => Value::List(items),
            Items::Map(map) => Value::Map(map.entries),
        };
        let node = Node { line: frame.at.line, column: frame.at.column, value };
        let bytes = self.bytes.saturating_sub(frame.bytes_before);
        self.anchor(frame.anchor, &node, bytes)?;
        self.push(node)
    }

    fn anchor(&mut self, anchor: usize, node: &Node, bytes: usize) -> Result<()> {
        if anchor != 0 {
            self.budget.copy(bytes, node.line, node.column)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), bytes });
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, at: At) -> Result<()> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(wrong("an anchor must not contain itself", at));
        };
        if self.wants_key() {
            return Err(wrong("an alias as a key is not read", at).map_help("write the key out"));
        }
        // go.yaml.in/yaml/v2, `merge`: an alias of a list is no list of maps.
        if self.wants_merge() && !matches!(anchored.node.value, Value::Map(_)) {
            return Err(merge_of_other(at));
        }
        let bytes = anchored.bytes;
        self.budget.copy(bytes, at.line, at.column)?;
        self.budget.depth(
            self.stack.len().saturating_add(depth_of(&anchored.node)),
            at.line,
            at.column,
        )?;
        let node = anchored.node.clone();
        self.bytes = self.bytes.saturating_add(bytes);
        self.push(node)
    }

    fn document(&mut self, at: At) -> Result<()> {
        self.documents = self.documents.saturating_add(1);
        if self.documents > 1 {
            // `kubectl` splits at lines that begin with `---` and reads one document of each part.
            return Err(wrong("a second document begins without a `---` line of its own", at)
                .map_help("`kubectl` would drop it; put `---` on a line before it"));
        }
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<()> {
        match self.stack.last_mut() {
            None => {
                self.root = Some(node);
                Ok(())
            }
            Some(Frame { items: Items::List(items), .. }) => {
                items.push(node);
                Ok(())
            }
            Some(Frame { items: Items::Map(map), .. }) => match map.key.take() {
                Some(Key::Plain(key, at)) => map.insert(key, at, node),
                Some(Key::Merge(at)) => map.merge(node, at),
                None => Ok(()),
            },
        }
    }

    fn scan_error(&self, error: &ScanError) -> Box<Problem> {
        let marker = error.marker();
        let at = self.at(marker.line(), marker.col());
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.budget.too_deep(at.line, at.column);
        }
        let problem = wrong(&format!("not valid YAML: {}", error.info()), at);
        match help_for(error.kind()) {
            Some(help) => problem.map_help(help),
            None => problem,
        }
    }
}

fn help_for(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => Some("indent with spaces, not tabs"),
        ErrorKind::MappingValueNotAllowed => Some("put text that holds `: ` in quotes"),
        ErrorKind::DirectiveDisallowed => Some("remove the `%` line; `kubectl` takes none"),
        ErrorKind::UnclosedQuotedScalar => Some("a quote is opened and never closed"),
        _ => None,
    }
}

impl MapFrame {
    /// From this many keys on, they are found by hash.
    const LARGE: usize = 16;

    fn find(&mut self, key: &str) -> Option<usize> {
        if self.entries.len() < Self::LARGE {
            return self.entries.iter().position(|entry| entry.key == key);
        }
        if self.index.len() < self.entries.len() {
            for (place, entry) in self.entries.iter().enumerate().skip(self.index.len()) {
                self.index.insert(entry.key.clone(), place);
            }
        }
        self.index.get(key).copied()
    }

    fn insert(&mut self, key: String, at: At, value: Node) -> Result<()> {
        let entry = Entry { key, line: at.line, column: at.column, value };
        let Some(place) = self.find(&entry.key) else {
            self.entries.push(entry);
            return Ok(());
        };
        let merged = self.merged.remove(&entry.key);
        let Some(old) = self.entries.get_mut(place) else { return Ok(()) };
        if !merged {
            return Err(duplicate_key(&entry.key, old.line, at));
        }
        *old = entry;
        Ok(())
    }

    /// A merge replaces what stands before it and is replaced by what follows, as in
    /// go.yaml.in/yaml/v2; of a list of maps, the earlier ones win.
    fn merge(&mut self, node: Node, at: At) -> Result<()> {
        let maps = match node.value {
            Value::Map(entries) => vec![entries],
            Value::List(items) => {
                let mut maps = Vec::with_capacity(items.len());
                for item in items.into_iter().rev() {
                    match item.value {
                        Value::Map(entries) => maps.push(entries),
                        _ => return Err(merge_of_other(at)),
                    }
                }
                maps
            }
            _ => return Err(merge_of_other(at)),
        };
        for entry in maps.into_iter().flatten() {
            self.merged.insert(entry.key.clone());
            match self.find(&entry.key) {
                Some(place) => {
                    if let Some(old) = self.entries.get_mut(place) {
                        *old = entry;
                    }
                }
                None => self.entries.push(entry),
            }
        }
        Ok(())
    }
}

fn merge_of_other(at: At) -> Box<Problem> {
    wrong("`<<` takes a map or a list of maps", at)
}

fn complex_key(at: At) -> Box<Problem> {
    wrong("a map or list cannot be a key", at)
}

pub(super) fn duplicate(key: &str, first: u32, line: u32, column: u32) -> Box<Problem> {
    let message =
        format!("the key `{}` is written twice, on lines {first} and {line}", shorten(key));
    let mut problem = Problem::new(ErrorCode::Duplicate, message).help("keep one of the two");
    problem.line = line;
    problem.column = column;
    Box::new(problem)
}

fn duplicate_key(key: &str, first: u32, at: At) -> Box<Problem> {
    duplicate(key, first, at.line, at.column)
}

fn wrong(message: &str, at: At) -> Box<Problem> {
    let mut problem = Problem::new(ErrorCode::Syntax, message).column(at.column);
    problem.line = at.line;
    Box::new(problem)
}

/// `help` on a boxed problem.
trait MapHelp {
    fn map_help(self, help: &str) -> Self;
}

impl MapHelp for Box<Problem> {
    fn map_help(mut self, help: &str) -> Self {
        self.help = Some(help.to_owned());
        self
    }
}

/// Memory that a scalar costs.
fn cost(node: &Node) -> usize {
    let text = node.as_str().map_or(0, str::len);
    size_of::<Entry>().saturating_add(text)
}

/// How many collections deep a node goes; bounded by the depth limit, as it was read under it.
fn depth_of(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => items.iter().map(depth_of).max().unwrap_or(0).saturating_add(1),
        Value::Map(entries) => {
            entries.iter().map(|e| depth_of(&e.value)).max().unwrap_or(0).saturating_add(1)
        }
        _ => 0,
    }
}

fn scalar_value(text: String, style: ScalarStyle, tag: Option<&Tag>, at: At) -> Result<Value> {
    let plain = style == ScalarStyle::Plain;
    let Some(tag) = tag else {
        if !plain {
            return Ok(Value::String(text));
        }
        return scalar::resolve(&text)
            .map_err(|why| wrong(&format!("`{}` is not a value: {why}", shorten(&text)), at));
    };
    let resolved = || {
        scalar::resolve(&text)
            .map_err(|why| wrong(&format!("`{}` is not a value: {why}", shorten(&text)), at))
    };
    let value = match tag.core_suffix() {
        Some("str") => return Ok(Value::String(text)),
        Some("int") => match resolved()? {
            value @ Value::Int(_) => Some(value),
            _ => None,
        },
        Some("float") => match resolved()? {
            value @ (Value::Int(_) | Value::Float(_)) => Some(value),
            _ => None,
        },
        Some("bool") => match resolved()? {
            value @ Value::Bool(_) => Some(value),
            _ => None,
        },
        Some("null") => match resolved()? {
            Value::Null => Some(Value::Null),
            _ => None,
        },
        _ => return Err(unread_tag(tag, at)),
    };
    value.ok_or_else(|| {
        let message = format!("`{}` does not fit its tag `{}`", shorten(&text), tag.original());
        wrong(&message, at)
    })
}

fn container_tag(tag: Option<&Tag>, name: &str, at: At) -> Result<()> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(name) => Err(unread_tag(tag, at)),
        _ => Ok(()),
    }
}

fn unread_tag(tag: &Tag, at: At) -> Box<Problem> {
    wrong(&format!("the tag `{}` is not read", shorten(&tag.original())), at)
        .map_help("remove the tag; Kubernetes objects need none")
}

/// sigs.k8s.io/yaml, `convertToJSONableObject`: keys become strings.
fn key_text(value: Value, written: &str, at: At) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Int(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err(wrong(&format!("`{}` cannot be a key", shorten(written)), at)
            .map_help("put the key in quotes")),
    }
}
