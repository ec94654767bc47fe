//! Who may reach whom on declared ports, as a table, and beneath it what its words leave out.

use std::io::{self, Write};

use mayreach_wire::declared::{AnswerOut, DeclaredCellOut as CellOut, DeclaredOut};

use super::{
    alike::{self, Alike, Grid},
    style::{ALLOW, BOLD, DENY, FAINT, OPEN},
    table::{self, Cell},
};

/// With more groups than this, columns are numbered and cells are signs.
const WORDS_MAX: usize = 8;

/// Writes the table and its legend.
pub(crate) fn write(out: &mut dyn Write, matrix: &DeclaredOut) -> io::Result<()> {
    if matrix.groups.is_empty() {
        return writeln!(out, "no workload is among the manifests");
    }
    let wide = matrix.groups.len() > WORDS_MAX;
    let cells = matrix.cells.iter().enumerate();
    let grid = Grid::new(&matrix.groups, cells.map(|(n, c)| ((&*c.from, &*c.to), kind(n, c))));
    let sets = grid.sets(wide);
    writeln!(out, "who may reach whom on declared ports, by {}: rows ask columns\n", matrix.by)?;
    table::write(out, 0, &rows(matrix, &grid, &sets, wide))?;
    if wide {
        write!(out, "\n{ALLOW}✓{ALLOW:#} allow  {DENY}✗{DENY:#} deny  ")?;
        writeln!(out, "{OPEN}?{OPEN:#} depends on the request  {BOLD}±{BOLD:#} mixed")?;
    }
    let cells: Vec<&CellOut> = shown_cells(matrix, &grid, &sets).flatten().collect();
    legend(out, &cells, "depends")?;
    legend(out, &cells, "mixed")?;
    alike::write(out, &matrix.groups, &sets)
}

/// What makes two cells equal. A mixed cell is like another only port by port.
type Kind<'m> = (&'static str, &'m [&'static str], Vec<Port<'m>>, Option<usize>);
type Port<'m> = (Option<u16>, &'m str, &'static str, &'m [&'static str]);

fn kind(index: usize, cell: &CellOut) -> Kind<'_> {
    let (mut ports, mut alone) = (Vec::new(), None);
    if cell.verdict == "mixed" {
        let answers = cell.answers.iter();
        ports.extend(answers.map(|a| (a.port, a.protocol.as_str(), a.verdict, &*a.depends_on)));
        // Without the answers nobody knows what it mixes.
        alone = ports.is_empty().then_some(index);
    }
    (cell.verdict, &cell.depends_on, ports, alone)
}

/// The cells of the table, row by row.
fn shown_cells<'m>(
    matrix: &'m DeclaredOut,
    grid: &'m Grid,
    sets: &'m [Alike],
) -> impl Iterator<Item = Option<&'m CellOut>> {
    let pairs = sets.iter().flat_map(move |from| sets.iter().map(move |to| (from, to)));
    pairs.map(|(from, to)| grid.cell(from, to).and_then(|index| matrix.cells.get(index)))
}

fn rows(matrix: &DeclaredOut, grid: &Grid, sets: &[Alike], wide: bool) -> Vec<Vec<Cell>> {
    let mut header = vec![Cell::plain("")];
    for (number, set) in sets.iter().enumerate() {
        let text = if wide { (number + 1).to_string() } else { set.name(&matrix.groups) };
        header.push(Cell::new(text, BOLD));
    }
    let mut rows = vec![header];
    let mut cells = shown_cells(matrix, grid, sets);
    for (number, set) in sets.iter().enumerate() {
        let name = set.name(&matrix.groups);
        let name = if wide { format!("{} {name}", number + 1) } else { name };
        let mut row = vec![Cell::new(name, BOLD)];
        for cell in cells.by_ref().take(sets.len()) {
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
fn legend(out: &mut dyn Write, cells: &[&CellOut], verdict: &str) -> io::Result<()> {
    let mut rows = Vec::new();
    for cell in cells.iter().filter(|cell| cell.verdict == verdict) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_mix_unknown_answers_are_never_alike() {
        let mixed = CellOut {
            from: "a".into(),
            to: "b".into(),
            verdict: "mixed",
            allow: 1,
            deny: 1,
            depends: 0,
            depends_on: Vec::new(),
            examples: Vec::new(),
            answers: Vec::new(),
        };
        assert_ne!(kind(0, &mixed), kind(1, &mixed));
        let deny = CellOut { verdict: "deny", ..mixed };
        assert_eq!(kind(0, &deny), kind(1, &deny));
    }
}
