//! Bytes to text: encoding, byte-order mark, and the characters YAML does not allow.

use std::str;

use super::{
    fail::{Result, syntax},
    node::At,
};

/// Checks that bytes are UTF-8 text.
pub(super) fn decode(bytes: &[u8]) -> Result<&str> {
    let wrong = |message: &str, offset: usize| {
        syntax(message, At { line: line_of(bytes, offset), column: 0 })
    };
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(wrong("the text is UTF-16", 0).help("save it as UTF-8"));
    }
    if bytes.contains(&0) {
        let offset = bytes.iter().take_while(|&&byte| byte != 0).count();
        return Err(wrong("the text holds a NUL byte; it looks like a binary file", offset));
    }
    str::from_utf8(bytes).map_err(|error| {
        wrong("the text is not UTF-8", error.valid_up_to()).help("save it as UTF-8")
    })
}

/// The line, from 1, of a byte offset.
fn line_of(bytes: &[u8], offset: usize) -> u32 {
    let breaks = bytes.iter().take(offset).filter(|&&byte| byte == b'\n').count();
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}

/// Checks that text holds no character that go.yaml.in/yaml/v2 refuses
/// (`yaml_parser_update_buffer`) or takes for a line break where YAML 1.2 does not. `first_line`
/// is where the text begins.
pub(super) fn check(text: &str, first_line: u32) -> Result<()> {
    // Nearly all text is plain ASCII; look closer only where it is not.
    if !text.as_bytes().chunks(256).any(has_suspicious) {
        return Ok(());
    }
    let mut line = first_line;
    for text in text.split('\n') {
        let text = text.strip_suffix('\r').unwrap_or(text);
        if has_suspicious(text.as_bytes()) {
            check_line(text, line)?;
        }
        line = line.saturating_add(1);
    }
    Ok(())
}

fn check_line(text: &str, line: u32) -> Result<()> {
    let mut column = 0_u32;
    for character in text.chars() {
        column = column.saturating_add(1);
        if let Some(what) = refused(character) {
            let message = format!("the text holds {what}, which YAML does not allow here");
            return Err(syntax(message, At { line, column })
                .help("in double quotes, write it as an escape"));
        }
    }
    Ok(())
}

/// Whether a byte is neither printable ASCII nor a tab or line feed. Looks at all bytes, so that
/// the compiler can take many at once: it runs over every byte of every source.
fn has_suspicious(bytes: &[u8]) -> bool {
    let suspicious = |byte: u8| !matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    bytes.iter().fold(false, |found, &byte| found | suspicious(byte))
}

/// How many line feeds there are.
pub(super) fn line_feeds(text: &str) -> u32 {
    // Sums that fit a byte let the compiler count many bytes at once.
    let add = |sum: u8, &byte: &u8| sum.wrapping_add(u8::from(byte == b'\n'));
    let of = |chunk: &[u8]| chunk.iter().fold(0_u8, add);
    text.as_bytes().chunks(255).fold(0_u32, |sum, chunk| sum.saturating_add(of(chunk).into()))
}

fn refused(character: char) -> Option<&'static str> {
    match character {
        // YAML 1.1 breaks lines at these, YAML 1.2 does not.
        '\r' => Some("a carriage return without a line feed"),
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some("a Unicode line separator"),
        '\u{FEFF}' => Some("a byte-order mark inside the text"),
        '\t' | ' '..='~' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'.. => None,
        _ => Some("a control character"),
    }
}
