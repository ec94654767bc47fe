//! `AuthorizationPolicies`, picked for each workload when compiling, their rules in the order in
//! which Envoy reports them and found by who asks for what. Workloads with the same pick share it.

mod attach;
mod edit;
mod group;
mod paths;
mod pick;
mod row;
mod rule;
mod shelf;

pub(crate) use self::{
    edit::Edit,
    group::{Group, namespace_hash},
    paths::Paths,
    pick::Pick,
    row::{Asks, Hit, METHODS_OF_ROWS, Path, Row, method_bit},
    rule::{HEAD, Rule, method_number},
    shelf::{Desk, Head, Known},
};

use self::shelf::Shelf;

use std::{collections::HashMap, sync::Arc};

use crate::{
    compiled::people::People,
    model::{Model, inventory::Enrolment},
    shared::{List, Shared},
};

/// What every sidecar and gateway enforces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Authz {
    /// Whose numbers the picks are looked up by.
    pub(crate) people: Arc<People>,
    /// By workload; `None` where a proxy decides that reads policies otherwise (ztunnel, waypoint).
    by_workload: Shared<Vec<Option<u32>>>,
    picks: Shared<Vec<Arc<Pick>>>,
    /// What most decisions read of each.
    heads: Shared<Vec<Head>>,
    shelf: Arc<Shelf>,
    /// The policies of each pick, by their place in the model.
    members: List<Vec<u32>>,
    /// Picks made since `picks` was, ascending: few, or none.
    newer: Vec<(u32, Arc<Pick>)>,
    /// Some pick is of an update.
    edited: bool,
}

impl Authz {
    pub(crate) fn new(model: &Model, people: Arc<People>) -> Self {
        let postings = attach::Postings::new(model);
        let mut out = Self { people, ..Self::default() };
        let mut shared: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut shelf = Shelf::default();
        for workload in &model.inventory.workloads {
            if !matches!(workload.mesh, Enrolment::Sidecar | Enrolment::Gateway { .. }) {
                out.by_workload.push(None);
                continue;
            }
            let mine = postings.of(workload);
            let pick = match shared.get(&mine) {
                Some(known) => *known,
                None => {
                    let next = u32::try_from(out.picks.len()).unwrap_or(u32::MAX);
                    let pick = Pick::new(model, &out.people, &mine, &mut shelf);
                    out.heads.push(pick.head);
                    out.picks.push(Arc::new(pick));
                    out.members.push(mine.clone());
                    shared.insert(mine, next);
                    next
                }
            };
            out.by_workload.push(Some(pick));
        }
        shelf.shrink();
        out.shelf = Arc::new(shelf);
        out
    }

    /// The number of a workload's pick.
    pub(crate) fn number(&self, workload: u32) -> Option<u32> {
        *self.by_workload.get(workload as usize)?
    }

    /// A pick of which nothing but the group of a client has to be known, and that group; `known` is
    /// what [`Authz::known`] said of it when the program was compiled.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few loads, none of which waits for another")]
    pub(crate) fn usual(&self, number: u32, known: Known, key: u32) -> Option<(Desk<'_>, Group)> {
        let head = self.heads.get(number as usize)?;
        let usual = if self.edited {
            // An update leaves the heads of the picks that it makes anew as they were, for a while.
            head.known.usual && self.newer(number).is_none()
        } else {
            known.usual
        };
        usual.then(|| (Desk { head, shelf: &self.shelf }, self.shelf.known(known, key)))
    }

    /// Reads what [`Authz::usual`] will read.
    #[inline]
    pub(crate) fn touch(&self, number: u32, known: Known, key: u32) -> u32 {
        let head = self.heads.get(number as usize).map_or(0, |head| head.denies);
        head ^ self.shelf.touch(known, key)
    }

    /// What most decisions read of one of these picks.
    pub(crate) fn desk_of<'p>(&'p self, pick: &'p Pick) -> Desk<'p> {
        Desk { head: &pick.head, shelf: pick.shelf.as_deref().unwrap_or(&self.shelf) }
    }

    /// Where the groups of a pick are, and whether that is all there is to know; see [`Authz::usual`].
    pub(crate) fn known(&self, number: u32) -> Known {
        self.heads.get(number as usize).map_or_else(Known::default, |head| head.known)
    }

    pub(crate) fn pick(&self, number: u32) -> Option<&Pick> {
        self.slot(number).map(AsRef::as_ref)
    }

    fn slot(&self, number: u32) -> Option<&Arc<Pick>> {
        let newer = if self.newer.is_empty() { None } else { self.newer(number) };
        newer.or_else(|| self.picks.get(number as usize))
    }

    #[inline(never)]
    fn newer(&self, number: u32) -> Option<&Arc<Pick>> {
        let at = self.newer.binary_search_by_key(&number, |(n, _)| *n).ok()?;
        self.newer.get(at).map(|(_, pick)| pick)
    }

    pub(crate) fn of(&self, workload: u32) -> Option<&Pick> {
        self.pick(self.number(workload)?)
    }
}
