//! Pairs of workloads that network policy treats alike.

use super::{Ends, Fast, seats::Kind};
use crate::{
    compiled::rows::{self, Packet},
    decision::Verdict,
    model::{Protocol, WorkloadId},
};

/// All that network policy tells one workload from another by, but for its address.
pub(crate) type Alike = Option<(rows::Alike, Kind, u8)>;

impl Fast<'_> {
    /// Workloads of the same kind have the same cells.
    pub(crate) fn kind(&self, workload: WorkloadId) -> Alike {
        let spot = self.seats.doors.spot(workload)?;
        Some((spot.network.alike(), spot.kind, spot.open))
    }

    /// What network policy says of two workloads and of all pairs of their kinds; `None`: each pair
    /// has to be asked. The two are taken for different ones.
    pub(crate) fn alike(&self, ends: Ends, protocol: Protocol) -> Option<Verdict> {
        if ends.port == 0 {
            return None;
        }
        self.straight(ends)?;
        let doors = &self.seats.doors;
        let [from, to] =
            [doors.spot(ends.from)?, doors.spot(ends.to)?].map(|spot| spot.network.alike());
        let packet = Packet::new(protocol, ends.port);
        let allowed = self.rows.alike_allowed(&from, &to, packet)?;
        Some(if allowed { Verdict::Allow } else { Verdict::Deny })
    }
}
