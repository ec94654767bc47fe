//! The matrix as a table, and beneath it what its words leave out.

use std::io::{self, Write};

use mayreach_wire::{
    MatrixOut,
    matrix::{AnswerOut, CellOut},
};

use super::{
    style::{ALLOW, BOLD, DENY, FAINT, OPEN},
    table::{self, Cell},
};

/// With more groups than this, columns are numbered and cells are signs.
const WORDS_MAX: usize = 8;

/// Writes the table and its legend.
pub(crate) fn write(out: &mut dyn Write, matrix: &MatrixOut) -> io::Result<()> {
    if matrix.groups.is_empty() {
        return writeln!(out, "no workload is among the manifests");
    }
    let wide = matrix.groups.len() > WORDS_MAX;
    writeln!(out, "who may reach whom, by {}: rows ask columns\n", matrix.by)?;
    table::write(out, 0, &rows(matrix, wide))?;
    if wide {
        write!(out, "\n{ALLOW}✓{ALLOW:#} allow  {DENY}✗{DENY:#} deny  ")?;
        writeln!(out, "{OPEN}?{OPEN:#} depends on the request  {BOLD}±{BOLD:#} mixed")?;
    }
    legend(out, matrix, "depends")?;
    legend(out, matrix, "mixed")
}

fn rows(matrix: &MatrixOut, wide: bool) -> Vec<Vec<Cell>> {
    let mut header = vec![Cell::plain("")];
    for (number, group) in matrix.groups.iter().enumerate() {
        let text = if wide { (number + 1).to_string() } else { group.clone() };
        header.push(Cell::new(text, BOLD));
    }
    let mut rows = vec![header];
    let mut cells = matrix.cells.iter().peekable();
    for (number, from) in matrix.groups.iter().enumerate() {
        let name = if wide { format!("{} {from}", number + 1) } else { from.clone() };
        let mut row = vec![Cell::new(name, BOLD)];
        for to in &matrix.groups {
            // Cells come row by row, and leave out pairs with nothing to ask.
            let cell = cells.next_if(|cell| cell.from == *from && cell.to == *to);
            row.push(cell.map_or_else(|| Cell::new("·", FAINT), |cell| one(cell, wide)));
        }
        rows.push(row);
    }
    rows
}

fn one(cell: &CellOut, wide: bool) -> Cell {
    let (sign, style) = match cell.verdict {
        "allow" => ("✓", ALLOW),
        "deny" => ("✗", DENY),
        "depends" => ("?", OPEN),
        _ => ("±", BOLD),
    };
    let text = if wide { sign.to_owned() } else { format!("{sign} {}", cell.verdict) };
    Cell::new(text, style)
}

/// What cells of one verdict hold.
fn legend(out: &mut dyn Write, matrix: &MatrixOut, verdict: &str) -> io::Result<()> {
    let mut rows = Vec::new();
    for cell in matrix.cells.iter().filter(|cell| cell.verdict == verdict) {
        let pair = Cell::plain(format!("{} → {}", cell.from, cell.to));
        if verdict == "depends" {
            rows.push(vec![pair, Cell::new(format!("on {}", on(cell)), OPEN)]);
            continue;
        }
        let counts = [
            (cell.allow, "allowed", "allow", ALLOW),
            (cell.deny, "denied", "deny", DENY),
            (cell.depends, "depend", "depends", OPEN),
        ];
        let mut first = Some(pair);
        for (count, word, verdict, style) in counts.into_iter().filter(|(count, ..)| *count > 0) {
            let example = cell.examples.iter().find(|example| example.verdict == verdict);
            let on = if verdict == "depends" { format!(" on {}", on(cell)) } else { String::new() };
            rows.push(vec![
                first.take().unwrap_or_default(),
                Cell::new(format!("{count} {word}"), style),
                Cell::new(example.map_or_else(String::new, shown) + &on, FAINT),
            ]);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let title = if verdict == "depends" { "depends on the request" } else { "mixed, one of each" };
    writeln!(out, "\n{BOLD}{title}{BOLD:#}")?;
    table::write(out, 2, &rows)
}

fn on(cell: &CellOut) -> String {
    cell.depends_on.join(", ")
}

fn shown(answer: &AnswerOut) -> String {
    let port = answer.port.map_or_else(|| "any port".into(), |port| port.to_string());
    format!("{} → {} {port}/{}", answer.from, answer.to, answer.protocol)
}
