//! Selector text to tokens, exactly as Calico's tokenizer cuts it.

use super::Mistake;

/// Longest label name that the tokenizer takes.
const MAX_LABEL: usize = 512;

/// A piece of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Label(&'a str),
    Text(&'a str),
    Has(&'a str),
    All,
    Global,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    Comma,
    Equal,
    NotEqual,
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
    Not,
    And,
    Or,
    End,
}

impl Token<'_> {
    /// How the token is written, for messages.
    pub(super) fn describe(self) -> String {
        let text = match self {
            Self::Label(name) => return format!("label `{name}`"),
            Self::Text(text) => return format!("text `{text}`"),
            Self::Has(name) => return format!("`has({name})`"),
            Self::End => return "the end".to_owned(),
            Self::All => "all()",
            Self::Global => "global()",
            Self::OpenBrace => "{",
            Self::CloseBrace => "}",
            Self::OpenParen => "(",
            Self::CloseParen => ")",
            Self::Comma => ",",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Contains => "contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::Not => "!",
            Self::And => "&&",
            Self::Or => "||",
        };
        format!("`{text}`")
    }
}

/// Cuts the whole text; the last token is `End`. Each comes with the bytes before it.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, Mistake> {
    let mut out: Vec<(usize, Token<'_>)> = Vec::new();
    let mut lexer = Lexer { all: text, rest: text };
    loop {
        lexer.skip_blanks();
        let at = lexer.offset();
        let after = out.last().map_or(Token::End, |(_, token)| *token);
        let token = lexer.next(after)?;
        out.push((at, token));
        if token == Token::End {
            return Ok(out);
        }
    }
}

struct Lexer<'a> {
    all: &'a str,
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    fn offset(&self) -> usize {
        self.all.len().saturating_sub(self.rest.len())
    }

    /// Only blanks and tabs separate tokens (tokenizer.go trimWhitespace); a line break does not.
    fn skip_blanks(&mut self) {
        self.rest = trimmed(self.rest);
    }

    fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn mistake(&self, message: impl Into<String>, help: Option<&'static str>) -> Mistake {
        let offset = self.all.get(..self.offset()).map_or(0, |before| before.chars().count());
        Mistake { message: message.into(), help, offset, too_deep: false }
    }

    /// The next token. `after` is the one before: behind a label only an operator can stand.
    fn next(&mut self, after: Token<'_>) -> Result<Token<'a>, Mistake> {
        const PLAIN: &[(&str, Token<'static>)] = &[
            ("(", Token::OpenParen),
            (")", Token::CloseParen),
            ("{", Token::OpenBrace),
            ("}", Token::CloseBrace),
            (",", Token::Comma),
            ("==", Token::Equal),
            ("!=", Token::NotEqual),
            ("!", Token::Not),
            ("&&", Token::And),
            ("||", Token::Or),
        ];
        if self.rest.is_empty() {
            return Ok(Token::End);
        }
        for (text, token) in PLAIN {
            if self.take(text) {
                return Ok(*token);
            }
        }
        match self.rest.as_bytes().first() {
            Some(b'"') => self.text('"'),
            Some(b'\'') => self.text('\''),
            Some(b'=') => Err(self.mistake("expected `==`", Some("equality is written `==`"))),
            Some(b'&') => Err(self.mistake("expected `&&`", Some("\"and\" is written `&&`"))),
            Some(b'|') => Err(self.mistake("expected `||`", Some("\"or\" is written `||`"))),
            _ => match after {
                Token::Label(label) => self.operator(label),
                Token::Equal | Token::NotEqual => self.operand().map_err(|mistake| Mistake {
                    help: Some("put the value in quotes"),
                    ..mistake
                }),
                _ => self.operand(),
            },
        }
    }

    /// Quoted text knows no escapes: it ends at the next quote of its kind.
    fn text(&mut self, quote: char) -> Result<Token<'a>, Mistake> {
        let inner = self.rest.strip_prefix(quote).unwrap_or(self.rest);
        let Some((text, rest)) = inner.split_once(quote) else {
            return Err(self.mistake("unterminated text", Some("close the quote")));
        };
        self.rest = rest;
        Ok(Token::Text(text))
    }

    fn operator(&mut self, label: &str) -> Result<Token<'a>, Mistake> {
        const WORDS: &[(&[&str], Token<'static>)] = &[
            (&["contains"], Token::Contains),
            (&["starts", "with"], Token::StartsWith),
            (&["ends", "with"], Token::EndsWith),
            (&["not", "in"], Token::NotIn),
            (&["in"], Token::In),
        ];
        for (words, token) in WORDS {
            if let Some(rest) = cut_words(self.rest, words) {
                self.rest = rest;
                return Ok(*token);
            }
        }
        if self.rest.starts_with(['\n', '\r']) {
            return Err(self.line_break());
        }
        let help = match label {
            "and" | "AND" => "\"and\" is written `&&`",
            "or" | "OR" => "\"or\" is written `||`",
            _ => "`==`, `!=`, `in`, `not in`, `contains`, `starts with` or `ends with`",
        };
        Err(self.mistake(format!("expected an operator after label `{label}`"), Some(help)))
    }

    fn operand(&mut self) -> Result<Token<'a>, Mistake> {
        if self.take("has(") {
            self.skip_blanks();
            let name = self.identifier()?;
            self.close("has(")?;
            return Ok(Token::Has(name));
        }
        if self.take("all(") {
            self.close("all(")?;
            return Ok(Token::All);
        }
        if self.take("global(") {
            self.close("global(")?;
            return Ok(Token::Global);
        }
        self.identifier().map(Token::Label)
    }

    fn close(&mut self, after: &str) -> Result<(), Mistake> {
        self.skip_blanks();
        if self.take(")") {
            return Ok(());
        }
        Err(self.mistake(format!("no closing `)` after `{after}`"), None))
    }

    fn identifier(&mut self) -> Result<&'a str, Mistake> {
        let end = self.rest.bytes().position(|byte| !is_label(byte)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        if name.is_empty() {
            if self.rest.starts_with(['\n', '\r']) {
                return Err(self.line_break());
            }
            return Err(self.mistake(
                "expected a label name",
                Some("label names are letters, digits and `_ . / -`, without quotes"),
            ));
        }
        if name.len() > MAX_LABEL {
            return Err(self.mistake(format!("a label name is longer than {MAX_LABEL}"), None));
        }
        self.rest = rest;
        Ok(name)
    }

    /// The commonest mistake: a YAML block (`|`) keeps its line breaks.
    fn line_break(&self) -> Mistake {
        self.mistake(
            "a selector holds no line break outside quotes",
            Some("write it on one line, or as a folded block (`>-`)"),
        )
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// Operators of words: blanks between the words are optional, and no label character may follow.
fn cut_words<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let mut rest = text;
    for word in words {
        rest = trimmed(rest.strip_prefix(word)?);
    }
    // For one word the boundary is where the word ends, for several after the blanks
    // (cutPrefixCheckBreak, cutMultiWordPrefixCheckBreak); what may follow is never a label
    // character, so only the message could differ.
    let boundary = rest.bytes().next().is_none_or(|byte| !is_label(byte));
    boundary.then_some(rest)
}

const fn is_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-')
}
