//! Sources to documents: which part is JSON, where YAML documents begin and end, lists opened.

#[cfg(test)]
mod tests;

use super::{
    Document, Limits, Node, Source, Value,
    budget::{self, Budget},
    fail::{Failure, Result, syntax},
    json, list,
    node::At,
    text, yaml,
};
use crate::error::{ErrorCode, Problem, SourceId};

/// Reads every object of every source. Nothing is half-loaded: one problem anywhere, and all
/// problems come back instead.
pub(crate) fn read(
    sources: &[Source],
    limits: &Limits,
) -> std::result::Result<Vec<Document>, Vec<Problem>> {
    let mut budget = Budget::new(limits);
    let mut reading = Reading { documents: Vec::new(), problems: Vec::new(), stopped: false };
    let mut total = 0_usize;
    for (index, source) in sources.iter().enumerate() {
        let id = SourceId(u32::try_from(index).unwrap_or(u32::MAX));
        total = total.saturating_add(source.bytes.len());
        if let Err(failure) = sizes(source, total, limits) {
            reading.fail(failure, id, source);
            break;
        }
        reading.source(source, id, &mut budget);
        if reading.stopped {
            break;
        }
    }
    if reading.problems.is_empty() { Ok(reading.documents) } else { Err(reading.problems) }
}

/// The source as a whole.
const NOWHERE: At = At { line: 0, column: 0 };

fn sizes(source: &Source, total: usize, limits: &Limits) -> Result<()> {
    let size = source.bytes.len();
    if size > limits.source_bytes {
        let message = format!("the text has {size} bytes, more than {}", limits.source_bytes);
        return Err(budget::reached(message, "source_bytes", NOWHERE));
    }
    if total > limits.total_bytes {
        let message = format!("all texts together have more than {} bytes", limits.total_bytes);
        return Err(budget::reached(message, "total_bytes", NOWHERE));
    }
    Ok(())
}

/// What has been read so far.
struct Reading {
    documents: Vec<Document>,
    problems: Vec<Problem>,
    /// A limit over all sources is reached: going on would only repeat it.
    stopped: bool,
}

impl Reading {
    fn fail(&mut self, failure: Failure, id: SourceId, source: &Source) {
        self.stopped |= failure.code() == ErrorCode::Limit;
        self.problems.push(failure.of(id, &source.name));
    }

    fn source(&mut self, source: &Source, id: SourceId, budget: &mut Budget<'_>) {
        let mut found = false;
        let mut each = |this: &mut Self, part: Result<Option<Node>>, budget: &mut Budget<'_>| {
            let part = match part {
                Ok(None | Some(Node { value: Value::Null, .. })) => return,
                Ok(Some(node)) => list::open(node, id, budget, &mut this.documents),
                Err(failure) => Err(failure),
            };
            found = true;
            if let Err(failure) = part {
                this.fail(failure, id, source);
            }
        };
        match text::decode(&source.bytes) {
            Ok(text) => walk(text, budget, &mut |part, budget| each(self, part, budget)),
            Err(failure) => each(self, Err(failure), budget),
        }
        if !found {
            let failure = Failure::new(ErrorCode::Empty, "no object is written here", NOWHERE)
                .help("remove the file, or write a Kubernetes object into it");
            self.fail(failure, id, source);
        }
    }
}

/// Every document of one text, whatever it is; the first failure ends it.
pub(super) fn documents(source: &Source, budget: &mut Budget<'_>) -> Result<Vec<Node>> {
    sizes(source, source.bytes.len(), budget.limits)?;
    let mut found: Result<Vec<Node>> = Ok(Vec::new());
    walk(text::decode(&source.bytes)?, budget, &mut |part, _| match (&mut found, part) {
        (Ok(all), Ok(node)) => all.extend(node),
        (Ok(_), Err(failure)) => found = Err(failure),
        (Err(_), _) => {}
    });
    found
}

