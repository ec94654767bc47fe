//! Bytes to text: encoding, byte-order mark, and the characters YAML does not allow.

use std::str;

use crate::error::{ErrorCode, Problem};

/// Checks that bytes are UTF-8 text, and drops a byte-order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, Box<Problem>> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(syntax("the text is UTF-16").help("save it as UTF-8").into());
    }
    if bytes.contains(&0) {
        return Err(syntax("the text holds a NUL byte; it looks like a binary file").into());
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    str::from_utf8(bytes).map_err(|error| {
        let line = line_of(bytes, error.valid_up_to());
        let mut problem = syntax("the text is not UTF-8").help("save it as UTF-8");
        problem.line = line;
        Box::new(problem)
    })
}

fn syntax(message: &str) -> Problem {
    Problem::new(ErrorCode::Syntax, message)
}

/// The line, from 1, of a byte offset.
fn line_of(bytes: &[u8], offset: usize) -> u32 {
    let breaks = bytes.iter().take(offset).filter(|&&byte| byte == b'\n').count();
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}

/// Finds the first character that YAML, as `kubectl` reads it, does not allow or reads in
/// another way than YAML 1.2 does. Returns line, column and what is wrong.
pub(super) fn forbidden(text: &str) -> Option<(u32, u32, &'static str)> {
    // Nearly all text is plain ASCII without carriage returns; look closer only at lines that
    // are not.
    let suspicious = |byte: u8| byte >= 0x7F || (byte < 0x20 && byte != b'\n' && byte != b'\t');
    if !text.bytes().any(suspicious) {
        return None;
    }
    let mut line = 0_u32;
    for text in text.split('\n') {
        line = line.saturating_add(1);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if !text.bytes().any(suspicious) {
            continue;
        }
        let mut column = 0_u32;
        for character in text.chars() {
            column = column.saturating_add(1);
            if let Some(what) = refused(character) {
                return Some((line, column, what));
            }
        }
    }
    None
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
