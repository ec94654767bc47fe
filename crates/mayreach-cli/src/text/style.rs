//! Colours and signs. Colours vanish where nobody sees them; the signs stay.

use anstyle::{AnsiColor, Style};

pub(crate) const ALLOW: Style = AnsiColor::Green.on_default();
pub(crate) const DENY: Style = AnsiColor::Red.on_default();
pub(crate) const OPEN: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const BOLD: Style = Style::new().bold();

/// Sign and colour of a verdict.
pub(crate) fn verdict(verdict: &str) -> (&'static str, Style) {
    match verdict {
        "allow" => ("✓", ALLOW),
        "deny" => ("✗", DENY),
        _ => ("?", OPEN),
    }
}

/// The word of a verdict, as the first line shouts it.
pub(crate) fn headline(verdict: &str) -> &'static str {
    match verdict {
        "allow" => "ALLOWED",
        "deny" => "DENIED",
        _ => "UNDETERMINED",
    }
}
