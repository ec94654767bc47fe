//! A compiled program behind the boundary: flows in, decisions out.

use std::collections::HashMap;

use mayreach::{
    Changes, Decision, DifferenceQuestion, ErrorCode, Exception, Flow, GroupBy, IsolationQuestion,
    Options, Program, Reason, Source, TextPattern,
};

use crate::{
    decision::DecisionOut,
    declared::DeclaredOut,
    describe::DescriptionOut,
    difference::{DifferenceOut, Intent, IntentOut},
    explanation::ExplanationOut,
    flow::{FlowIn, PeerIn, Words},
    isolation::{IsolateIn, IsolationOut},
    matrix::MatrixOut,
    note::NoteOut,
    problem::{ProblemOut, Problems},
    reach::{CallerOut, CanOut, ReachOut},
};

/// A program, and what bindings and the command ask of it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    program: Program,
    notes: std::sync::Arc<Notes>,
}

/// Notes, found by what they are about.
#[derive(Debug)]
pub(crate) struct Notes {
    all: Vec<NoteOut>,
    by_subject: HashMap<String, Vec<usize>>,
}

impl Engine {
    /// Compiles manifests.
    ///
    /// # Errors
    /// Every problem of every manifest; nothing is half-loaded.
    pub fn compile(sources: &[Source], options: &Options) -> Result<Self, Problems> {
        Program::compile(sources, options).map(Self::new).map_err(|error| Problems::from(&error))
    }

    /// The engine after a change; who holds this one goes on with it.
    ///
    /// # Errors
    /// Every problem of the change, and of what it makes of the rest; nothing is changed then.
    pub fn update(&self, changes: &Changes) -> Result<Self, Problems> {
        self.program.update(changes).map(Self::new).map_err(|error| Problems::from(&error))
    }

