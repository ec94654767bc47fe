//! Can any request at all get from one tenant to another? Proved for all of them, or refuted by one.

mod alike;
mod evidence;
mod except;
pub(super) mod listen;
pub(super) mod pods;
mod run;
pub(super) mod sides;
pub(super) mod sort;
mod tenants;

pub(super) use self::{
    alike::{class, client_side, reads_labels, reads_own_labels},
    run::outside,
};
pub use self::{
    except::{Exception, TextPattern},
    tenants::Tenant,
};
use super::space::{Unproved, Witness};
use crate::decision::{Decision, Layer, Reason};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct IsolationQuestion {
    /// Who must not reach whom.
    pub tenants: Vec<Tenant>,
    /// What is meant to pass all the same.
    pub exceptions: Vec<Exception>,
    /// Addresses outside the cluster are clients too.
    pub outside: bool,
    /// Pods that do not exist yet are clients too.
    pub new_pods: bool,
    /// Only this tenant asks, by its place.
    pub only_from: Option<usize>,
    /// Only this tenant is asked, by its place.
    pub only_to: Option<usize>,
}

/// What the row of addresses outside is called.
pub const OUTSIDE: &str = "(outside)";

/// The answer for every ordered pair of tenants.
#[derive(Clone, Debug, Default)]
pub struct Isolation {
    /// Rows: the tenants in the order of the question, then [`OUTSIDE`] if it was asked for.
    pub rows: Vec<String>,
    /// Columns: the tenants.
    pub columns: Vec<String>,
    /// Row by row: which of the findings; `None`: the tenant itself, or nothing to ask.
    pub cells: Vec<Option<u32>>,
    /// What was found, each once.
    pub findings: Vec<Finding>,
    /// How many classes of clients and of workloads there were, and questions asked.
    pub size: IsolationSize,
}

/// How large the question was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IsolationSize {
    /// Clients, pods that do not exist yet included.
    pub clients: usize,
    /// Classes of destinations.
    pub destinations: usize,
    /// Flows decided.
    pub decisions: u64,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Isolated {
    /// No request gets through: proved.
    Proved,
    /// It could not be proved, and no request was found that gets through.
    NotProved,
    /// A request gets through.
    Open,
}

impl Isolated {
    /// The spelling in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "isolated",
            Self::NotProved => "not_proved",
            Self::Open => "open",
        }
    }
}

/// What holds one tenant from another, or does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The answer.
    pub verdict: Isolated,
    /// Layers of which each alone holds. `mtls` and `authorization` are asked of TCP only, and not
    /// of the proxy's own ports 15020, 15021 and 15090, which no policy of the mesh guards.
    pub alone: Vec<Layer>,
    /// Network policy alone holds: egress and ingress together.
    pub network_alone: bool,
    /// The mesh alone holds: mTLS, tokens and authorization together, of TCP.
    pub mesh_alone: bool,
    /// What denies, by layer: one of each.
    pub held_by: Vec<(Layer, Reason)>,
    /// Requests that get through, the shortest first; one for each way.
    pub holes: Vec<Hole>,
    /// Why it is not proved.
    pub unproved: Vec<(Unproved, Witness)>,
}

/// A request that gets through.
#[derive(Clone, Debug, PartialEq)]
pub struct Hole {
    /// The request, which [`crate::Program::decide`] allows.
    pub witness: Witness,
    /// That decision.
    pub decision: Decision,
}
