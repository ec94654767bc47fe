//! `A -> B GET /v1/*`: what a change is meant to allow.

use mayreach::{Exception, Program, TextPattern, Verdict, WorkloadId};

use super::{CounterexampleOut, DifferenceOut, IntentOut, StepOut};
use crate::{ProblemOut, isolation::UnprovedOut};

/// One intent, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    text: String,
    from: (String, String),
    to: (String, String),
    port: Option<u16>,
    methods: Vec<String>,
    paths: Vec<String>,
}

impl Intent {
    /// Reads `namespace/workload -> namespace/workload[:port] [METHOD[,METHOD…]] [/path]`; a path
    /// may end in `*`.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, ProblemOut> {
        let wrong = || {
            ProblemOut::invalid("intend", format!("cannot read `{text}`"))
                .help("write `shop/web -> shop/api:8080 GET /v1/*`; port, method and path may be left out")
        };
        let (from, rest) = text.split_once("->").ok_or_else(wrong)?;
        let mut words = rest.split_whitespace();
        let to = words.next().ok_or_else(wrong)?;
        let (to, port) = match to.split_once(':') {
            Some((to, port)) => (to, Some(port.parse().map_err(|_| wrong())?)),
            None => (to, None),
        };
        let name = |text: &str| {
            let (space, name) = text.trim().split_once('/')?;
            let plain = !space.is_empty() && !name.is_empty() && !name.contains('/');
            plain.then(|| (space.to_owned(), name.to_owned()))
        };
        let mut out = Self {
            text: text.to_owned(),
            from: name(from).ok_or_else(wrong)?,
            to: name(to).ok_or_else(wrong)?,
            port,
            methods: Vec::new(),
            paths: Vec::new(),
        };
        for word in words {
            if word.starts_with('/') {
                out.paths.push(word.to_owned());
            } else if out.paths.is_empty() && out.methods.is_empty() {
                out.methods = word.split(',').filter(|m| *m != "*").map(str::to_owned).collect();
            } else {
                return Err(wrong());
            }
        }
        Ok(out)
    }

    fn ends(&self, program: &Program) -> Result<(WorkloadId, WorkloadId), ProblemOut> {
        let find = |(space, name): &(String, String)| {
            program.workload(space, name).ok_or_else(|| {
                let message = format!("no manifest holds a workload `{space}/{name}`");
                ProblemOut::invalid("intend", message)
            })
        };
        Ok((find(&self.from)?, find(&self.to)?))
    }

    fn set(&self, to: WorkloadId) -> Exception {
        Exception {
            from: vec![format!("{}/{}", self.from.0, self.from.1)],
            to: vec![to],
            ports: self.port.into_iter().collect(),
            methods: self.methods.clone(),
            paths: self.paths.iter().map(|p| TextPattern::new(p)).collect(),
        }
    }

    /// What is meant to change, in the new program's numbers.
    ///
    /// # Errors
    /// A workload that it does not have.
    pub fn meant(&self, new: &Program) -> Result<Exception, ProblemOut> {
        Ok(self.set(self.ends(new)?.1))
    }

    /// Not allowed before; allowed after.
    ///
    /// # Errors
    /// A workload that a program does not have.
    pub fn steps(&self, old: &Program, new: &Program) -> Result<Vec<StepOut>, ProblemOut> {
        let mut out = Vec::new();
        for (program, wanted, when) in
            [(old, Verdict::Deny, "before"), (new, Verdict::Allow, "after")]
        {
            let (from, to) = self.ends(program)?;
            let found = program.within(from, &self.set(to));
            let word = if wanted == Verdict::Deny { "denied" } else { "allowed" };
            let mut step = StepOut {
                what: format!("{}: {word} {when}", self.text),
                verdict: "ok",
                counterexample: None,
                not_proved: Vec::new(),
            };
            for (_, within) in found {
                let against =
                    if wanted == Verdict::Deny { &within.allowed } else { &within.denied };
                if let Some(against) = against {
                    step.verdict = "wrong";
                    step.counterexample = Some(CounterexampleOut::new(program, against));
                } else if !within.unproved.is_empty() {
                    if step.verdict == "ok" {
                        step.verdict = "not_proved";
                    }
                    let why = within.unproved.iter();
                    step.not_proved.extend(why.map(|(why, w)| UnprovedOut::new(program, why, w)));
                }
            }
            out.push(step);
        }
        Ok(out)
    }
}

impl IntentOut {
    /// All steps together.
    pub fn new(mut steps: Vec<StepOut>, difference: DifferenceOut) -> Self {
        let stray = difference.changes.iter().find(|c| !c.intended);
        let workloads = !difference.added.is_empty() || !difference.removed.is_empty();
        steps.push(StepOut {
            what: "nothing else changes".to_owned(),
            verdict: match (stray, difference.not_proved.is_empty() && !workloads) {
                (Some(_), _) => "wrong",
                (None, true) => "ok",
                (None, false) => "not_proved",
            },
            counterexample: stray.map(|c| CounterexampleOut {
                request: c.request.clone(),
                decided_by: c.after.clone(),
                flow: c.flow.clone(),
            }),
            not_proved: difference.not_proved.clone(),
        });
        let any = |verdict: &str| steps.iter().any(|s| s.verdict == verdict);
        let verdict = match (any("wrong"), any("not_proved")) {
            (true, _) => "wrong",
            (false, true) => "not_proved",
            (false, false) => "ok",
        };
        Self { verdict, steps, difference }
    }
}
