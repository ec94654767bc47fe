//! Picks after a change of some policies: those of the proxies that the policies attach to are made
//! anew, the rest is shared.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{Authz, attach, pick::Pick};
use crate::{model::Model, shared::List};

/// So many picks lie beside the others before they are joined.
const NEWER: usize = 32;

/// What happens to one AuthorizationPolicy, by its place in the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit {
    pub(crate) policy: u32,
    /// From where it was.
    pub(crate) leaves: bool,
    /// Where it attaches now.
    pub(crate) arrives: bool,
}

/// What a change makes.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) authz: Authz,
    /// Workloads whose pick has another number, and that number, by workload.
    pub(crate) moved: BTreeMap<u32, u32>,
    /// Some proxy reads other parts of a request than before.
    pub(crate) reads_otherwise: bool,
}

impl Authz {
    /// By policy, the picks that it is in.
    pub(crate) fn picked(&self, policies: usize) -> List<Vec<u32>> {
        let mut out = vec![Vec::new(); policies];
        for (number, members) in self.members.numbered() {
            for policy in members {
                if let Some(picks) = out.get_mut(*policy as usize) {
                    picks.push(number);
                }
            }
        }
        out.into_iter().collect()
    }

    /// Picks of a model in which some policies changed; `picked` is kept in step.
    pub(crate) fn edit(
        &self,
        model: &Model,
        edits: &[Edit],
        picked: &mut List<Vec<u32>>,
    ) -> Option<Edited> {
        let mut out = Self { edited: true, ..self.clone() };
        let mut touched = BTreeSet::new();
        let mut moved = BTreeMap::new();
        for edit in edits {
            while picked.len() <= edit.policy as usize {
                picked.push(Vec::new());
            }
            let picks = picked.get(edit.policy as usize)?.clone();
            touched.extend(&picks);
            if edit.leaves {
                for pick in picks {
                    out.members.get_mut(pick as usize)?.retain(|policy| *policy != edit.policy);
                }
                picked.get_mut(edit.policy as usize)?.clear();
            }
            if edit.arrives {
                let of = Arrival { policy: edit.policy, model };
                touched.extend(of.arrive(&mut out, picked, &mut moved)?);
            }
        }
        let mut reads_otherwise = false;
        for number in touched {
            let pick = Pick::alone(model, &self.people, out.members.get(number as usize)?);
            reads_otherwise |= out.pick(number).is_none_or(|before| before.reads != pick.reads);
            out.put(number, pick)?;
        }
        out.join();
        Some(Edited { authz: out, moved, reads_otherwise })
    }

    fn put(&mut self, number: u32, pick: Pick) -> Option<()> {
        let new = (number, Arc::new(pick));
        match self.newer.binary_search_by_key(&number, |(n, _)| *n) {
            Ok(at) => *self.newer.get_mut(at)? = new,
            Err(at) => self.newer.insert(at, new),
        }
        Some(())
    }

    /// Puts newer picks among the others, once there are many.
    fn join(&mut self) {
        if self.newer.len() <= NEWER {
            return;
        }
        for (number, pick) in std::mem::take(&mut self.newer) {
            let at = number as usize;
            match (self.heads.get_mut(at), self.picks.get_mut(at)) {
                (Some(head), Some(slot)) => (*head, *slot) = (pick.head, pick),
                // Numbers are given without gaps.
                _ => {
                    self.heads.push(pick.head);
                    self.picks.push(pick);
                }
            }
        }
    }
}

/// A policy that attaches to some workloads for the first time.
struct Arrival<'m> {
    policy: u32,
    model: &'m Model,
}

impl Arrival<'_> {
    /// Puts it into the picks of the workloads, and says which. Where others share a pick to which
    /// it does not attach, its own get a new one.
    fn arrive(
        &self,
        authz: &mut Authz,
        picked: &mut List<Vec<u32>>,
        moved: &mut BTreeMap<u32, u32>,
    ) -> Option<Vec<u32>> {
        let policy = self.model.authz.get(self.policy as usize)?;
        // By pick: its workloads that the policy attaches to, and how many others there are.
        let mut of: HashMap<u32, (Vec<u32>, usize)> = HashMap::new();
        let numbers = authz.by_workload.iter();
        let workloads = (0_u32..).zip(&self.model.inventory.workloads).zip(numbers);
        for ((number, workload), pick) in workloads {
            let Some(pick) = pick else { continue };
            let (own, others) = of.entry(*pick).or_default();
            if attach::takes(self.model, policy, workload) {
                own.push(number);
            } else {
                *others += 1;
            }
        }
        let mut touched = Vec::new();
        let mut all: Vec<_> = of.into_iter().filter(|(_, (own, _))| !own.is_empty()).collect();
        all.sort_unstable();
        for (pick, (own, others)) in all {
            let mut members = authz.members.get(pick as usize)?.clone();
            members.push(self.policy);
            members.sort_unstable();
            let number =
                if others == 0 { pick } else { u32::try_from(authz.members.len()).ok()? };
            for member in &members {
                let picks = picked.get_mut(*member as usize)?;
                if !picks.contains(&number) {
                    picks.push(number);
                }
            }
            if others == 0 {
                authz.members.set(pick as usize, members);
            } else {
                authz.members.push(members);
                // What the new one is compared with.
                let before = authz.slot(pick)?.clone();
                authz.newer.push((number, before));
                for workload in own {
                    *authz.by_workload.get_mut(workload as usize)? = Some(number);
                    moved.insert(workload, number);
                }
            }
            touched.push(number);
        }
        Some(touched)
    }
}
