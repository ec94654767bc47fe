//! Tables: Markdown for a merge request, CSV for a spreadsheet.

use std::fmt::Write as _;

use crate::sheet::{Row, Sheet};

/// With more groups than this a grid is too wide to read, and only the list is written.
const GRID_MAX: usize = 20;

/// A grid of signs, then every pair through which something may get.
pub fn markdown(sheet: &Sheet) -> String {
    let mut out = format!("## {}\n", text(&sheet.title));
    if sheet.groups.len() <= GRID_MAX {
        grid(&mut out, sheet);
    }
    let through: Vec<&Row> = sheet.rows.iter().filter(|row| row.status.passes()).collect();
    let closed = sheet.rows.len() - through.len();
    if through.is_empty() {
        let _ = write!(out, "\nNothing gets through: all {closed} pairs are closed.\n");
        return out;
    }
    out.push_str("\n| from | to | | why | at | example |\n|---|---|---|---|---|---|\n");
    for row in through {
        let at = row.at.as_deref().unwrap_or_default();
        let example = row.example.as_deref().unwrap_or_default();
        let cells = [&row.from, &row.to, row.status.words(), &row.why, at, example];
        let _ = writeln!(out, "| {} |", cells.map(text).join(" | "));
    }
    if closed > 0 {
        let word = if closed == 1 { "other pair is" } else { "other pairs are" };
        let _ = write!(out, "\nThe {closed} {word} closed.\n");
    }
    out
}

fn grid(out: &mut String, sheet: &Sheet) {
    let _ = write!(out, "\n| |");
    for group in &sheet.groups {
        let _ = write!(out, " {} |", text(group));
    }
    let _ = write!(out, "\n|---|{}\n", "---|".repeat(sheet.groups.len()));
    for from in &sheet.groups {
        let _ = write!(out, "| **{}** |", text(from));
        for to in &sheet.groups {
            let found = sheet.rows.iter().find(|row| row.from == *from && row.to == *to);
            let _ = write!(out, " {} |", found.map_or("·", |row| row.status.sign()));
        }
        out.push('\n');
    }
}

/// Text that Markdown and the HTML around it take for text.
pub(crate) fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(character);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}

/// One line a pair, with a header.
///
/// # Errors
/// None that memory does not make.
pub fn csv(sheet: &Sheet) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |line: [&str; 6]| writer.write_record(line.map(cell)).map_err(said);
    write(["from", "to", "status", "why", "at", "example"])?;
    for row in &sheet.rows {
        let at = row.at.as_deref().unwrap_or_default();
        let example = row.example.as_deref().unwrap_or_default();
        write([&row.from, &row.to, row.status.as_str(), &row.why, at, example])?;
    }
    let bytes = writer.into_inner().map_err(said)?;
    String::from_utf8(bytes).map_err(said)
}

/// A spreadsheet runs a cell that begins like a formula: such a cell gets a quote in front.
pub(crate) fn cell(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;

    fn sheet(from: &str, status: Status) -> Sheet {
        let row = Row {
            from: from.to_owned(),
            to: "b".to_owned(),
            status,
            why: "because".to_owned(),
            at: Some("a.yaml:3".to_owned()),
            example: None,
        };
        Sheet {
            title: "T".to_owned(),
            groups: vec![from.to_owned(), "b".to_owned()],
            rows: vec![row],
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        let shown = markdown(&sheet("<script>|`x`", Status::Open));
        assert!(!shown.contains("<script>"), "{shown}");
        assert!(shown.contains(r"&lt;script&gt;\|\`x\`"), "{shown}");
    }

    #[test]
    fn a_formula_is_quoted() {
        let shown = csv(&sheet("=1+1", Status::Deny)).unwrap_or_default();
        assert_eq!(shown.lines().nth(1), Some("'=1+1,b,deny,because,a.yaml:3,"));
    }

    #[test]
    fn closed_pairs_are_counted() {
        assert!(markdown(&sheet("a", Status::Isolated)).contains("all 1 pairs are closed"));
    }
}