    /// A program that is compiled already.
    pub fn new(program: Program) -> Self {
        let all: Vec<NoteOut> =
            program.notes().iter().map(|note| NoteOut::new(&program, note)).collect();
        let mut by_subject: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, note) in all.iter().enumerate() {
            if let Some(subject) = &note.subject {
                by_subject.entry(subject.clone()).or_default().push(index);
            }
        }
        Self { program, notes: std::sync::Arc::new(Notes { all, by_subject }) }
    }

    /// The program.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// What this engine and its clones hold, and no other does.
    pub(crate) const fn held(&self) -> &std::sync::Arc<Notes> {
        &self.notes
    }

    /// What a cluster would accept and then ignore, and what is not evaluated.
    pub fn notes(&self) -> &[NoteOut] {
        &self.notes.all
    }

    /// Decides one flow.
    ///
    /// # Errors
    /// A flow that cannot be: a wrong value, or a name that no manifest holds.
    pub fn decide(&self, flow: &FlowIn) -> Result<DecisionOut, ProblemOut> {
        self.tell(flow, &self.judge(flow)?)
    }

    /// Decides one flow, in numbers. [`Engine::tell`] spells them out.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub fn judge(&self, flow: &FlowIn) -> Result<Decision, ProblemOut> {
        match Words::of(flow).and_then(|words| words.flow()) {
            Some(usual) => self.judged(&usual),
            None => flow.with_flow(|asked| self.judged(asked))?,
        }
    }

    /// As [`Engine::judge`] decides the flow that these words say.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub fn judge_words(&self, words: &Words<'_>) -> Result<Decision, ProblemOut> {
        match words.flow() {
            Some(usual) => self.judged(&usual),
            None => words.own()?.with_flow(|asked| self.judged(asked))?,
        }
    }

    #[inline]
    fn judged(&self, asked: &Flow<'_>) -> Result<Decision, ProblemOut> {
        let decision = self.program.decide(asked);
        let [first, ..] = &decision.layers;
        if first.reason == Reason::UnknownPeer {
            self.check(asked)?;
        }
        Ok(decision)
    }

    /// What [`Engine::judge`] decided on that flow, with every name and place spelled out.
    ///
    /// # Errors
    /// A flow that cannot be.
    pub fn tell(&self, flow: &FlowIn, decision: &Decision) -> Result<DecisionOut, ProblemOut> {
        let told = flow.with_flow(|asked| DecisionOut::new(&self.program, asked, decision))?;
        Ok(self.finish(flow, told))
    }

    /// Decides one flow and keeps the whole walk.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub fn explain(&self, flow: &FlowIn) -> Result<ExplanationOut, ProblemOut> {
        flow.with_flow(|asked| {
            let explanation = self.program.explain(asked).map_err(|p| ProblemOut::from(&p))?;
            let mut out = ExplanationOut::new(&self.program, asked, &explanation);
            out.decision = self.finish(flow, out.decision);
            Ok(out)
        })?
    }

    /// Who may reach whom on declared ports, of which nothing else is said. `progress` is told how
    /// many of how many sources are done.
    pub fn declared(&self, by: &GroupBy, progress: impl FnMut(usize, usize)) -> DeclaredOut {
        DeclaredOut::new(&self.program, by, &self.program.declared(by, progress))
    }

    /// Who may reach whom, over all requests. `progress` is told how many of how many classes of
    /// destinations are done.
    pub fn matrix(&self, by: &GroupBy, progress: impl FnMut(usize, usize)) -> MatrixOut {
        MatrixOut::new(&self.program, by, &self.program.matrix(by, progress))
    }

    /// Whether any request can get from one tenant to another. `progress` is told how many of how
    /// many steps are done.
    ///
    /// # Errors
    /// A question that cannot be asked.
    pub fn isolate(
        &self,
        question: &IsolateIn,
        progress: impl FnMut(usize, usize),
    ) -> Result<IsolationOut, ProblemOut> {
        let (by, asked) = question.build(&self.program)?;
        let found = self.program.isolate(&asked, progress);
        Ok(IsolationOut::new(&self.program, &by, &asked.tenants, &found))
    }

    /// What a workload may do to another (`namespace/name` each), over all requests.
    ///
    /// # Errors
    /// No manifest holds one of them.
    pub fn can(&self, from: &str, to: &str) -> Result<CanOut, ProblemOut> {
        let (source, destination) = (self.workload("from", from)?, self.workload("to", to)?);
        let found = self.program.can(source, destination).unwrap_or_default();
        Ok(CanOut::new(&self.program, (from, to), &found))
    }

    /// Who may reach a workload (`callers`), or whom it may reach, over all requests.
    ///
    /// # Errors
    /// No manifest holds it.
    pub fn reach(
        &self,
        workload: &str,
        callers: bool,
        progress: impl FnMut(usize, usize),
    ) -> Result<ReachOut, ProblemOut> {
        let id = self.workload("workload", workload)?;
        let tenants = self.program.tenants(&GroupBy::Workload);
        let place = tenants.iter().position(|t| t.workloads.contains(&id));
        let question = IsolationQuestion {
            only_from: place.filter(|_| !callers),
            only_to: place.filter(|_| callers),
            outside: callers,
            tenants,
            ..IsolationQuestion::default()
        };
        let found = self.program.isolate(&question, progress);
        Ok(ReachOut::new(&self.program, workload, callers, &found))
    }

    /// Every other workload, and whether any of certain TCP requests to this one gets through, as
    /// its own proxy connects. An empty list of ports, methods or paths is every one.
    ///
    /// # Errors
    /// No manifest holds the workload.
    pub fn callers_within(
        &self,
        workload: &str,
        ports: &[u16],
        methods: &[String],
        paths: &[String],
    ) -> Result<Vec<CallerOut>, ProblemOut> {
        let to = self.workload("destination", workload)?;
        let set = Exception {
            from: Vec::new(),
            to: vec![to],
            ports: ports.to_vec(),
            methods: methods.to_vec(),
            paths: paths.iter().map(|path| TextPattern::new(path)).collect(),
        };
        let others = self.program.workloads().filter(|w| w.owner().is_none() && w.id() != to);
        Ok(others
            .flat_map(|other| {
                let found = self.program.within(other.id(), &set).into_iter();
                found.map(move |(_, w)| CallerOut::new(&self.program, other.to_string(), &w))
            })
            .collect())
    }

    /// What changed in meaning from these manifests to others. Pods that do not exist yet and
    /// addresses outside are clients too.
    pub fn difference(&self, new: &Self, progress: impl FnMut(usize, usize)) -> DifferenceOut {
        let question = DifferenceQuestion { new_pods: true, ..DifferenceQuestion::default() };
        let found = self.program.difference(&new.program, &question, progress);
        DifferenceOut::new(&self.program, &new.program, &found)
    }

    /// Whether a change does what it is meant to, and nothing else, for the clients that exist: a
    /// rule that names labels lets in whoever has them.
    ///
    /// # Errors
    /// An intent that names nobody.
    pub fn change(
        &self,
        new: &Self,
        intents: &[Intent],
        progress: impl FnMut(usize, usize),
    ) -> Result<IntentOut, ProblemOut> {
        let mut steps = Vec::new();
        for intent in intents {
            steps.extend(intent.steps(&self.program, &new.program)?);
        }
        let intended: Result<Vec<_>, _> = intents.iter().map(|i| i.meant(&new.program)).collect();
        let question = DifferenceQuestion { intended: intended?, new_pods: false };
        let found = self.program.difference(&new.program, &question, progress);
        let difference = DifferenceOut::new(&self.program, &new.program, &found);
        Ok(IntentOut::new(steps, difference))
    }

    /// The workload that an argument names.
    fn workload(&self, field: &str, name: &str) -> Result<mayreach::WorkloadId, ProblemOut> {
        let peer = PeerIn::workload(name);
        let flow = FlowIn { source: peer.clone(), destination: peer, ..FlowIn::default() };
        let found = flow.with_flow(|asked| {
            self.check(asked)?;
            Ok::<_, ProblemOut>(self.program.decide(asked).destination)
        });
        // It is asked as both ends of a flow, and is one argument.
        let found = found.and_then(|found| found).map_err(|problem| problem.field(field))?;
        found.ok_or_else(|| {
            ProblemOut::new(ErrorCode::UnknownPeer, format!("no workload `{name}`")).field(field)
        })
    }

    /// Everything that bears on the workload `namespace/name`.
    ///
    /// # Errors
    /// No manifest holds it.
    pub fn describe(&self, workload: &str) -> Result<DescriptionOut, ProblemOut> {
        let info = self.program.workload_info(self.workload("workload", workload)?);
        let found = info.and_then(|info| Some((info, self.program.describe(info.id())?)));
        let (info, description) = found.ok_or_else(|| {
            ProblemOut::new(ErrorCode::UnknownPeer, format!("no workload `{workload}`"))
        })?;
        Ok(DescriptionOut::new(&self.program, &info, &description))
    }

    fn check(&self, flow: &Flow<'_>) -> Result<(), ProblemOut> {
        self.program.check(flow).map_err(|problem| ProblemOut::from(&problem))
    }

    /// Adds what only the asker and the notes know.
    fn finish(&self, flow: &FlowIn, mut decision: DecisionOut) -> DecisionOut {
        decision.id.clone_from(&flow.id);
        if !self.notes.all.is_empty() {
            decision.notes = self.notes_on(flow, &decision);
        }
        decision
    }

    /// Notes on the policies that decide, on the two ends and on their namespaces.
    fn notes_on(&self, flow: &FlowIn, decision: &DecisionOut) -> Vec<NoteOut> {
        let mut found: Vec<usize> = Vec::new();
        let mut add = |subject: &str| {
            let of = self.notes.by_subject.get(subject).into_iter().flatten();
            let new: Vec<usize> = of.filter(|n| !found.contains(n)).copied().collect();
            found.extend(new);
        };
        for layer in &decision.layers {
            for policy in layer.reason.policy.iter().chain(&layer.reason.policies) {
                add(&policy.to_string());
            }
        }
        let ends = [&flow.source, &flow.destination];
        for name in ends.iter().filter_map(|end| end.workload.as_deref().or(end.service.as_deref()))
        {
            if let Some((namespace, _)) = name.split_once('/') {
                add(&format!("Namespace {namespace}"));
            }
            for kind in ["Pod", "Deployment", "StatefulSet", "DaemonSet", "Service"] {
                add(&format!("{kind} {name}"));
            }
        }
        for namespace in ends.iter().filter_map(|end| end.namespace.as_deref()) {
            add(&format!("Namespace {namespace}"));
        }
        found.sort_unstable();
        found.iter().filter_map(|n| self.notes.all.get(*n)).cloned().collect()
    }
}
