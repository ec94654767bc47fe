//! Text for people: what a tired engineer understands at once.

mod alike;
pub(crate) mod declared;
pub(crate) mod difference;
pub(crate) mod isolation;
pub(crate) mod matrix;
pub(crate) mod reach;
pub mod style;
pub mod table;

use std::io::{self, Write};

use mayreach_wire::LayerOut;

use self::style::FAINT;

/// Letters of a line that every terminal has room for.
const WIDTH: usize = 80;

/// What decided, and where it is written: on the same line if there is room.
fn decided(out: &mut dyn Write, indent: usize, when: &str, layer: &LayerOut) -> io::Result<()> {
    let said = format!("{when}{}: {}", layer.layer, layer.words());
    write!(out, "{:indent$}{FAINT}{said}", "")?;
    if let Some(at) = &layer.reason.at {
        if indent + said.chars().count() + 2 + at.chars().count() <= WIDTH {
            write!(out, "  {at}")?;
        } else {
            write!(out, "\n{:indent$}  {at}", "")?;
        }
    }
    writeln!(out, "{FAINT:#}")
}
