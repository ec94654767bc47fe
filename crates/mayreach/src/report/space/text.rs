//! Which combinations of patterns a text can match, with a shortest text for each: the patterns run
//! side by side over every text, letter by letter (a product automaton), and what no pattern can
//! tell apart is one letter.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use crate::{
    decision::matching::pchar,
    model::authz::{Matcher, TemplatePart, TextMatch},
};

/// No set of texts needs more; beyond it the classes are not known.
const STATES_MAX: usize = 50_000;
const PATTERNS_MAX: usize = 64;

/// Texts that match the same patterns, and one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextClass {
    /// Bit `n`: pattern `n` matches.
    pub(super) mask: u64,
    pub(super) witness: String,
}

/// Which texts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text: claims.
    Any,
    /// A header value or a name in TLS: no line feed, no blank at either end.
    Line,
    /// A host, read in small letters.
    Host,
    /// A path as filters see it, `?` and query included where `query` says so.
    Path { canonical: bool, merged: bool, query: bool },
}

/// One pattern over a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Text(TextMatch),
    Template(Vec<TemplatePart>),
    /// A pattern of the whole target, query included (header `:path`).
    Target(TextMatch),
    /// Pieces one after the other.
    Pieces(Vec<Piece>),
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// Anything, or nothing.
    Any,
    /// Anything but nothing.
    Some,
}

impl Pattern {
    pub(super) fn of(matcher: &Matcher) -> Option<Self> {
        match matcher {
            Matcher::Text(text) => Some(Self::Text(text.clone())),
            Matcher::PathTemplate(parts) => Some(Self::Template(parts.clone())),
            _ => None,
        }
    }
}

/// Every class that some text is in, shortest witnesses first.
///
/// `None`: there are more states than are looked at.
pub(super) fn classes(patterns: &[Pattern], kind: Kind) -> Option<Vec<TextClass>> {
    classes_after("", patterns, kind)
}

/// The same of texts that begin with one, which the witnesses leave out.
pub(super) fn classes_after(
    prefix: &str,
    patterns: &[Pattern],
    kind: Kind,
) -> Option<Vec<TextClass>> {
    if patterns.len() > PATTERNS_MAX {
        return None;
    }
    let machines: Vec<Machine> = patterns.iter().map(Machine::new).collect();
    let letters = letters(patterns, kind);
    let begin = |machine: &Machine| {
        prefix.bytes().fold(machine.start(), |state, letter| machine.step(&state, letter, false))
    };
    let start = State { guard: Guard::Start, parts: machines.iter().map(begin).collect() };
    let mut seen: HashSet<State> = HashSet::new();
    let mut found: BTreeMap<u64, String> = BTreeMap::new();
    let mut queue: VecDeque<(State, String)> = VecDeque::new();
    seen.insert(start.clone());
    queue.push_back((start, String::new()));
    while let Some((state, text)) = queue.pop_front() {
        if state.guard.may_end(kind) {
            let mask = mask(&machines, &state);
            found.entry(mask).or_insert_with(|| text.clone());
        }
        for letter in &letters {
            let Some(guard) = state.guard.next(*letter, kind) else { continue };
            let query = matches!(guard, Guard::Query);
            let parts = machines.iter().zip(&state.parts);
            let next =
                State { guard, parts: parts.map(|(m, s)| m.step(s, *letter, query)).collect() };
            if seen.contains(&next) {
                continue;
            }
            if seen.len() >= STATES_MAX {
                return None;
            }
            seen.insert(next.clone());
            let mut longer = text.clone();
            longer.push(char::from(*letter));
            queue.push_back((next, longer));
        }
    }
    let mut out: Vec<TextClass> =
        found.into_iter().map(|(mask, witness)| TextClass { mask, witness }).collect();
    out.sort_by_key(|class| class.witness.len());
    Some(out)
}

