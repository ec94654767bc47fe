//! Columns that line up, coloured or not.

use std::io::{self, Write};

use anstyle::Style;

/// One cell: text and its colour.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Its colour.
    pub style: Style,
}

impl Cell {
    /// Text in a colour.
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    /// Text without one.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Style::new())
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Writes rows with columns two blanks apart, and no blanks at the end of a line.
///
/// # Errors
/// What writing fails with.
pub fn write(out: &mut dyn Write, indent: usize, rows: &[Vec<Cell>]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(Cell::width).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let mut blanks = indent;
        for (cell, width) in row.iter().zip(&widths) {
            if !cell.text.is_empty() {
                let style = cell.style;
                write!(out, "{:blanks$}{style}{}{style:#}", "", cell.text)?;
                blanks = 0;
            }
            blanks += width.saturating_sub(cell.width()) + 2;
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let row = |cells: &[&str]| cells.iter().map(|c| Cell::plain(*c)).collect::<Vec<_>>();
        let mut out = Vec::new();
        write(&mut out, 1, &[row(&["", "b", "c"]), row(&["long", "", "✓"])]).expect("a vector");
        assert_eq!(String::from_utf8(out).expect("text"), "       b  c\n long     ✓\n");
    }
}
