//! Who may reach whom as a table of signs, and beneath it what gets through.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use mayreach_wire::{
    MatrixOut,
    matrix::{CellOut, MayOut, PairsOut},
};

use super::{
    alike::{self, Alike, Grid},
    style::{ALLOW, BOLD, DENY, FAINT, OPEN},
    table::{self, Cell},
};

/// With more groups than this, columns are numbered and cells are signs.
const WORDS_MAX: usize = 8;
/// With more rows than this there is no table.
const TABLE_MAX: usize = 40;
/// Nor are rows alike looked for among more groups than this.
const ALIKE_MAX: usize = 256;
/// Answers listed, and lines of one.
const LISTED_MAX: usize = 60;
const LINES_MAX: usize = 8;

/// Writes the table and what gets through.
pub(crate) fn write(out: &mut dyn Write, matrix: &MatrixOut) -> io::Result<()> {
    if matrix.groups.is_empty() {
        return writeln!(out, "no workload is among the manifests");
    }
    let by = &matrix.by;
    writeln!(out, "who may reach whom, all ports and requests, by {by}: rows ask columns")?;
    let texts = Texts::new(&matrix.findings);
    if matrix.groups.len() <= ALIKE_MAX {
        table(out, matrix, &texts)?;
    }
    listed(out, matrix, &texts)
}

/// The lines of every finding; those that say the same have one number.
struct Texts {
    numbers: Vec<usize>,
    lines: Vec<Vec<String>>,
}

impl Texts {
    fn new(findings: &[MayOut]) -> Self {
        let mut known: HashMap<Vec<String>, usize> = HashMap::new();
        let mut out = Self { numbers: Vec::new(), lines: Vec::new() };
        for finding in findings {
            let lines = finding.lines();
            let next = out.lines.len();
            let number = *known.entry(lines.clone()).or_insert(next);
            if number == next {
                out.lines.push(lines);
            }
            out.numbers.push(number);
        }
        out
    }

    fn number(&self, finding: u32) -> usize {
        self.numbers.get(finding as usize).copied().unwrap_or_default()
    }

    /// What makes two cells equal.
    fn kind(&self, cell: &CellOut) -> (&'static str, Option<u64>, Vec<(usize, u64)>) {
        let mut findings: Vec<(usize, u64)> =
            cell.findings.iter().map(|f| (self.number(f.finding), f.pairs)).collect();
        findings.sort_unstable();
        (cell.verdict, cell.pairs.map(|p| p.deny), findings)
    }
}

fn table(out: &mut dyn Write, matrix: &MatrixOut, texts: &Texts) -> io::Result<()> {
    let wide = matrix.groups.len() > WORDS_MAX;
    let cells = matrix.cells.iter();
    let cells = cells.map(|cell| ((cell.from.as_str(), cell.to.as_str()), texts.kind(cell)));
    let grid = Grid::new(&matrix.groups, cells);
    let sets = grid.sets(wide);
    if sets.len() > TABLE_MAX {
        return Ok(());
    }
    writeln!(out)?;
    table::write(out, 0, &rows(matrix, &grid, &sets, wide))?;
    if wide {
        write!(out, "\n{ALLOW}✓{ALLOW:#} everything  {OPEN}~{OPEN:#} some of it  ")?;
        write!(out, "{DENY}✗{DENY:#} nothing, proved  {OPEN}?{OPEN:#} not proved")?;
        let mixed = matrix.by != "workload";
        if mixed {
            write!(out, "  {BOLD}±{BOLD:#} pairs differ")?;
        }
        writeln!(out)?;
    }
    alike::write(out, &matrix.groups, &sets)
}

fn rows(matrix: &MatrixOut, grid: &Grid, sets: &[Alike], wide: bool) -> Vec<Vec<Cell>> {
    let mut header = vec![Cell::plain("")];
    for (number, set) in sets.iter().enumerate() {
        let name = || set.name(&matrix.groups);
        let text = if wide { (number + 1).to_string() } else { name() };
        header.push(Cell::new(text, BOLD));
    }
    let mut rows = vec![header];
    for (number, set) in sets.iter().enumerate() {
        let name = set.name(&matrix.groups);
        let name = if wide { format!("{} {name}", number + 1) } else { name };
        let mut row = vec![Cell::new(name, BOLD)];
        row.extend(sets.iter().map(|to| {
            let cell = grid.cell(set, to).and_then(|index| matrix.cells.get(index));
            cell.map_or_else(|| Cell::new("·", FAINT), |cell| one(cell, wide))
        }));
        rows.push(row);
    }
    rows
}

fn one(cell: &CellOut, wide: bool) -> Cell {
    let (sign, word, style) = match cell.verdict {
        "allow" => ("✓", "all", ALLOW),
        "deny" => ("✗", "none", DENY),
        "some" => ("~", "some", OPEN),
        "not_proved" => ("?", "not proved", OPEN),
        _ => ("±", "mixed", BOLD),
    };
    Cell::new(if wide { sign.to_owned() } else { format!("{sign} {word}") }, style)
}

/// Every answer but "nothing", with the pairs that have it.
fn listed(out: &mut dyn Write, matrix: &MatrixOut, texts: &Texts) -> io::Result<()> {
    let mut pairs: Vec<Vec<String>> = vec![Vec::new(); texts.lines.len()];
    let mut order: Vec<usize> = Vec::new();
    let (mut all, mut closed) = (0, 0);
    for cell in &matrix.cells {
        let own = PairsOut { deny: u64::from(cell.verdict == "deny"), ..PairsOut::default() };
        let counts = cell.pairs.unwrap_or(own);
        closed += counts.deny;
        all += counts.deny;
        for found in &cell.findings {
            all += found.pairs;
            let number = texts.number(found.finding);
            let Some(list) = pairs.get_mut(number) else { continue };
            if list.is_empty() {
                order.push(number);
            }
            list.push(match found.pairs {
                1 => format!("{} → {}", found.from, found.to),
                more => format!("{} → {} ({more} pairs)", cell.from, cell.to),
            });
        }
    }
    if !order.is_empty() {
        writeln!(out, "\n{BOLD}what gets through{BOLD:#}")?;
    }
    for number in order.iter().take(LISTED_MAX) {
        let shown = pairs.get(*number).map(|p| few(p)).unwrap_or_default();
        writeln!(out, "  {shown}")?;
        let lines = texts.lines.get(*number).map(Vec::as_slice).unwrap_or_default();
        for line in lines.iter().take(LINES_MAX) {
            writeln!(out, "      {line}")?;
        }
        if lines.len() > LINES_MAX {
            writeln!(out, "      {FAINT}and {} lines more{FAINT:#}", lines.len() - LINES_MAX)?;
        }
    }
    if order.len() > LISTED_MAX {
        let rest = order.len() - LISTED_MAX;
        writeln!(out, "  {FAINT}and {rest} more; `--output json` has them all{FAINT:#}")?;
    }
    writeln!(out, "\nnothing gets through between {closed} of {all} pairs of workloads: proved")
}

fn few(pairs: &[String]) -> String {
    match pairs {
        [first, second, third, _, ..] => {
            format!("{first}, {second}, {third} and {} more", pairs.len() - 3)
        }
        few => few.join(", "),
    }
}
