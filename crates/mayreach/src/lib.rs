//! May A reach B, and what decided it? Policies of Kubernetes, Calico and Istio, decided offline.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod columns;
mod compiled;
mod connection;
mod decision;
mod error;
mod kinds;
mod manifest;
mod model;
mod options;
mod pairs;
mod pipeline;
mod prepared;
mod program;
mod report;
mod shared;
mod workload;

#[doc(hidden)]
pub use crate::options::Without;
pub use crate::{
    columns::{AnswerColumns, FlowColumns},
    connection::Connection,
    decision::{
        Body, ClientFault, ClientSees, Decision, Explanation, Hop, Layer, LayerDecision, LayerWalk,
        Marked, MtlsModeName, Outcome, Reason, Step, StepKind, Verdict, Walk,
    },
    error::{Error, ErrorCode, Note, NoteCode, Place, Problem, SourceId},
    manifest::{Changes, Limits, ObjectRef, Source, values},
    model::{
        Attributes, AuthorizerAnswer, Flow, Http, Icmp, InlineWorkload, IpVersion, Peer, PolicyId,
        Port, Protocol, Request, ServiceId, TierId, Token, WorkloadId,
    },
    options::{
        AssumedEnrolment, AssumedPlugin, CalicoDataPlane, CalicoDefaulting, CalicoVersion, Options,
    },
    pairs::NetworkPairs,
    prepared::PreparedRequest,
    program::{Location, PolicyInfo, Program},
    report::{
        Answer, Asks, AuthorizationDescription, Bearer, Can, CellFinding, CellVerdict, Change,
        Client, Content, DeadRule, Declared, DeclaredCell, DeclaredVerdict, Description,
        Difference, DifferenceQuestion, Exception, Extent, Finding, GroupBy, Hole, HttpRequest,
        Isolated, Isolation, IsolationQuestion, IsolationSize, Marks, Matrix, MatrixCell, Nearest,
        NewPod, OUTSIDE, Selecting, ServiceDescription, Target, Tenant, TextPattern, Unproved,
        Wanted, Way, Within, Witness,
    },
    workload::WorkloadInfo,
};
