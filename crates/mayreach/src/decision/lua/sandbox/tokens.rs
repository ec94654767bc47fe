//! The words of a Lua script.

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'s> {
    Name(&'s str),
    /// A string or a number.
    Literal,
    /// One character of punctuation; `==` and its like are [`Token::Compare`].
    Mark(char),
    Compare,
}

/// The words of a script.
///
/// # Errors
/// What Lua 5.1 reads in another way than `LuaJIT`, or not at all.
pub(super) fn tokens(script: &str) -> Result<Vec<Token<'_>>, String> {
    let mut out = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            c if c.is_ascii_whitespace() => (None, 1),
            '-' if rest.starts_with("--") => (None, comment(rest)?),
            '[' => match long(rest) {
                Some(length) => (Some(Token::Literal), length?),
                None => (Some(Token::Mark('[')), 1),
            },
            '"' | '\'' => (Some(Token::Literal), quoted(rest, first)?),
            c if c.is_ascii_alphabetic() || c == '_' => {
                let length = span(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                (rest.get(..length).map(Token::Name), length)
            }
            c if c.is_ascii_digit() => {
                // `1..2` is no number either way.
                let length = span(rest, |c| c.is_ascii_alphanumeric() || c == '.');
                (Some(Token::Literal), length)
            }
            _ if ["==", "~=", "<=", ">="].iter().any(|op| rest.starts_with(op)) => {
                (Some(Token::Compare), 2)
            }
            c => (Some(Token::Mark(c)), c.len_utf8()),
        };
        out.extend(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(out)
}

fn span(text: &str, part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !part(c)).unwrap_or(text.len())
}

/// Length of a comment.
fn comment(text: &str) -> Result<usize, String> {
    let body = text.get(2..).unwrap_or_default();
    match long(body) {
        Some(length) => length.map(|l| l + 2),
        None => Ok(text.find('\n').unwrap_or(text.len())),
    }
}

/// Length of `[[…]]` or `[==[…]==]`, if the text begins with one.
fn long(text: &str) -> Option<Result<usize, String>> {
    let level = span(text.strip_prefix('[')?, |c| c == '=');
    text.get(level + 1..)?.strip_prefix('[')?;
    let end = format!("]{}]", "=".repeat(level));
    let found = text.find(&end).map(|at| at + end.len());
    Some(found.ok_or_else(|| "the script does not load: a long bracket is not closed".to_owned()))
}

/// Length of a quoted string. `LuaJIT` knows the escapes of Lua 5.2 and takes strings with zeros
/// through its patterns; Lua 5.1 does neither.
fn quoted(text: &str, quote: char) -> Result<usize, String> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Ok(at + 1),
            '\n' => break,
            '\\' => match chars.next() {
                Some((_, c)) if c.is_ascii_digit() => {
                    let mut value = c.to_digit(10).unwrap_or_default();
                    for _ in 0..2 {
                        let Some(digit) = chars.peek().and_then(|(_, c)| c.to_digit(10)) else {
                            break;
                        };
                        value = value * 10 + digit;
                        chars.next();
                    }
                    if value == 0 {
                        return Err("the script has a zero in a string".to_owned());
                    }
                }
                Some((_, 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '"' | '\'' | '\n')) => {}
                Some((_, c)) => {
                    return Err(format!("the script has the escape `\\{c}` in a string"));
                }
                None => break,
            },
            _ => {}
        }
    }
    Err("the script does not load: a string is not closed".to_owned())
}
