//! Changes: what replaces what, and what is refused.

use super::*;

fn limits() -> Limits {
    Limits::default()
}

fn source(name: &str, objects: &[(&str, &str)]) -> Source {
    let texts = objects.iter().map(|(kind, name)| {
        format!("{{apiVersion: v1, kind: {kind}, metadata: {{name: {name}, namespace: shop}}}}\n")
    });
    Source::new(name, texts.collect::<Vec<_>>().join("---\n"))
}

fn documents() -> Documents {
    let first = source("a.yaml", &[("Pod", "web"), ("Pod", "db")]);
    Documents::read(&[first, source("b.yaml", &[("Service", "web")])], &limits()).unwrap()
}

fn set(sources: Vec<Source>) -> Changes {
    Changes { set: sources, ..Changes::default() }
}

fn titles(documents: &Documents) -> Vec<String> {
    let at = |d: &Document| {
        format!("{} {}:{}", d.title(), documents.names[d.place.source.0 as usize], d.place.line)
    };
    documents.all.iter().map(at).collect()
}

#[test]
fn an_object_replaces_its_namesake_and_says_where_it_is_written() {
    let next = documents()
        .change(&set(vec![source("c.yaml", &[("Pod", "new"), ("Pod", "db")])]), &limits())
        .unwrap();
    assert_eq!(
        titles(&next),
        [
            "Pod shop/web a.yaml:1",
            "Pod shop/db c.yaml:3",
            "Service shop/web b.yaml:1",
            "Pod shop/new c.yaml:1"
        ],
    );
}

#[test]
fn names_of_sources_do_not_pile_up() {
    let mut now = documents();
    for n in 0..50 {
        now = now
            .change(&set(vec![source(&format!("{n}.yaml"), &[("Pod", "db")])]), &limits())
            .unwrap();
    }
    assert_eq!(titles(&now)[1], "Pod shop/db 49.yaml:1");
    assert!(now.names.len() <= 4, "{:?}", now.names);
}

#[test]
fn a_kind_of_the_same_name_stays() {
    let remove = vec![ObjectRef::new("Pod", Some("shop"), "web")];
    let next = documents().change(&Changes { remove, ..Changes::default() }, &limits()).unwrap();
    assert_eq!(
        titles(&next),
        ["Pod shop/db a.yaml:2", "Service shop/web b.yaml:1"]
            .map(|t| t.replace("a.yaml:2", "a.yaml:3"))
    );
}

fn refused(changes: &Changes) -> Problem {
    documents().change(changes, &limits()).unwrap_err().remove(0)
}

#[test]
fn what_is_not_there_cannot_go() {
    let remove = vec![ObjectRef::new("Pod", Some("shop"), "dbb")];
    let problem = refused(&Changes { remove, ..Changes::default() });
    assert_eq!(problem.code, ErrorCode::UnknownObject);
    assert_eq!(problem.help.as_deref(), Some("did you mean `Pod shop/db`?"));
}

#[test]
fn twice_or_both_ways_is_refused() {
    let twice = source("c.yaml", &[("Pod", "x"), ("Pod", "x")]);
    assert_eq!(refused(&set(vec![twice])).code, ErrorCode::Duplicate);
    let remove = vec![ObjectRef::new("Pod", Some("shop"), "db")];
    let problem = refused(&Changes { set: vec![source("c.yaml", &[("Pod", "db")])], remove });
    assert_eq!((problem.code, problem.file.as_deref()), (ErrorCode::Conflict, Some("c.yaml")));
}

#[test]
fn the_default_namespace_is_none() {
    let one = |text: &str| Documents::read(&[Source::new("a.yaml", text)], &limits()).unwrap();
    let unsaid = one("{apiVersion: v1, kind: Pod, metadata: {name: a}}");
    let said = Source::new(
        "b.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default}}",
    );
    assert_eq!(unsaid.change(&set(vec![said]), &limits()).unwrap().all.len(), 1);
}
