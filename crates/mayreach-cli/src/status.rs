//! What the exit status says.

use std::process::ExitCode;

use mayreach_wire::Tally;

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// 0: allowed, or nothing was asked for.
    Allowed,
    /// 1: denied.
    Denied,
    /// 2: bad input or usage.
    Bad,
    /// 3: undetermined.
    Undetermined,
}

impl Status {
    /// The status of one verdict. A verdict nobody knows is never "allowed".
    pub(crate) fn of(verdict: &str) -> Self {
        match verdict {
            "allow" | "isolated" | "equivalent" | "ok" => Self::Allowed,
            "deny" | "open" | "different" | "wrong" => Self::Denied,
            _ => Self::Undetermined,
        }
    }

    /// The status of many: the worst, in the order bad, denied, undetermined.
    pub(crate) const fn of_all(tally: Tally) -> Self {
        match tally {
            Tally { bad: 1.., .. } => Self::Bad,
            Tally { denied: 1.., .. } => Self::Denied,
            Tally { undetermined: 1.., .. } => Self::Undetermined,
            Tally { .. } => Self::Allowed,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Allowed => 0u8,
            Status::Denied => 1,
            Status::Bad => 2,
            Status::Undetermined => 3,
        })
    }
}
