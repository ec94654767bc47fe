//! JSON lines: one flow in, one decision out, in order, in constant memory.

use std::io::{self, BufRead, BufReader, Read, Write};

use mayreach::ErrorCode;
use serde::Serialize;

use crate::{Engine, FlowIn, ProblemOut};

/// No flow needs more; a line without an end must not fill the memory.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// How many rows came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Allowed.
    pub allowed: u64,
    /// Denied.
    pub denied: u64,
    /// Undetermined.
    pub undetermined: u64,
    /// Not a flow that can be asked.
    pub bad: u64,
}

/// What stands in place of a decision.
#[derive(Serialize)]
struct Bad {
    id: Option<crate::flow::Id>,
    error: ProblemOut,
}

/// Decides every line of `flows`, writing one line each. Blank lines are passed over. `name` is
/// what errors call the input. What is answered is written out before more input is awaited.
///
/// # Errors
/// Only what reading or writing fails with; a bad row is answered in its place.
pub fn stream<R: Read>(
    engine: &Engine,
    name: &str,
    flows: &mut BufReader<R>,
    out: &mut dyn Write,
) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let mut line = Vec::new();
    let mut number = 0u32;
    loop {
        line.clear();
        let whole = next_line(flows, &mut line, out)?;
        if line.is_empty() && whole == Line::End {
            return Ok(tally);
        }
        number = number.saturating_add(1);
        let text =
            if number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line) } else { &line };
        let text = text.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match row(engine, text, whole) {
            Ok(decision) => {
                match decision.verdict {
                    "allow" => tally.allowed += 1,
                    "deny" => tally.denied += 1,
                    _ => tally.undetermined += 1,
                }
                serde_json::to_writer(&mut *out, &decision)?;
            }
            Err(error) => {
                tally.bad += 1;
                let error = ProblemOut { line: Some(number), ..error.named(name) };
                serde_json::to_writer(&mut *out, &Bad { id: id_of(text), error })?;
            }
        }
        out.write_all(b"\n")?;
    }
}

fn row(engine: &Engine, text: &[u8], whole: Line) -> Result<crate::DecisionOut, ProblemOut> {
    if whole == Line::TooLong {
        let message = format!("a line of more than {LINE_BYTES_MAX} bytes");
        return Err(ProblemOut::new(ErrorCode::Limit, message));
    }
    let text = std::str::from_utf8(text)
        .map_err(|_| ProblemOut::new(ErrorCode::Syntax, "not UTF-8 text"))?;
    engine.decide(&FlowIn::from_json(text)?)
}

/// The id of a row that is wrong elsewhere, so that its asker finds it again.
fn id_of(text: &[u8]) -> Option<crate::flow::Id> {
    let row: serde_json::Value = serde_json::from_slice(text).ok()?;
    serde_json::from_value(row.get("id")?.clone()).ok()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Whole,
    End,
    TooLong,
}

/// Reads a line without keeping more than the limit of it.
fn next_line<R: Read>(
    from: &mut BufReader<R>,
    line: &mut Vec<u8>,
    out: &mut dyn Write,
) -> io::Result<Line> {
    let mut state = Line::End;
    loop {
        if from.buffer().is_empty() {
            out.flush()?;
        }
        let chunk = from.fill_buf()?;
        if chunk.is_empty() {
            return Ok(state);
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let (part, used) = match end {
            Some(end) => (chunk.get(..end).unwrap_or_default(), end + 1),
            None => (chunk, chunk.len()),
        };
        let room = LINE_BYTES_MAX.saturating_sub(line.len() as u64);
        if part.len() as u64 > room {
            state = Line::TooLong;
            line.truncate(64);
            line.resize(line.len().max(1), b' ');
        } else if state != Line::TooLong {
            line.extend_from_slice(part);
        }
        from.consume(used);
        if end.is_some() {
            return Ok(if state == Line::TooLong { state } else { Line::Whole });
        }
    }
}
