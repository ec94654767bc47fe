//! Changes to a program, here and away from the event loop.

use std::sync::Arc;

use mayreach_wire::{
    Engine, ProblemOut, Problems,
    mayreach::{Changes, ErrorCode, ObjectRef},
};
use napi::{Env, Task, bindgen_prelude::AsyncTask};
use napi_derive::napi;
use serde::Deserialize;

use crate::{
    Handle,
    answer::Made,
    compile::{Input, Sources},
    guard::{Answered, guard},
};

/// An object that is gone, as JavaScript names it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    #[serde(default)]
    group: Option<String>,
    kind: String,
    #[serde(default)]
    namespace: Option<String>,
    name: String,
}

fn gone(json: &str) -> Result<Vec<ObjectRef>, Problems> {
    let named: Result<Vec<Gone>, _> = serde_json::from_str(json);
    let named = named.map_err(|error| {
        let message = format!("not an object's name: {error}");
        ProblemOut::new(ErrorCode::InvalidValue, message).field("remove")
    })?;
    let references = named.into_iter().map(|Gone { group, kind, namespace, name }| ObjectRef {
        group,
        kind,
        namespace,
        name,
    });
    Ok(references.collect())
}

fn changed(engine: &Engine, set: &Input, remove: &str) -> Answered<Arc<Engine>> {
    guard(|| Ok(Arc::new(engine.update(&Changes { set: set.load()?, remove: gone(remove)? })?)))
}

/// The program after a change; this one stays as it is.
#[napi]
pub fn update(program: &Handle, set: Sources, remove: String) -> Made {
    changed(program, &set.into(), &remove).into()
}

/// Changes away from the event loop.
pub struct Changing {
    engine: Arc<Engine>,
    set: Input,
    remove: String,
}

impl Task for Changing {
    type Output = Answered<Arc<Engine>>;
    type JsValue = Made;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(changed(&self.engine, &self.set, &self.remove))
    }

    fn resolve(&mut self, _: Env, compiled: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(compiled.into())
    }
}

/// As [`update`], away from the event loop.
#[napi]
pub fn update_async(program: &Handle, set: Sources, remove: String) -> AsyncTask<Changing> {
    AsyncTask::new(Changing { engine: Arc::clone(program), set: set.into(), remove })
}
