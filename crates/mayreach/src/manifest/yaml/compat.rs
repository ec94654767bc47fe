//! Text that YAML 1.2 and go.yaml.in/yaml/v2, with which `kubectl` reads, understand in two ways.
//!
//! Whatever `kubectl` would refuse or read otherwise is refused here, so that nobody is told
//! about a policy that the cluster never had.

use granit_parser::{ScalarStyle, Span};

use crate::manifest::{
    fail::{Result, syntax},
    node::{At, shorten},
};

/// The text of one document, for looking around a token.
pub(super) struct Surroundings<'t> {
    text: &'t str,
    has_tabs: bool,
}

/// A scalar as it is written.
#[derive(Clone, Copy)]
pub(super) struct Written<'s> {
    pub(super) text: &'s str,
    pub(super) style: ScalarStyle,
    pub(super) tagged: bool,
    /// Between brackets.
    pub(super) flow: bool,
    pub(super) key: bool,
}

impl<'t> Surroundings<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, has_tabs: text.contains('\t') }
    }

    /// Checks a scalar.
    pub(super) fn scalar(&self, written: Written<'_>, span: &Span, at: At) -> Result<()> {
        if written.key {
            self.key(written.flow, span, at)?;
        }
        match written.style {
            ScalarStyle::Plain if written.flow => self.plain_in_flow(written, span, at),
            ScalarStyle::DoubleQuoted => self.escapes(span, at),
            ScalarStyle::Literal | ScalarStyle::Folded => block(written.text, at),
            _ => Ok(()),
        }
    }

    fn after(&self, span: &Span) -> &'t str {
        span.end.byte_offset().and_then(|end| self.text.get(end..)).unwrap_or_default()
    }

    /// go.yaml.in/yaml/v2 wants a key and its `:` on one line, between brackets too.
    fn key(&self, flow: bool, span: &Span, at: At) -> Result<()> {
        let after = self.after(span);
        let parted = || {
            let rest = after.trim_start_matches([' ', '\t']);
            rest.starts_with(['\r', '\n']) && rest.trim_start().starts_with(':')
        };
        if span.start.line() == span.end.line() && !(flow && parted()) {
            return Ok(());
        }
        Err(syntax("a key and its `:` stand on different lines", at)
            .help("write the key on one line"))
    }

    /// Between brackets, go.yaml.in/yaml/v2 ends plain text at `?`, takes `a:` whole where a
    /// bracket or comma follows, and reads a tag on to the next space.
    fn plain_in_flow(&self, written: Written<'_>, span: &Span, at: At) -> Result<()> {
        let text = written.text;
        let colon = self
            .after(span)
            .strip_prefix(':')
            .is_some_and(|rest| rest.starts_with([',', '[', ']', '{', '}']));
        let empty_tag = written.tagged && text.is_empty();
        if !colon && !empty_tag && !text.starts_with(':') && !text.contains('?') {
            return Ok(());
        }
        Err(syntax("this plain text between brackets is not read the same way everywhere", at)
            .help("put it in quotes"))
    }

    /// YAML 1.1 knows neither `\/` nor pairs of surrogates.
    fn escapes(&self, span: &Span, at: At) -> Result<()> {
        let Some(written) = span.slice(self.text) else { return Ok(()) };
        let mut rest = written;
        while let Some((_, escape)) = rest.split_once('\\') {
            let mut characters = escape.chars();
            match characters.next() {
                Some('/') => {
                    return Err(syntax("`kubectl` does not read the escape `\\/` in YAML", at)
                        .help("write `/`"));
                }
                Some('u')
                    if matches!(
                        escape.as_bytes(),
                        [_, b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..]
                    ) =>
                {
                    return Err(syntax("`kubectl` reads no surrogate pairs in YAML", at)
                        .help("write the character itself, or `\\U` and eight digits"));
                }
                _ => rest = characters.as_str(),
            }
        }
        Ok(())
    }

    /// go.yaml.in/yaml/v2 takes no tab where a block key or item may begin.
    pub(super) fn token(&self, span: &Span, flow: bool, at: At) -> Result<()> {
        if !self.has_tabs || flow {
            return Ok(());
        }
        let before = span.start.byte_offset().and_then(|start| self.text.get(..start));
        let Some(before) = before else { return Ok(()) };
        let left = before.trim_end_matches([' ', '\t']);
        let blank = before.get(left.len()..).unwrap_or_default();
        let indents = left.is_empty() || left.ends_with(['\n', '-', '?']);
        if indents && blank.contains('\t') {
            return Err(
                syntax("a tab stands in the indentation", at).help("indent with spaces, not tabs")
            );
        }
        Ok(())
    }
}

/// go.yaml.in/yaml/v2 takes no tab while it finds out how far a block scalar is indented.
fn block(text: &str, at: At) -> Result<()> {
    if !text.trim_start_matches('\n').starts_with('\t') {
        return Ok(());
    }
    Err(syntax("the text of a block begins with a tab", at).help("put it in double quotes"))
}

/// go.yaml.in/yaml/v2 ends the name at any other character, YAML 1.2 reads on.
pub(super) fn anchor(name: &str, at: At) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.bytes().all(plain) {
        return Ok(());
    }
    Err(syntax(format!("`&{}` is not a valid anchor", shorten(name)), at)
        .help("an anchor has letters, digits, `_` and `-`"))
}
