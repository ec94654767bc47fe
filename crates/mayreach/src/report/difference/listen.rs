//! Who listens to a walk in two programs.

use std::collections::HashMap;

use super::{Change, run};
use crate::{
    Exception, Program, WorkloadId,
    decision::{Decision, Layer, Reason, Verdict},
    model::{Protocol, Tri},
    report::space::{
        Client, Content, Target, Unproved, Witness,
        walk::{Listener, Mask},
    },
};

/// Whether anything differs.
pub(super) struct Any {
    masks: [Mask; 1],
    found: bool,
}

impl Any {
    pub(super) fn new(mask: Mask) -> Self {
        Self { masks: [mask], found: false }
    }

    pub(super) fn found(&self) -> bool {
        self.found
    }
}

impl Listener for Any {
    fn masks(&self) -> &[Mask] {
        &self.masks
    }

    fn wants(&self, _: usize) -> bool {
        !self.found
    }

    fn unproved(&mut self, _: usize, _: &Witness, _: Unproved) {
        self.found = true;
    }

    fn differs(&mut self, _: usize, _: &Witness, _: (&Decision, &Decision)) {
        self.found = true;
    }
}

/// Sets of flows that changed alike: what they are, and what decided before and after.
type Key = (Protocol, u8, [Reason; 5], [Reason; 5], bool);

/// Every change.
pub(super) struct Changes<'p> {
    old: &'p Program,
    new: &'p Program,
    intended: &'p [Exception],
    masks: [Mask; 1],
    client: (Client, Client),
    to: (WorkloadId, WorkloadId),
    names: (Vec<String>, Vec<String>),
    by_key: HashMap<Key, usize>,
    /// Changes that this pair has counted already.
    counted: Vec<usize>,
    changes: Vec<Change>,
    unproved: Vec<(Unproved, Witness)>,
}

const UNPROVED_MAX: usize = 32;

impl<'p> Changes<'p> {
    pub(super) fn new(old: &'p Program, new: &'p Program, intended: &'p [Exception]) -> Self {
        let nobody = Client::Workload(WorkloadId(0));
        Self {
            old,
            new,
            intended,
            masks: [Mask::ALL],
            client: (nobody.clone(), nobody),
            to: (WorkloadId(0), WorkloadId(0)),
            names: (Vec::new(), Vec::new()),
            by_key: HashMap::new(),
            counted: Vec::new(),
            changes: Vec::new(),
            unproved: Vec::new(),
        }
    }

    /// The pair of classes that is walked next.
    pub(super) fn pair(
        &mut self,
        client: (Client, Client),
        to: (WorkloadId, WorkloadId),
        names: (Vec<String>, Vec<String>),
    ) {
        self.client = client;
        self.to = to;
        self.names = names;
        self.counted.clear();
    }

    pub(super) fn finish(mut self) -> (Vec<Change>, Vec<(Unproved, Witness)>) {
        let mut changes = self.whole();
        changes.sort_by_key(run::order);
        (changes, self.unproved)
    }

    /// Where every request and everything that is none changed alike, that is one change.
    fn whole(&mut self) -> Vec<Change> {
        let mut out: Vec<Change> = Vec::new();
        for change in std::mem::take(&mut self.changes) {
            let reasons = |d: &Decision| d.layers.map(|l| l.reason);
            let like = |other: &Change| {
                let same = reasons(&other.before) == reasons(&change.before)
                    && reasons(&other.after) == reasons(&change.after);
                let open = |c: &Change| {
                    let any = Content::Http(crate::report::space::HttpRequest::default());
                    c.new.content == any || c.new.content == Content::Raw
                };
                let ends = |c: &Change| (c.from.clone(), c.to.clone(), c.pairs, c.intended);
                let (a, b) = (&other.new, &change.new);
                same && open(other)
                    && open(&change)
                    && a.content != b.content
                    && ends(other) == ends(&change)
                    && Witness { content: Content::Any, ..a.clone() }
                        == Witness { content: Content::Any, ..b.clone() }
            };
            let Some(known) = out.iter_mut().find(|other| like(other)) else {
                out.push(change);
                continue;
            };
            let wide = |w: &Witness| Witness { content: Content::Any, ..w.clone() };
            let (old, new) = (wide(&known.old), wide(&known.new));
            let (before, after) = (old.decide(self.old), new.decide(self.new));
            if (before.verdict, after.verdict) == (known.before.verdict, known.after.verdict) {
                *known = Change { before, after, old, new, ..known.clone() };
            } else {
                out.push(change);
            }
        }
        out
    }

    fn meant(&self, witness: &Witness) -> Tri {
        let row = self.names.0.first().map_or("", String::as_str);
        Tri::any(self.intended.iter().map(|e| e.covers(row, self.to.1, witness)))
    }
}

impl Listener for Changes<'_> {
    fn masks(&self) -> &[Mask] {
        &self.masks
    }

    fn wants(&self, _: usize) -> bool {
        true
    }

    fn covered(&self, _: usize, witness: &Witness, _: Verdict) -> Tri {
        // Only whether it is settled counts: what is meant is reported as such.
        match self.meant(&Witness { target: Target::Workload(self.to.1), ..witness.clone() }) {
            Tri::Yes => Tri::No,
            other => other,
        }
    }

    fn unproved(&mut self, _: usize, witness: &Witness, why: Unproved) {
        let known = self.unproved.iter().any(|(seen, _)| *seen == why);
        if self.unproved.len() < UNPROVED_MAX && !known {
            let target = Target::Workload(self.to.1);
            let witness = Witness { client: self.client.1.clone(), target, ..witness.clone() };
            self.unproved.push((why, witness));
        }
    }

    fn differs(&mut self, _: usize, witness: &Witness, _: (&Decision, &Decision)) {
        let of = |client: &Client, to| Witness {
            client: client.clone(),
            target: Target::Workload(to),
            ..witness.clone()
        };
        let (old, new) = (of(&self.client.0, self.to.0), of(&self.client.1, self.to.1));
        // Both are asked again as the manifests know their ends.
        let (before, after) = (old.decide(self.old), new.decide(self.new));
        if before.verdict == after.verdict {
            let why = "a pod that does not exist yet is decided otherwise".into();
            return self.unproved(0, witness, Unproved::Classes(why));
        }
        let content = match witness.content {
            Content::Any => 0,
            Content::Raw => 1,
            Content::Http(_) => 2,
        };
        let reasons = |d: &Decision| {
            // Which of several policies isolates matters to nobody here.
            d.layers.map(|l| if l.layer == Layer::Mtls { Reason::NoPolicy } else { l.reason })
        };
        let intended = self.meant(&new) == Tri::Yes;
        let key = (witness.protocol, content, reasons(&before), reasons(&after), intended);
        let next = self.changes.len();
        let index = *self.by_key.entry(key).or_insert(next);
        if index == next {
            self.changes.push(Change {
                before,
                after,
                old: old.clone(),
                new: new.clone(),
                pairs: 0,
                from: Vec::new(),
                to: Vec::new(),
                intended,
            });
        }
        let first = !self.counted.contains(&index);
        let Some(change) = self.changes.get_mut(index) else { return };
        if new.length() < change.new.length() {
            (change.old, change.new, change.before, change.after) = (old, new, before, after);
        }
        if first {
            self.counted.push(index);
            change.pairs += self.names.0.len() as u64 * self.names.1.len() as u64;
            for (list, names) in
                [(&mut change.from, &self.names.0), (&mut change.to, &self.names.1)]
            {
                for name in run::few(names) {
                    if list.len() < 8 && !list.contains(&name) {
                        list.push(name);
                    }
                }
            }
        }
    }
}
