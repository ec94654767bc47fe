//! Tokens to a tree: `||` binds weakest, then `&&`, then `!` (parser.go).

use super::{
    Expression, Mistake, Operator,
    token::{Token, tokens},
};

/// How deep parentheses may nest. Calico has no limit but the length of the field.
const MAX_DEPTH: usize = 128;

/// Reads a selector; an empty one is `all()`.
///
/// # Errors
/// The first mistake, where Calico's own parser stops.
pub(in crate::kinds::calico) fn parse(text: &str) -> Result<Expression, Mistake> {
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens: &tokens, depth: 0 };
    if parser.peek() == Token::End {
        return Ok(Expression::All);
    }
    let expression = parser.either()?;
    match parser.peek() {
        Token::End => Ok(expression),
        token => Err(parser.mistake(
            format!("unexpected {} after the end of the selector", token.describe()),
            Some("join conditions with `&&` or `||`"),
        )),
    }
}

struct Parser<'t, 'a> {
    text: &'a str,
    tokens: &'t [(usize, Token<'a>)],
    depth: usize,
}

impl<'a> Parser<'_, 'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens.first().map_or(Token::End, |(_, token)| *token)
    }

    fn advance(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    fn take(&mut self, token: Token<'_>) -> bool {
        let found = self.peek() == token;
        if found {
            self.advance();
        }
        found
    }

    fn mistake(&self, message: impl Into<String>, help: Option<&'static str>) -> Mistake {
        let at = self.tokens.first().map_or(self.text.len(), |(at, _)| *at);
        let offset = self.text.get(..at).map_or(0, |before| before.chars().count());
        Mistake { message: message.into(), help, offset, too_deep: false }
    }

    fn either(&mut self) -> Result<Expression, Mistake> {
        let mut parts = vec![self.both()?];
        while self.take(Token::Or) {
            parts.push(self.both()?);
        }
        Ok(one_or(parts, Expression::Or))
    }

    fn both(&mut self) -> Result<Expression, Mistake> {
        let mut parts = vec![self.operation()?];
        while self.take(Token::And) {
            parts.push(self.operation()?);
        }
        Ok(one_or(parts, Expression::And))
    }

    /// `!` before a comparison negates all of it; an even number of them is none.
    fn operation(&mut self) -> Result<Expression, Mistake> {
        let mut negated = false;
        while self.take(Token::Not) {
            negated = !negated;
        }
        let operand = self.operand()?;
        Ok(if negated { Expression::Not(Box::new(operand)) } else { operand })
    }

    fn operand(&mut self) -> Result<Expression, Mistake> {
        let found = self.peek();
        let simple = match found {
            Token::All => Expression::All,
            Token::Global => Expression::Global,
            Token::Has(label) => Expression::Has(label.to_owned()),
            Token::OpenParen => return self.parentheses(),
            Token::Label(label) => {
                self.advance();
                return self.comparison(label);
            }
            other => {
                let message = format!("expected a condition, found {}", other.describe());
                return Err(self.mistake(message, None));
            }
        };
        self.advance();
        Ok(simple)
    }

    fn parentheses(&mut self) -> Result<Expression, Mistake> {
        if self.depth == MAX_DEPTH {
            let message = format!("parentheses nest deeper than {MAX_DEPTH}");
            return Err(Mistake { too_deep: true, ..self.mistake(message, None) });
        }
        self.advance();
        self.depth += 1;
        let inner = self.either()?;
        self.depth -= 1;
        if self.take(Token::CloseParen) {
            return Ok(inner);
        }
        let message = format!("expected `)`, found {}", self.peek().describe());
        Err(self.mistake(message, None))
    }

    fn comparison(&mut self, label: &str) -> Result<Expression, Mistake> {
        let operator = match self.peek() {
            Token::Equal => Operator::Equal,
            Token::NotEqual => Operator::NotEqual,
            Token::Contains => Operator::Contains,
            Token::StartsWith => Operator::StartsWith,
            Token::EndsWith => Operator::EndsWith,
            Token::In => return self.set(label, true),
            Token::NotIn => return self.set(label, false),
            other => {
                let help = match (label, other) {
                    ("has" | "all" | "global", Token::OpenParen) => {
                        Some("no blank may stand before the parenthesis")
                    }
                    _ => None,
                };
                let message = format!(
                    "expected an operator after label `{label}`, found {}",
                    other.describe()
                );
                return Err(self.mistake(message, help));
            }
        };
        self.advance();
        let Token::Text(text) = self.peek() else {
            let message = format!("expected quoted text, found {}", self.peek().describe());
            return Err(self.mistake(message, Some("put the value in quotes")));
        };
        self.advance();
        Ok(Expression::Compare { label: label.to_owned(), operator, text: text.to_owned() })
    }

    /// `{'a', 'b'}`, also empty or with a comma at its end. Sorted, without duplicates.
    fn set(&mut self, label: &str, inside: bool) -> Result<Expression, Mistake> {
        self.advance();
        if !self.take(Token::OpenBrace) {
            let message = format!("expected a set, found {}", self.peek().describe());
            return Err(self.mistake(message, Some("sets are written `{'a', 'b'}`")));
        }
        let mut values = Vec::new();
        while let Token::Text(value) = self.peek() {
            self.advance();
            values.push(value.to_owned());
            if !self.take(Token::Comma) {
                break;
            }
        }
        if !self.take(Token::CloseBrace) {
            let message = format!("expected `}}`, found {}", self.peek().describe());
            return Err(self.mistake(message, None));
        }
        values.sort_unstable();
        values.dedup();
        Ok(Expression::Set { label: label.to_owned(), inside, values })
    }
}

/// A list of one is its only element.
fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            many(parts)
        }
        (None, _) => many(parts),
    }
}
