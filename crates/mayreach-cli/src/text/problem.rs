//! Problems as a compiler prints them: where, what, the line itself, and the likely fix.

use std::io::{self, Write};

use mayreach_wire::{ProblemOut, mayreach::Source};

use super::style::{BOLD, DENY, FAINT};

/// A shown line is no longer.
const LINE_CHARS_MAX: usize = 160;

/// Writes every problem.
pub(crate) fn write(
    err: &mut dyn Write,
    problems: &[ProblemOut],
    sources: &[Source],
) -> io::Result<()> {
    for problem in problems {
        one(err, problem, sources)?;
    }
    if problems.len() > 1 {
        writeln!(err, "{} errors", problems.len())?;
    }
    Ok(())
}

fn one(err: &mut dyn Write, problem: &ProblemOut, sources: &[Source]) -> io::Result<()> {
    write!(err, "{DENY}{BOLD}error:{BOLD:#}{DENY:#} ")?;
    if let Some(file) = &problem.file {
        write!(err, "{}", shown(file))?;
        for number in [problem.line, problem.column].into_iter().flatten() {
            write!(err, ":{number}")?;
        }
        write!(err, ": ")?;
    }
    if let Some(field) = &problem.field {
        write!(err, "{}: ", shown(argument(field)))?;
    }
    writeln!(err, "{}", shown(&problem.message))?;
    if let Some(line) = source_line(problem, sources) {
        snippet(err, &line, problem)?;
    }
    match &problem.help {
        Some(help) => writeln!(err, "  {FAINT}help:{FAINT:#} {}", shown(help)),
        None => Ok(()),
    }
}

/// Text of a manifest, without what a terminal would obey.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Fields of a flow that was written as arguments are called as the arguments are.
fn argument(field: &str) -> &str {
    match field {
        "source" | "source.workload" | "source.ip" | "source.service" => "--from",
        "destination" | "destination.workload" | "destination.ip" | "destination.service" => "--to",
        "port" => "--port",
        "protocol" => "--protocol",
        "icmp" => "--icmp",
        "ip_version" => "--ip-version",
        "source_port" => "--source-port",
        "http" => "--method, --path",
        "claims" => "--claims",
        "format" => "--output",
        "pod_networks" => "--pod-network",
        "enrolment" => "--enrolment",
        "plugin" => "--plugin",
        "calico_version" => "--calico-version",
        "calico_data_plane" => "--calico-data-plane",
        "calico_defaulting" => "--calico-defaulting",
        other => other,
    }
}

/// The line of a manifest that a problem names, cut to what a screen shows.
fn source_line(problem: &ProblemOut, sources: &[Source]) -> Option<String> {
    let file = problem.file.as_deref()?;
    let number = usize::try_from(problem.line?).ok()?.checked_sub(1)?;
    let source = sources.iter().find(|source| source.name() == file)?;
    let line = source.bytes().split(|byte| *byte == b'\n').nth(number)?;
    let text = String::from_utf8_lossy(line);
    let cut: String = text.trim_end().chars().take(LINE_CHARS_MAX).collect();
    Some(shown(&cut)).filter(|line| !line.trim().is_empty())
}

fn snippet(err: &mut dyn Write, line: &str, problem: &ProblemOut) -> io::Result<()> {
    let number = problem.line.unwrap_or_default().to_string();
    let width = number.len();
    writeln!(err, "  {FAINT}{number} |{FAINT:#} {line}")?;
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    let column = problem.column.and_then(|c| usize::try_from(c).ok());
    let before = column.map_or(indent, |column| column.saturating_sub(1));
    if before >= LINE_CHARS_MAX {
        return Ok(());
    }
    writeln!(err, "  {:width$} {FAINT}|{FAINT:#} {:before$}{DENY}^{DENY:#}", "", "")
}
