//! Notes at load: a line, or all of them.

use std::io::{self, Write};

use mayreach_wire::NoteOut;

use super::style::FAINT;

/// One line that counts the notes by code, or all notes.
pub(crate) fn at_load(err: &mut dyn Write, notes: &[NoteOut], all: bool) -> io::Result<()> {
    if all {
        for note in notes {
            writeln!(err, "note[{}]: {note}", note.code)?;
        }
        return Ok(());
    }
    if notes.is_empty() {
        return Ok(());
    }
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for note in notes {
        match counts.iter_mut().find(|(code, _)| *code == note.code) {
            Some((_, count)) => *count += 1,
            None => counts.push((note.code, 1)),
        }
    }
    let counts: Vec<String> =
        counts.iter().map(|(code, n)| format!("{n} {}", code.replace('_', " "))).collect();
    let noun = if notes.len() == 1 { "note" } else { "notes" };
    writeln!(
        err,
        "{FAINT}{} {noun} on the manifests ({}); --notes shows them{FAINT:#}",
        notes.len(),
        counts.join(", ")
    )
}
