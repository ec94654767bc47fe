//! Colours and signs. Colours vanish where nobody sees them; the signs stay.

use anstyle::{AnsiColor, Style};

/// What gets through.
pub const ALLOW: Style = AnsiColor::Green.on_default();
/// What is stopped.
pub const DENY: Style = AnsiColor::Red.on_default();
/// What is not known.
pub const OPEN: Style = AnsiColor::Yellow.on_default();
/// What stands beside.
pub const FAINT: Style = Style::new().dimmed();
/// What stands out.
pub const BOLD: Style = Style::new().bold();

/// Sign and colour of a verdict.
pub fn verdict(verdict: &str) -> (&'static str, Style) {
    match verdict {
        "allow" => ("✓", ALLOW),
        "deny" => ("✗", DENY),
        _ => ("?", OPEN),
    }
}

/// The word of a verdict, as the first line shouts it.
pub fn headline(verdict: &str) -> &'static str {
    match verdict {
        "allow" => "ALLOWED",
        "deny" => "DENIED",
        _ => "UNDETERMINED",
    }
}
