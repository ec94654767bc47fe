//! Questions about all requests at once, and their answers: what the command and every binding ask.

use mayreach::GroupBy;
use serde::Serialize;

use crate::{
    Engine, ProblemOut,
    declared::DeclaredOut,
    difference::{DifferenceOut, Intent, IntentOut},
    isolation::{IsolateIn, IsolationOut},
    matrix::{MatrixOut, group_by},
    reach::{CanOut, ReachOut},
};

/// A question about all requests.
#[derive(Clone, Debug)]
pub enum Question {
    /// Who may reach whom, on all ports and over all requests?
    Matrix(GroupBy),
    /// Who may reach whom on declared ports, of which nothing else is said?
    Declared(GroupBy),
    /// Can any request get from one tenant to another?
    Isolate(IsolateIn),
    /// What may one workload do to another (`namespace/name` each)?
    Can {
        /// Who asks.
        from: String,
        /// Whom.
        to: String,
    },
    /// Who may reach a workload?
    Callers(String),
    /// Whom may a workload reach?
    Reaches(String),
    /// What changed in meaning from the program that is asked to this one?
    Diff(Engine),
    /// Does the change to this program allow what it is meant to, and nothing else?
    Change(Engine, Vec<Intent>),
}

impl Question {
    /// The question of a matrix by `workload`, `namespace` or `label:KEY`; `declared`: on declared
    /// ports alone, and of no request.
    ///
    /// # Errors
    /// Anything else.
    pub fn matrix(by: &str, declared: bool) -> Result<Self, ProblemOut> {
        let kind = if declared { Self::Declared } else { Self::Matrix };
        group_by(by).map(kind)
    }

    /// The question of a change, each intent in words.
    ///
    /// # Errors
    /// An intent that cannot be read, or none.
    pub fn change<S: AsRef<str>>(new: Engine, intents: &[S]) -> Result<Self, ProblemOut> {
        if intents.is_empty() {
            let problem = ProblemOut::invalid("intend", "nothing is meant to change");
            return Err(problem.help("for whether two sets of manifests mean the same, ask `diff`"));
        }
        let intents: Result<_, _> =
            intents.iter().map(|text| Intent::parse(text.as_ref())).collect();
        Ok(Self::Change(new, intents?))
    }
}

/// The answer, in the JSON that the command prints.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Analysis {
    /// Of `matrix`.
    Matrix(MatrixOut),
    /// Of `matrix` on declared ports.
    Declared(DeclaredOut),
    /// Of `isolate`.
    Isolation(IsolationOut),
    /// Of `can`.
    Can(CanOut),
    /// Of `callers` and `reaches`.
    Reach(ReachOut),
    /// Of `diff`.
    Difference(DifferenceOut),
    /// Of `change`.
    Change(IntentOut),
}

impl Analysis {
    /// The verdict over all; a matrix and a list of who may have none.
    pub const fn verdict(&self) -> Option<&'static str> {
        match self {
            Self::Matrix(_) | Self::Declared(_) | Self::Reach(_) => None,
            Self::Isolation(found) => Some(found.verdict),
            Self::Can(found) => Some(found.verdict),
            Self::Difference(found) => Some(found.verdict),
            Self::Change(found) => Some(found.verdict),
        }
    }
}

impl Engine {
    /// Asks about all requests. `progress` is told how many of how many steps are done.
    ///
    /// # Errors
    /// A question that cannot be asked: a name that no manifest holds, a tenant that is nobody.
    pub fn ask(
        &self,
        question: &Question,
        progress: impl FnMut(usize, usize),
    ) -> Result<Analysis, ProblemOut> {
        Ok(match question {
            Question::Matrix(by) => Analysis::Matrix(self.matrix(by, progress)),
            Question::Declared(by) => Analysis::Declared(self.declared(by, progress)),
            Question::Isolate(asked) => Analysis::Isolation(self.isolate(asked, progress)?),
            Question::Can { from, to } => Analysis::Can(self.can(from, to)?),
            Question::Callers(workload) => Analysis::Reach(self.reach(workload, true, progress)?),
            Question::Reaches(workload) => Analysis::Reach(self.reach(workload, false, progress)?),
            Question::Diff(new) => Analysis::Difference(self.difference(new, progress)),
            Question::Change(new, intents) => {
                Analysis::Change(self.change(new, intents, progress)?)
            }
        })
    }
}
