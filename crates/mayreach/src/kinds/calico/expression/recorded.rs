//! The selector language against the recording of Calico's own parser: validity, canonical text,
//! evaluation.

use std::{collections::BTreeMap, io::Read, path::Path};

use super::parse;
use crate::model::selector::Selector;

#[derive(serde::Deserialize)]
struct Recorded {
    selector: String,
    valid: bool,
    #[serde(default)]
    canonical: String,
    #[serde(default)]
    cases: Vec<(BTreeMap<String, String>, bool)>,
}

#[test]
fn every_recorded_selector_is_read_as_calico_reads_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    #[allow(clippy::disallowed_methods, reason = "a test reads its recording")]
    let bytes = std::fs::read(root.join("tests/cases/calico/recorded/selectors.jsonl.gz")).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    let mut asked = 0;
    for line in text.lines() {
        let Recorded { selector, valid, canonical, cases } = serde_json::from_str(line).unwrap();
        let read = parse(&selector);
        assert_eq!(read.is_ok(), valid, "{selector:?}");
        let Ok(expression) = read else { continue };
        assert_eq!(expression.to_string(), canonical, "{selector:?}");
        let lowered = Selector::from(expression);
        for (labels, matches) in cases {
            asked += 1;
            let found = lowered.matches(&|key| labels.get(key).map(String::as_str));
            assert_eq!(found, matches, "{selector:?} on {labels:?}");
        }
    }
    assert!(asked >= 5_000, "only {asked} evaluations found");
}