fn mask(machines: &[Machine], state: &State) -> u64 {
    let each = machines.iter().zip(&state.parts).enumerate();
    each.fold(0, |mask, (n, (machine, part))| mask | u64::from(machine.accepts(part)) << n)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    guard: Guard,
    parts: Vec<u128>,
}

/// What a text of its kind may look like, so that no witness is one that the engine rewrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Guard {
    /// Nothing read yet.
    Start,
    /// Right behind a slash.
    Slash,
    /// A segment that is `.` so far.
    Dot,
    /// A segment that is `..` so far.
    Dots,
    /// Anything else.
    Name,
    /// The last letter was a blank.
    Blank,
    Query,
}

impl Guard {
    fn next(self, letter: u8, kind: Kind) -> Option<Self> {
        match kind {
            Kind::Any => Some(Self::Name),
            Kind::Line | Kind::Host => match (self, letter) {
                (Self::Start, b' ') => None,
                (_, b' ') => Some(Self::Blank),
                _ => Some(Self::Name),
            },
            Kind::Path { canonical, merged, query } => {
                if self == Self::Start {
                    return (letter == b'/').then_some(Self::Slash);
                }
                if self == Self::Query {
                    return Some(Self::Query);
                }
                // What filters see is normal already: no dot segments, no parameters of them.
                let dots = canonical && matches!(self, Self::Dot | Self::Dots);
                match letter {
                    b'?' if query && !dots => Some(Self::Query),
                    b'?' => None,
                    b'/' if dots || (merged && self == Self::Slash) => None,
                    b'/' => Some(Self::Slash),
                    b';' if dots => None,
                    b'.' if self == Self::Slash => Some(Self::Dot),
                    b'.' if self == Self::Dot => Some(Self::Dots),
                    _ => Some(Self::Name),
                }
            }
        }
    }

    fn may_end(self, kind: Kind) -> bool {
        match kind {
            Kind::Any => true,
            Kind::Line => self != Self::Blank,
            // Nobody is called by no name.
            Kind::Host => !matches!(self, Self::Blank | Self::Start),
            Kind::Path { canonical, .. } => match self {
                Self::Start => false,
                Self::Dot | Self::Dots => !canonical,
                _ => true,
            },
        }
    }
}

/// One pattern as an automaton; a state is a number or a set of places as bits.
enum Machine {
    /// Never matches, or is too long to run.
    Never,
    Always,
    NonEmpty,
    /// The state is how much has been read, or `DEAD`.
    Exact(Vec<u8>),
    Prefix(Vec<u8>),
    /// The state is the longest border (Knuth, Morris, Pratt).
    Suffix(Vec<u8>, Vec<usize>),
    /// The state is the set of places.
    Template(Vec<Token>),
    Whole(Box<Machine>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// One or more characters of a segment.
    One,
    /// Any number of characters, slashes included.
    Many,
    /// Any one character.
    Each,
    /// Any number of any characters.
    All,
}

const DEAD: u128 = u128::MAX;

impl Machine {
    fn new(pattern: &Pattern) -> Self {
        let text = match pattern {
            Pattern::Template(parts) => return Self::template(parts),
            Pattern::Pieces(pieces) => return Self::pieces(pieces),
            Pattern::Target(text) => {
                let inner = Self::new(&Pattern::Text(text.clone()));
                return Self::Whole(Box::new(inner));
            }
            Pattern::Text(text) => text,
        };
        let bytes = |v: &String| v.clone().into_bytes();
        let small = |v: &String| v.to_ascii_lowercase().into_bytes();
        match text {
            TextMatch::Present => Self::Always,
            TextMatch::NonEmpty => Self::NonEmpty,
            TextMatch::Exact(v) => Self::Exact(bytes(v)),
            TextMatch::Prefix(v) => Self::Prefix(bytes(v)),
            TextMatch::Suffix(v) => Self::suffix(bytes(v)),
            TextMatch::ExactFold(v) => Self::Exact(small(v)),
            TextMatch::PrefixFold(v) => Self::Prefix(small(v)),
            TextMatch::SuffixFold(v) => Self::suffix(small(v)),
        }
    }

