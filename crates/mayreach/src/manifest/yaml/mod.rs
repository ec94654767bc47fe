//! One YAML document to a [`Node`]: at once if it is in the usual form, else from the parser's
//! events. Those are taken on a stack of its own: no input makes it recurse.

mod compat;
mod map;
mod plain;
mod text;

use std::collections::HashMap;

use granit_parser::{
    ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle, Tag,
};

use self::{
    compat::{Surroundings, Written},
    map::{MERGE_TAKES, OpenMap, Rare},
};
use super::{
    Node, Value,
    budget::Budget,
    fail::{Failure, Result, syntax},
    node::{At, Entry},
    scalar,
};

/// Reads the one document that `text` holds; `None` if it holds comments at most. `first_line`
/// is the line of the source where `text` begins.
pub(super) fn read(text: &str, first_line: u32, budget: &mut Budget<'_>) -> Result<Option<Node>> {
    match plain::read(text, first_line, budget.limits) {
        Some(root) => Ok(Some(root)),
        None => by_events(text, first_line, budget),
    }
}

/// Reads a document of any form.
fn by_events(text: &str, first_line: u32, budget: &mut Budget<'_>) -> Result<Option<Node>> {
    budget.start_document();
    let depth = budget.limits.depth().saturating_add(1);
    let options = granit_parser::options! {
        emit_anchor_events: true,
        // `kubectl` splits at `---` first, and then finds no document after the directive.
        disallow_directives: true,
        // One more than ours, so that our own check speaks first.
        flow_nesting_limit: depth,
        block_nesting_limit: depth,
    };
    let mut builder = Builder::new(text, first_line, budget);
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str_with_options(text, options);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => builder.event(event, &span)?,
            Err(error) => return Err(builder.scan_error(&error)),
        }
    }
    Ok(builder.root)
}

/// A list or map that is not closed yet. What it holds so far lies on top of the builder's
/// `nodes` or `entries`, so that closing allocates once, at the right size.
struct Frame {
    at: At,
    anchor: usize,
    /// The builder's `bytes` when this was opened.
    bytes_before: usize,
    start: usize,
    /// Between brackets, directly or further out.
    flow: bool,
    kind: Kind,
}

enum Kind {
    List,
    Map {
        /// The key that waits for its value.
        key: Option<Key>,
        rare: Option<Box<Rare>>,
    },
}

enum Key {
    Plain(String, At),
    Merge(At),
}

/// What an alias copies.
struct Anchored {
    node: Node,
    /// Memory that a copy costs.
    bytes: usize,
}

struct Builder<'t, 'a, 'b> {
    around: Surroundings<'t>,
    first_line: u32,
    budget: &'a mut Budget<'b>,
    stack: Vec<Frame>,
    /// Items of the open lists, outermost first.
    nodes: Vec<Node>,
    /// Entries of the open maps, outermost first.
    entries: Vec<Entry>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    documents: usize,
    /// Memory of all nodes made so far.
    bytes: usize,
}

