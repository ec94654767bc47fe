//! Pairs of workloads that network policy treats alike.

use super::{
    Ends, Fast,
    seats::{Kind, Seat},
};
use crate::{
    compiled::rows,
    decision::Verdict,
    model::{Protocol, WorkloadId},
};

/// All that network policy tells one workload from another by, but for its address.
pub(crate) type Alike = (Option<rows::Alike>, Option<(Kind, u8)>);

impl Fast<'_> {
    /// Workloads of the same kind have the same cells.
    pub(crate) fn kind(&self, workload: WorkloadId) -> Alike {
        let seat = self.seats.of(workload).map(|(Seat { kind, open, .. }, _)| (*kind, *open));
        (self.rows.alike(workload.0), seat)
    }

    /// What network policy says of two workloads and of all pairs of their kinds; `None`: each pair
    /// has to be asked. The two are taken for different ones.
    pub(crate) fn alike(&self, ends: Ends, protocol: Protocol) -> Option<Verdict> {
        if ends.port == 0 {
            return None;
        }
        self.straight(ends)?;
        let allowed = self.rows.alike_allowed(ends.from.0, ends.to.0, protocol, ends.port)?;
        Some(if allowed { Verdict::Allow } else { Verdict::Deny })
    }
}
