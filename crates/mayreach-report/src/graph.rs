//! Graphs: an arrow for every pair through which something may get.

use std::fmt::Write as _;

use crate::sheet::{Row, Sheet, Status};

/// A Graphviz digraph.
pub fn dot(sheet: &Sheet) -> String {
    let mut out =
        format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n", quoted(&sheet.title));
    for group in &sheet.groups {
        let _ = writeln!(out, "  {};", quoted(group));
    }
    for row in arrows(sheet) {
        let style = match row.status {
            Status::Open => "color=\"#b00020\", penwidth=2",
            Status::Allow => "color=\"#1f5fbf\"",
            _ => "style=dashed",
        };
        let (from, to, label) = (quoted(&row.from), quoted(&row.to), quoted(row.status.words()));
        let _ = writeln!(out, "  {from} -> {to} [label={label}, {style}];");
    }
    out.push_str("}\n");
    out
}

/// A Mermaid flowchart.
pub fn mermaid(sheet: &Sheet) -> String {
    let mut out = "flowchart LR\n".to_owned();
    for (index, group) in sheet.groups.iter().enumerate() {
        let _ = writeln!(out, "  g{index}[\"{}\"]", entities(group));
    }
    let index = |name: &str| sheet.groups.iter().position(|group| group == name);
    for row in arrows(sheet) {
        if let (Some(from), Some(to)) = (index(&row.from), index(&row.to)) {
            let line =
                if matches!(row.status, Status::Open | Status::Allow) { "-->" } else { "-.->" };
            let _ = writeln!(out, "  g{from} {line}|\"{}\"| g{to}", row.status.words());
        }
    }
    out
}

fn arrows(sheet: &Sheet) -> impl Iterator<Item = &Row> {
    sheet.rows.iter().filter(|row| row.status.passes())
}

/// A quoted id of the DOT language.
fn quoted(raw: &str) -> String {
    let mut out = "\"".to_owned();
    for character in raw.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            control if control.is_control() => out.push(' '),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Mermaid's own escapes: `#` and a number and `;`.
fn entities(raw: &str) -> String {
    let mut out = String::new();
    for character in raw.chars() {
        if character.is_alphanumeric() || matches!(character, '-' | '/' | '.' | ' ' | ':') {
            out.push(character);
        } else {
            let _ = write!(out, "#{};", u32::from(character));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let row = |from: &str, to: &str, status| Row {
            from: from.to_owned(),
            to: to.to_owned(),
            status,
            why: String::new(),
            at: None,
            example: None,
        };
        Sheet {
            title: "t".to_owned(),
            groups: vec!["a\"b".to_owned(), "c".to_owned()],
            rows: vec![row("a\"b", "c", Status::Open), row("c", "a\"b", Status::Isolated)],
        }
    }

    #[test]
    fn only_what_passes_is_an_arrow() {
        let shown = dot(&sheet());
        assert!(shown.contains(r#""a\"b" -> "c""#), "{shown}");
        assert!(!shown.contains(r#""c" -> "#), "{shown}");
    }

    #[test]
    fn mermaid_names_are_escaped() {
        let shown = mermaid(&sheet());
        assert!(shown.contains("g0[\"a#34;b\"]"), "{shown}");
        assert!(shown.contains("g0 -->|\"open\"| g1"), "{shown}");
    }
}