impl<'t, 'a, 'b> Builder<'t, 'a, 'b> {
    fn new(text: &'t str, first_line: u32, budget: &'a mut Budget<'b>) -> Self {
        Self {
            around: Surroundings::new(text),
            first_line,
            budget,
            stack: Vec::new(),
            nodes: Vec::new(),
            entries: Vec::new(),
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
        if event.is_node() {
            self.around.token(span, self.in_flow(), at)?;
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref();
                let key = self.wants_key();
                let (tagged, flow) = (tag.is_some(), self.in_flow());
                self.around.scalar(Written { text: &text, style, tagged, flow, key }, span, at)?;
                if key {
                    return self.key(&text, style, tag, anchor, at);
                }
                let value = match text::value(&text, style, tag, at)? {
                    Some(value) => scalar::as_json(value),
                    None => Value::String(text.into_owned()),
                };
                self.scalar(value, anchor, at)
            }
            Event::SequenceStart(style, anchor, tag) => {
                text::check_collection_tag(tag.as_deref(), "seq", at)?;
                self.open(Kind::List, style, anchor, at)
            }
            Event::MappingStart(style, anchor, tag) => {
                text::check_collection_tag(tag.as_deref(), "map", at)?;
                self.open(Kind::Map { key: None, rare: None }, style, anchor, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::DocumentStart(..) => self.document(at),
            Event::Anchor(_, name) => compat::anchor(&name, at),
            _ => Ok(()),
        }
    }

    fn in_flow(&self) -> bool {
        self.stack.last().is_some_and(|frame| frame.flow)
    }

    /// Whether the innermost open collection is a map that waits for a key.
    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { kind: Kind::Map { key: None, .. }, .. }))
    }

    /// Whether the innermost open collection is a map that waits for the value of `<<`.
    fn wants_merge(&self) -> bool {
        let waiting = self.stack.last().map(|frame| &frame.kind);
        matches!(waiting, Some(Kind::Map { key: Some(Key::Merge(_)), .. }))
    }

    fn key(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        anchor: usize,
        at: At,
    ) -> Result<()> {
        // go.yaml.in/yaml/v2, `isMerge`: plain text; the merge tag is not read.
        let merge = text == "<<" && tag.is_none() && style == ScalarStyle::Plain;
        let key =
            if merge { Key::Merge(at) } else { Key::Plain(text::key(text, style, tag, at)?, at) };
        if anchor != 0 {
            let value = text::value(text, style, tag, at)?;
            let value = value.map_or_else(|| Value::String(text.to_owned()), scalar::as_json);
            let node = Node::new(at, value);
            let bytes = cost(&node);
            self.anchor(anchor, &node, bytes)?;
        }
        if let Some(Frame { kind: Kind::Map { key: waiting, .. }, .. }) = self.stack.last_mut() {
            *waiting = Some(key);
        }
        Ok(())
    }

    fn scalar(&mut self, value: Value, anchor: usize, at: At) -> Result<()> {
        self.budget.node(at)?;
        let node = Node::new(at, value);
        let bytes = cost(&node);
        self.bytes = self.bytes.saturating_add(bytes);
        self.anchor(anchor, &node, bytes)?;
        self.push(node)
    }

    fn open(&mut self, kind: Kind, style: StructureStyle, anchor: usize, at: At) -> Result<()> {
        if self.wants_key() {
            return Err(syntax("a map or list cannot be a key", at));
        }
        self.budget.node(at)?;
        self.budget.depth(self.stack.len().saturating_add(1), at)?;
        let bytes_before = self.bytes;
        self.bytes = self.bytes.saturating_add(size_of::<Entry>());
        let start = match kind {
            Kind::List => self.nodes.len(),
            Kind::Map { .. } => self.entries.len(),
        };
        let flow = style == StructureStyle::Flow || self.in_flow();
        self.stack.push(Frame { at, anchor, bytes_before, start, flow, kind });
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let value = match frame.kind {
            Kind::List => Value::List(self.nodes.drain(frame.start..).collect()),
            Kind::Map { .. } => Value::Map(self.entries.drain(frame.start..).collect()),
        };
        let node = Node::new(frame.at, value);
        let bytes = self.bytes.saturating_sub(frame.bytes_before);
        self.anchor(frame.anchor, &node, bytes)?;
        self.push(node)
    }

    fn anchor(&mut self, anchor: usize, node: &Node, bytes: usize) -> Result<()> {
        if anchor != 0 {
            self.budget.copy(bytes, node.at())?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), bytes });
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, at: At) -> Result<()> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(syntax("an anchor must not contain itself", at));
        };
        if self.wants_key() {
            return Err(syntax("an alias as a key is not read", at).help("write the key out"));
        }
        // go.yaml.in/yaml/v2, `merge`: an alias of a list is no list of maps.
        if self.wants_merge() && !matches!(anchored.node.value, Value::Map(_)) {
            return Err(syntax(MERGE_TAKES, at));
        }
        let bytes = anchored.bytes;
        self.budget.copy(bytes, at)?;
        self.budget.depth(self.stack.len().saturating_add(anchored.node.depth()), at)?;
        let node = anchored.node.clone();
        self.bytes = self.bytes.saturating_add(bytes);
        self.push(node)
    }

    fn document(&mut self, at: At) -> Result<()> {
        self.documents = self.documents.saturating_add(1);
        if self.documents > 1 {
            // `kubectl` splits at lines that begin with `---` and reads one document of each part.
            return Err(syntax("a second document begins without a `---` line of its own", at)
                .help("`kubectl` would drop it; put `---` on a line before it"));
        }
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<()> {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut frame.kind {
            Kind::List => self.nodes.push(node),
            Kind::Map { key, rare } => {
                let mut map = OpenMap { entries: &mut self.entries, start: frame.start, rare };
                match key.take() {
                    Some(Key::Plain(key, at)) => map.insert(key, at, node)?,
                    Some(Key::Merge(at)) => map.merge(node, at)?,
                    None => {}
                }
            }
        }
        Ok(())
    }

    fn scan_error(&self, error: &ScanError) -> Failure {
        let marker = error.marker();
        let at = self.at(marker.line(), marker.col());
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.budget.too_deep(at);
        }
        let problem = syntax(format!("not valid YAML: {}", error.info()), at);
        match help_for(error.kind()) {
            Some(help) => problem.help(help),
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

/// Memory that a scalar costs.
fn cost(node: &Node) -> usize {
    let text = node.as_str().map_or(0, str::len);
    size_of::<Entry>().saturating_add(text)
}