type Each<'f> = &'f mut dyn FnMut(Result<Option<Node>>, &mut Budget<'_>);

/// Hands every document of a text to `each`. As in `kubectl` (`YAMLOrJSONDecoder`), text that
/// begins with `{` is JSON values one after the other; where that fails at the first or second
/// value, the rest is YAML.
fn walk(text: &str, budget: &mut Budget<'_>, each: Each<'_>) {
    // Behind a byte-order mark, JSON is read as YAML, which it is too.
    if let Some(text) = text.strip_prefix('\u{FEFF}') {
        return yaml_parts(text, 1, budget, each);
    }
    if !text.trim_start().starts_with('{') {
        return yaml_parts(text, 1, budget, each);
    }
    let mut reader = json::Reader::new(text);
    let mut count = 0_usize;
    loop {
        let (rest, line) = reader.rest();
        match reader.next(budget) {
            Ok(None) => return,
            Ok(node) => {
                count = count.saturating_add(1);
                each(Ok(node), budget);
            }
            Err(failure) if count > 1 || failure.code() != ErrorCode::Syntax => {
                return each(Err(failure), budget);
            }
            Err(failure) => return yaml_instead(rest, line, failure, budget, each),
        }
    }
}

/// Reads text as YAML that began like JSON. If it is not YAML either, and its first key stands
/// in double quotes, what JSON found wrong with it says more.
fn yaml_instead(
    text: &str,
    line: u32,
    json_failure: Failure,
    budget: &mut Budget<'_>,
    each: Each<'_>,
) {
    let quoted = text.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'));
    let mut better = quoted.then_some(json_failure);
    yaml_parts(text, line, budget, &mut |part, budget| {
        let better = better.take();
        each(part.map_err(|failure| better.unwrap_or(failure)), budget);
    });
}

/// Hands every YAML document to `each`. As in `kubectl` (`YAMLReader`), documents are split at
/// lines that begin with `---` before any YAML is read.
fn yaml_parts(text: &str, first_line: u32, budget: &mut Budget<'_>, each: Each<'_>) {
    let mut line = first_line;
    let mut rest = text;
    // Whether `kubectl` has nothing of the next document yet. A separator in front of nothing
    // becomes part of the document behind it.
    let mut fresh = true;
    loop {
        let (part, next) = split(rest);
        // Files that are joined bring their byte-order marks along.
        let body = if fresh { part.strip_prefix('\u{FEFF}').unwrap_or(part) } else { part };
        each(yaml_part(body, next.is_none(), line, budget), budget);
        line = line.saturating_add(text::line_feeds(part));
        fresh = !(fresh && part.is_empty());
        let Some(next) = next else { return };
        let (separator, after) = next.split_once('\n').unwrap_or((next, ""));
        if let Err(failure) = check_separator(separator, line) {
            each(Err(failure), budget);
        }
        line = line.saturating_add(1);
        rest = after;
    }
}

/// Reads what stands between two separators.
fn yaml_part(part: &str, last: bool, line: u32, budget: &mut Budget<'_>) -> Result<Option<Node>> {
    text::check(part, line)?;
    let read = if last && !part.is_empty() && !part.ends_with('\n') {
        // `kubectl` ends the last line, and a block scalar may keep that end.
        yaml::read(&format!("{part}\n"), line, budget)
    } else {
        yaml::read(part, line, budget)
    };
    read.map_err(|failure| {
        if failure.code() == ErrorCode::Syntax && part.contains("{{") {
            return failure.help("`{{` makes it a template: render it first (`helm template`)");
        }
        failure
    })
}

/// Text up to the next line that begins with `---`, and from there.
fn split(text: &str) -> (&str, Option<&str>) {
    let place = if text.starts_with("---") { Some(0) } else { text.find("\n---").map(|at| at + 1) };
    match place.and_then(|place| text.split_at_checked(place)) {
        Some((part, next)) => (part, Some(next)),
        None => (text, None),
    }
}

/// `kubectl` takes nothing but a comment behind `---`.
fn check_separator(line_text: &str, line: u32) -> Result<()> {
    let after = line_text.strip_prefix("---").unwrap_or(line_text);
    let trimmed = after.trim();
    if trimmed.is_empty() || (trimmed.starts_with('#') && !after.starts_with('#')) {
        return Ok(());
    }
    Err(syntax("text stands behind `---` on the same line", At { line, column: 4 })
        .help("`kubectl` refuses this; begin the document on the next line"))
}