    fn suffix(text: Vec<u8>) -> Self {
        let mut borders = vec![0usize; text.len() + 1];
        let mut border = 0;
        for at in 1..text.len() {
            while border > 0 && text.get(at) != text.get(border) {
                border = borders.get(border).copied().unwrap_or(0);
            }
            if text.get(at) == text.get(border) {
                border += 1;
            }
            if let Some(place) = borders.get_mut(at + 1) {
                *place = border;
            }
        }
        Self::Suffix(text, borders)
    }

    fn template(parts: &[TemplatePart]) -> Self {
        let mut tokens = Vec::new();
        for part in parts {
            match part {
                TemplatePart::Literal(text) => tokens.extend(text.bytes().map(Token::Byte)),
                TemplatePart::One => tokens.push(Token::One),
                TemplatePart::Many => tokens.push(Token::Many),
            }
        }
        if tokens.len() > 120 { Self::Never } else { Self::Template(tokens) }
    }

    fn pieces(pieces: &[Piece]) -> Self {
        let mut tokens = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => tokens.extend(text.bytes().map(Token::Byte)),
                Piece::Any => tokens.push(Token::All),
                Piece::Some => tokens.extend([Token::Each, Token::All]),
            }
        }
        if tokens.len() > 120 { Self::Never } else { Self::Template(tokens) }
    }

    fn start(&self) -> u128 {
        match self {
            // The first may read nothing.
            Self::Template(tokens) => close(tokens, 1),
            Self::Whole(inner) => inner.start(),
            _ => 0,
        }
    }

    fn step(&self, state: &u128, letter: u8, query: bool) -> u128 {
        let state = *state;
        match self {
            Self::Whole(inner) => inner.step(&state, letter, false),
            // The bare path ends where the query begins.
            _ if query => state,
            Self::Never | Self::Always => 0,
            Self::NonEmpty => {
                if letter == b'\n' {
                    2
                } else {
                    state.max(1)
                }
            }
            Self::Prefix(text) if state == text.len() as u128 => state,
            Self::Exact(text) | Self::Prefix(text) => read(text, state, letter).unwrap_or(DEAD),
            Self::Suffix(text, borders) => {
                let mut at = usize::try_from(state).unwrap_or(0);
                loop {
                    if text.get(at) == Some(&letter) {
                        return at as u128 + 1;
                    }
                    if at == 0 {
                        return 0;
                    }
                    at = borders.get(at).copied().unwrap_or(0);
                }
            }
            Self::Template(tokens) => {
                let mut next = 0u128;
                for (at, token) in tokens.iter().enumerate() {
                    if state >> at & 1 == 0 {
                        continue;
                    }
                    match token {
                        Token::Byte(b) if *b == letter => next |= 1 << (at + 1),
                        // Read one and stay for more, or go on.
                        Token::One if pchar(letter) => next |= 1 << at | 1 << (at + 1),
                        Token::Many if pchar(letter) || letter == b'/' => next |= 1 << at,
                        Token::Each => next |= 1 << (at + 1),
                        Token::All => next |= 1 << at,
                        _ => {}
                    }
                }
                close(tokens, next)
            }
        }
    }

    fn accepts(&self, state: &u128) -> bool {
        let state = *state;
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::NonEmpty => state == 1,
            Self::Exact(text) | Self::Prefix(text) | Self::Suffix(text, _) => {
                state == text.len() as u128
            }
            Self::Template(tokens) => state >> tokens.len() & 1 == 1,
            Self::Whole(inner) => inner.accepts(&state),
        }
    }
}

fn read(text: &[u8], state: u128, letter: u8) -> Option<u128> {
    let at = usize::try_from(state).ok()?;
    (text.get(at) == Some(&letter)).then_some(state + 1)
}

