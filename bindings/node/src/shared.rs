//! Programs that the threads of one process share: a thread hands over a number, not a copy.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use mayreach_wire::{Engine, ProblemOut, mayreach::ErrorCode};
use napi_derive::napi;

use crate::{Handle, answer::Made, guard::guard};

/// Programs that somebody shares. Weak: who shares a program keeps it, the table does not.
static SHARED: Mutex<BTreeMap<u32, Weak<Engine>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A number under which another thread of this process finds the program.
#[napi]
pub fn share(program: &Handle) -> u32 {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.retain(|_, program| program.strong_count() > 0);
    shared.insert(number, Arc::downgrade(program));
    number
}

/// The program of a number.
#[napi]
pub fn attach(number: u32) -> Made {
    let shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let found = shared.get(&number).and_then(Weak::upgrade);
    guard(|| {
        found.ok_or_else(|| {
            ProblemOut::new(ErrorCode::InvalidValue, "the shared program is gone")
                .help("keep the program until every worker has attached, within one process")
                .into()
        })
    })
    .into()
}
