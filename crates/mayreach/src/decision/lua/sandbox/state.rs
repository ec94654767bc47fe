//! Whether a script can keep something from one request to the next.
//!
//! Envoy loads a script once for each of its threads, so what it keeps depends on earlier requests,
//! and so may the answer. What may keep is not evaluated: the check errs to that side.

use std::collections::BTreeSet;

use super::tokens::Token;

/// What encloses a word.
enum Open<'s> {
    Brace,
    Block,
    /// Its parameters and locals.
    Function(BTreeSet<&'s str>),
}

/// One walk over the words.
#[derive(Default)]
struct Walk<'s> {
    open: Vec<Open<'s>>,
    /// Declared outside every function.
    shared: BTreeSet<&'s str>,
    /// Loading makes a table or calls something, so functions may share a table.
    makes: bool,
    /// A function writes into a table, or to a variable of an enclosing function.
    writes: bool,
    keeps: Option<&'s str>,
}

/// Why a script may keep something, if it may.
pub(super) fn keeps(tokens: &[Token<'_>]) -> Option<String> {
    let mut walk = Walk::default();
    for at in 0..tokens.len() {
        walk.step(tokens, at);
    }
    let Walk { makes, writes, keeps, .. } = walk;
    match keeps {
        Some(name) => Some(format!("the script keeps `{name}` from request to request")),
        None if makes && writes => {
            Some("the script may keep a table from request to request".to_owned())
        }
        None => None,
    }
}

fn word<'s>(tokens: &[Token<'s>], at: Option<usize>) -> Option<Token<'s>> {
    at.and_then(|at| tokens.get(at)).copied()
}

impl<'s> Walk<'s> {
    fn inside(&self) -> bool {
        self.open.iter().any(|o| matches!(o, Open::Function(_)))
    }

    fn step(&mut self, tokens: &[Token<'s>], at: usize) {
        let before = word(tokens, at.checked_sub(1));
        match word(tokens, Some(at)) {
            Some(Token::Name(name)) => self.name(tokens, at, name, before),
            Some(Token::Mark('{')) => {
                self.makes |= !self.inside();
                self.open.push(Open::Brace);
            }
            Some(Token::Mark('}')) => {
                self.open.pop();
            }
            Some(Token::Mark('(') | Token::Literal) if !self.inside() => {
                let called = match before {
                    Some(Token::Name(name)) => !KEYWORDS.contains(&name),
                    Some(Token::Mark(')' | ']')) => true,
                    _ => false,
                };
                self.makes |= called;
            }
            Some(Token::Mark('=')) => self.assign(tokens, at),
            _ => {}
        }
    }

    fn name(&mut self, tokens: &[Token<'s>], at: usize, name: &'s str, before: Option<Token<'s>>) {
        // A field or a method.
        let part = matches!(before, Some(Token::Mark('.' | ':')));
        match name {
            "function" if !part => {
                let parameters = parameters(tokens, at);
                if let (Some(Token::Name("local")), Some(Token::Name(own))) =
                    (before, word(tokens, Some(at + 1)))
                {
                    self.declare(own);
                }
                self.open.push(Open::Function(parameters));
            }
            "do" | "if" | "repeat" if !part => self.open.push(Open::Block),
            "end" | "until" if !part => {
                self.open.pop();
            }
            "local" | "for" if !part => {
                for declared in names(tokens, at + 1) {
                    self.declare(declared);
                }
            }
            "insert" | "remove" | "sort" | "rawset" | "setmetatable"
                if !matches!(before, Some(Token::Mark(':'))) =>
            {
                self.writes |= self.inside() || !called(tokens, at);
            }
            _ => {}
        }
    }

    fn declare(&mut self, name: &'s str) {
        let own = self.open.iter_mut().rev().find_map(|o| match o {
            Open::Function(locals) => Some(locals),
            Open::Brace | Open::Block => None,
        });
        own.unwrap_or(&mut self.shared).insert(name);
    }

    /// `a, b.c, d[e] = …` in a function.
    fn assign(&mut self, tokens: &[Token<'s>], at: usize) {
        // Fields of a constructor, or not in a function at all.
        if matches!(self.open.last(), Some(Open::Brace)) || !self.inside() {
            return;
        }
        let mut targets = Vec::new();
        let mut end = at;
        loop {
            let back = |n: usize| word(tokens, end.checked_sub(n));
            match (back(1), back(2)) {
                (Some(Token::Name(_)), Some(Token::Mark('.'))) | (Some(Token::Mark(']')), _) => {
                    self.writes = true;
                    break;
                }
                // A declaration.
                (Some(Token::Name(_)), Some(Token::Name("local" | "for"))) => return,
                (Some(Token::Name(name)), Some(Token::Mark(','))) => {
                    targets.push(name);
                    end -= 2;
                }
                (Some(Token::Name(name)), _) => {
                    targets.push(name);
                    break;
                }
                _ => break,
            }
        }
        for target in targets {
            self.write(target);
        }
    }

    fn write(&mut self, name: &'s str) {
        let mut functions = self.open.iter().rev().filter_map(|o| match o {
            Open::Function(locals) => Some(locals),
            Open::Brace | Open::Block => None,
        });
        if functions.next().is_some_and(|own| own.contains(name)) {
            return;
        }
        if functions.any(|outer| outer.contains(name)) {
            self.writes = true;
        } else if self.shared.contains(name) {
            self.keeps = self.keeps.or(Some(name));
        }
    }
}

/// Names that a bracket or a string may follow without a call.
const KEYWORDS: &[&str] = &[
    "and", "do", "else", "elseif", "end", "for", "function", "if", "in", "local", "not", "or",
    "repeat", "return", "then", "until", "while",
];

fn called(tokens: &[Token<'_>], at: usize) -> bool {
    matches!(word(tokens, Some(at + 1)), Some(Token::Mark('(')))
}

/// `a, b, c` from here on.
fn names<'s>(tokens: &[Token<'s>], from: usize) -> Vec<&'s str> {
    let mut out = Vec::new();
    let mut at = from;
    while let Some(Token::Name(name)) = word(tokens, Some(at)) {
        if name == "function" {
            break;
        }
        out.push(name);
        if word(tokens, Some(at + 1)) != Some(Token::Mark(',')) {
            break;
        }
        at += 2;
    }
    out
}

/// The parameters of the function whose keyword stands at `at`.
fn parameters<'s>(tokens: &[Token<'s>], at: usize) -> BTreeSet<&'s str> {
    let named = |t: &&Token<'_>| matches!(t, Token::Name(_) | Token::Mark('.' | ':'));
    let name = tokens.iter().skip(at + 1).take_while(named).count();
    let mut found: BTreeSet<&str> = names(tokens, at + name + 2).into_iter().collect();
    found.insert("self");
    found
}
