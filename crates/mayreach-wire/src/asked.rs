//! A flow that is asked many times: what asking need not find out again is kept beside it.

use std::sync::{Arc, Mutex, Weak};

use mayreach::{Decision, PreparedRequest, Program, Request, WorkloadId};
use self_cell::self_cell;

use crate::{
    Engine, ProblemOut,
    engine::Notes,
    flow::{FlowIn, Words, parts},
};

/// A flow, checked; its request looked at once, its two workloads looked up once for each program.
#[derive(Debug)]
pub struct Asked {
    flow: Held,
    ends: Mutex<Ends>,
}

self_cell! {
    struct Held {
        owner: FlowIn,
        #[covariant]
        dependent: Prepared,
    }

    impl {Debug}
}

/// Port and request of a flow that says nothing more than these and two workloads.
type Prepared<'a> = Option<(u16, PreparedRequest<'a>)>;

/// Two workloads of the program that was asked last, which is told by what only it holds. What is
/// held weakly keeps its address, so no other program ever passes for it.
#[derive(Debug, Default)]
struct Ends {
    of: Weak<Notes>,
    ids: Option<(WorkloadId, WorkloadId)>,
}

impl Asked {
    /// Takes a flow.
    ///
    /// # Errors
    /// A value that no flow can have, with its field.
    pub fn new(flow: FlowIn) -> Result<Self, ProblemOut> {
        flow.with_flow(|_| ())?;
        Ok(Self { flow: Held::new(flow, prepared), ends: Mutex::default() })
    }

    /// The flow.
    pub fn flow(&self) -> &FlowIn {
        self.flow.borrow_owner()
    }

    /// The same as [`Engine::judge`] gives.
    ///
    /// # Errors
    /// As [`Engine::judge`].
    pub fn judge(&self, engine: &Engine) -> Result<Decision, ProblemOut> {
        if let Some((port, request)) = self.flow.borrow_dependent()
            && let Some((from, to)) = self.ends(engine)
        {
            return Ok(engine.program().decide_prepared(from, to, *port, request));
        }
        engine.judge(self.flow())
    }

    fn ends(&self, engine: &Engine) -> Option<(WorkloadId, WorkloadId)> {
        let notes = engine.held();
        // Who finds another thread here looks the names up instead of waiting.
        let Ok(mut ends) = self.ends.try_lock() else { return self.found(engine.program()) };
        if !std::ptr::eq(ends.of.as_ptr(), Arc::as_ptr(notes)) {
            *ends = Ends { of: Arc::downgrade(notes), ids: self.found(engine.program()) };
        }
        ends.ids
    }

    fn found(&self, program: &Program) -> Option<(WorkloadId, WorkloadId)> {
        let words = Words::of(self.flow())?;
        let found =
            |text| parts(text).and_then(|(namespace, name)| program.workload(namespace, name));
        Some((found(words.source)?, found(words.destination)?))
    }
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.flow() == other.flow()
    }
}

fn prepared(flow: &FlowIn) -> Prepared<'_> {
    let Words { port, method, path, host, .. } = Words::of(flow)?;
    // Of part of a request it is not known whether there is more.
    if method.is_none() || path.is_none() {
        return None;
    }
    // Nor does 0 say a port.
    let port = port.filter(|port| *port > 0)?;
    Some((port, PreparedRequest::new(Request { method, path, host, headers: None })))
}