/// `{**}` may read nothing, nor need `.*`.
fn close(tokens: &[Token], state: u128) -> u128 {
    let mut state = state;
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token, Token::Many | Token::All) && state >> at & 1 == 1 {
            state |= 1 << (at + 1);
        }
    }
    state
}

/// Every letter of the patterns, and one for all others; the plainest first, for witnesses that a
/// person can read.
fn letters(patterns: &[Pattern], kind: Kind) -> Vec<u8> {
    let mut all: BTreeSet<u8> = BTreeSet::new();
    let mut templates = false;
    let mut nonempty = false;
    for pattern in patterns {
        match pattern {
            Pattern::Template(parts) => {
                templates = true;
                for part in parts {
                    if let TemplatePart::Literal(text) = part {
                        all.extend(text.bytes());
                    }
                }
            }
            Pattern::Pieces(pieces) => {
                for piece in pieces {
                    if let Piece::Text(text) = piece {
                        all.extend(text.bytes());
                    }
                }
            }
            Pattern::Text(text) | Pattern::Target(text) => {
                nonempty |= *text == TextMatch::NonEmpty;
                all.extend(literal(text).bytes());
            }
        }
    }
    if kind == Kind::Host {
        all = all.iter().map(u8::to_ascii_lowercase).collect();
    }
    let other = (b'a'..=b'z').rev().chain(b'0'..=b'9').chain(b'A'..=b'Z');
    let other = std::iter::once(b'x').chain(other).find(|b| !all.contains(b));
    match kind {
        Kind::Path { canonical, query, .. } => {
            all.insert(b'/');
            // Of the characters that no template operator takes, one speaks for all.
            if templates {
                all.insert(b'[');
            }
            if query {
                all.insert(b'?');
            }
            let rewritten = |b: &u8| canonical && b"\\\"<>^`{|}".contains(b);
            all.retain(|b| b.is_ascii_graphic() && *b != b'#' && !rewritten(b));
            if !query {
                all.remove(&b'?');
            }
        }
        Kind::Any if nonempty => {
            all.insert(b'\n');
        }
        Kind::Line | Kind::Host => all.retain(|b| !b.is_ascii_control()),
        Kind::Any => {}
    }
    // A text is whole characters: bytes of longer ones would make none.
    all.retain(u8::is_ascii);
    let mut out: Vec<u8> = other.into_iter().chain(all).collect();
    out.sort_by_key(|b| (!b.is_ascii_alphanumeric(), *b));
    out
}

/// Whether a pattern has letters of which witnesses cannot be made here.
pub(super) fn unreadable(pattern: &Pattern) -> bool {
    let odd = |text: &str| !text.is_ascii();
    match pattern {
        Pattern::Text(text) | Pattern::Target(text) => odd(literal(text)),
        Pattern::Pieces(pieces) => {
            let long = pieces.iter().map(|p| match p {
                Piece::Text(text) => text.len(),
                Piece::Any | Piece::Some => 2,
            });
            long.sum::<usize>() > 120
                || pieces.iter().any(|p| matches!(p, Piece::Text(t) if odd(t)))
        }
        Pattern::Template(parts) => {
            let long = parts.iter().map(|p| match p {
                TemplatePart::Literal(text) => text.len(),
                TemplatePart::One | TemplatePart::Many => 1,
            });
            long.sum::<usize>() > 120
                || parts.iter().any(|p| matches!(p, TemplatePart::Literal(t) if odd(t)))
        }
    }
}

fn literal(text: &TextMatch) -> &str {
    match text {
        TextMatch::Present | TextMatch::NonEmpty => "",
        TextMatch::Exact(t)
        | TextMatch::Prefix(t)
        | TextMatch::Suffix(t)
        | TextMatch::ExactFold(t)
        | TextMatch::PrefixFold(t)
        | TextMatch::SuffixFold(t) => t,
    }
}
