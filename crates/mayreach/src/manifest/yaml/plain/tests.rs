//! The usual form is read as the parser reads it, and no other form is.

use super::*;
use crate::manifest::budget::Budget;

/// What the parser reads, if it reads anything.
fn parsed(text: &str) -> Option<Node> {
    let limits = Limits::default();
    super::super::by_events(text, 7, &mut Budget::new(&limits)).ok().flatten()
}

fn plain(text: &str) -> Option<Node> {
    read(text, 7, &Limits::default())
}

const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    x.io/y: \"1\"\n# said\nspec:\n  containers:\n  - name: c\n    ports:\n    - containerPort: 80\n    args: []\n\n  - name: d\n  host: 'a b'\n  list:\n    - /api/v1/*\n    - 10.0.0.0/8\n";

#[test]
fn the_usual_form_is_read_here_with_the_same_places() {
    assert!(plain(MANIFEST).is_some());
    assert_eq!(plain(MANIFEST), parsed(MANIFEST));
}

#[test]
fn other_forms_are_left_to_the_parser() {
    for text in [
        "",
        "a",
        "a:",
        "a: |\n  x\n",
        "a: &b c\n",
        "a: *b\n",
        "a: b: c\n",
        "a: b #c\n",
        "a: 'it''s'\n",
        "a: \"\\n\"\n",
        "a: b\n  c\n",
        "a:\n- - b\n",
        "a: 1\na: 2\n",
        "yes: 1\n",
        "a: {b: c}\n",
        "a:\tb\n",
        "a: \u{e9}\n",
        "- a\n b: c\n",
        "a: .inf\n",
        "? a\n",
        " a: b\n",
        "a: !!str b\n",
    ] {
        assert_eq!(plain(text), None, "{text:?}");
    }
}

/// A small deterministic source of choices (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const INDENTS: &[&str] = &["", "", "  ", "  ", "    ", " ", "      "];
const DASHES: &[&str] = &["", "", "", "", "- ", "- ", "-", "-  ", "- - ", "# "];
const KEYS: &[&str] = &[
    "a: ", "a: ", "b: ", "c: ", "a:", "b:", "x/y.z: ", "yes: ", "1: ", "", "", "a:  ", "'k': ",
    "-a: ", ".a: ", "a :", "_a: ", "<<: ",
];
const VALUES: &[&str] = &[
    "",
    "",
    "",
    "v",
    "w",
    "1",
    "0777",
    "1_0",
    "true",
    "no",
    "~",
    "\"q\"",
    "'s t'",
    "'it''s'",
    "\"a\\n\"",
    "[]",
    "{}",
    "[x, y]",
    "{a: b}",
    "v w",
    "v: w",
    "v:w",
    "v:",
    "v #c",
    "v#c",
    "*",
    "*a",
    "a*",
    "&a b",
    "|",
    ">-",
    "-1",
    "- 1",
    "10.0.0.0/8",
    "1.5e3",
    ".5",
    "..",
    "...",
    "/x/*",
    "v ",
    "!t v",
    "@v",
    "a@b",
    "a, b",
    "(a)",
    "%x",
    "\u{e9}",
    "\t",
    "\"a\" b",
    "\"a\"b\"",
    "'",
    "\"",
    "=",
    "a=",
    "<<",
    "?",
    "a?",
    "\"\"",
    "''",
    "'a\"b'",
    "a'b",
    "0x",
    "+1",
    "1e400",
    "- a",
    "[] ",
    "{}x",
];

fn lines(d: &mut Dice) -> String {
    let count = 1 + d.roll(6);
    let all = (0..count).map(|_| {
        let parts = [INDENTS, DASHES, KEYS, VALUES].map(|from| d.pick(from));
        parts.concat() + "\n"
    });
    all.collect()
}

/// A manifest with a few bytes of it changed, doubled or gone.
fn mutated(d: &mut Dice) -> String {
    let mut bytes = MANIFEST.as_bytes().to_vec();
    for _ in 0..=d.roll(3) {
        let at = d.roll(bytes.len());
        let others = b" -:#\n\"'a1{}[]|&*?.,";
        let other = others[d.roll(others.len())];
        match d.roll(3) {
            0 => bytes[at] = other,
            1 => bytes.insert(at, other),
            _ => drop(bytes.remove(at)),
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_read_here_the_parser_reads_alike() {
    let mut d = Dice(1);
    let mut here = 0;
    for turn in 0..30_000 {
        let text = if turn % 3 == 0 { mutated(&mut d) } else { lines(&mut d) };
        if let Some(node) = plain(&text) {
            here += 1;
            assert_eq!(Some(node), parsed(&text), "{text:?}");
        }
    }
    assert!(here > 1_000, "{here}");
}
