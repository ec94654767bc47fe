//! Pairs of workloads that network policy treats alike.

use super::{
    Fast,
    doors::{Bends, Spot},
};
use crate::{
    compiled::rows::{self, Packet},
    decision::Verdict,
    model::{Protocol, WorkloadId},
};

/// All that network policy tells one workload from another by, but for its address.
pub(crate) type Alike = Option<(rows::Alike, Bends)>;

impl Fast<'_> {
    /// Workloads of the same kind have the same cells.
    pub(crate) fn kind(self, workload: WorkloadId) -> Alike {
        let spot = self.seats().doors.spot(workload)?;
        Some((spot.network.alike(), spot.bends()))
    }

    /// What network policy says of any workload of one kind and any other of another, each kind given
    /// by one that is of it, source by destination. `None`: each pair has to be asked.
    pub(crate) fn pairs(
        self,
        samples: &[WorkloadId],
        port: u16,
        protocol: Protocol,
    ) -> Vec<Option<Verdict>> {
        let spots = samples.iter().map(|id| self.seats().doors.spot(*id));
        let spots: Vec<Option<&Spot>> = spots.collect();
        let kind =
            |spot: Option<&Spot>| spot.map_or(rows::Seat::UNKNOWN, |spot| spot.network).alike();
        let kinds: Vec<rows::Alike> = spots.iter().copied().map(kind).collect();
        let between = self.0.rows.between(&kinds, Packet::new(protocol, port));
        // Without a port more is asked, and rules about addresses are looked up as IPv4 has them.
        let usual = port > 0 && protocol != Protocol::Icmpv6;
        let mut cells = Vec::with_capacity(samples.len().saturating_mul(samples.len()));
        for (number, (from, source)) in spots.iter().zip(&kinds).enumerate() {
            let all = between.from(number, source, &kinds);
            cells.extend(spots.iter().zip(all).map(|(to, allowed)| {
                let straight = usual && from.zip(*to).is_some_and(|(from, to)| from.straight(to));
                let verdict = if allowed? { Verdict::Allow } else { Verdict::Deny };
                straight.then_some(verdict)
            }));
        }
        cells
    }
}
