//! Cedar: one policy an AuthorizationPolicy, requests and entities built beforehand.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
    time::Duration,
};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression,
};
use mayreach_benches::{METHODS, Rule};

use crate::{Set, keep};

fn uid(kind: &str, id: &str) -> EntityUid {
    let kind = EntityTypeName::from_str(kind).expect("a name");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

fn policy(set: &Set, number: usize, rule: &Rule) -> String {
    let workload = &set.cluster.workloads[rule.workload];
    let [one, two] = rule.clients.map(|client| set.cluster.workloads[client].principal());
    let [first, second] = rule.methods.map(|method| METHODS[method]);
    let [path, other] = &rule.prefixes;
    let effect = if rule.deny { "forbid" } else { "permit" };
    format!(
        "@id(\"{number}\") {effect}(principal, action in [Action::\"{first}\", Action::\"{second}\"], \
         resource in Sel::\"{}/app={}\") when {{ [SA::\"{one}\", SA::\"{two}\"].contains(principal) \
         && (context.path like \"{path}*\" || context.path like \"{other}*\") }};\n",
        workload.namespace, workload.name,
    )
}

fn entities(set: &Set) -> Entities {
    let mut all = Vec::new();
    for workload in &set.cluster.workloads {
        let (namespace, name) = (&workload.namespace, &workload.name);
        let selector = uid("Sel", &format!("{namespace}/app={name}"));
        all.push(Entity::new_no_attrs(selector.clone(), HashSet::new()));
        let pod = uid("Pod", &format!("{namespace}/{name}"));
        all.push(Entity::new_no_attrs(pod, HashSet::from([selector])));
    }
    Entities::from_entities(all, None).expect("entities")
}

fn requests(set: &Set) -> Vec<Request> {
    let each = set.asks.iter().zip(&set.principals).map(|(ask, who)| {
        let workload = &set.cluster.workloads[ask.destination as usize];
        let path = RestrictedExpression::new_string(ask.path().to_owned());
        let context = Context::from_pairs([("path".to_owned(), path)]).expect("a context");
        let action = uid("Action", METHODS[usize::from(ask.method)]);
        let pod = uid("Pod", &format!("{}/{}", workload.namespace, workload.name));
        Request::new(uid("SA", who), action, pod, context, None).expect("a request")
    });
    each.collect()
}

pub(crate) fn rows(set: &Set, budget: Duration) {
    let (entities, requests, engine) = (entities(set), requests(set), Authorizer::new());
    let mut whole = String::new();
    let mut slices: HashMap<usize, String> = HashMap::new();
    for (number, rule) in set.cluster.rules.iter().enumerate() {
        let text = policy(set, number, rule);
        whole.push_str(&text);
        slices.entry(rule.workload).or_default().push_str(&text);
    }
    let parse = |text: &str| PolicySet::from_str(text).expect("policies");
    let allows = |policies: &PolicySet, n: usize| {
        let answer = engine.is_authorized(&requests[n], policies, &entities);
        answer.decision() == Decision::Allow
    };
    let slices: HashMap<usize, PolicySet> =
        slices.into_iter().map(|(workload, text)| (workload, parse(&text))).collect();
    let sliced: Vec<&PolicySet> =
        set.asks.iter().map(|ask| &slices[&(ask.destination as usize)]).collect();
    keep("cedar-sliced", set, budget, |n| allows(sliced[n], n));
    let whole = parse(&whole);
    keep("cedar-whole", set, budget, |n| allows(&whole, n));
}
