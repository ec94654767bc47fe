//! A test report: one test case an ordered pair, so that a pipeline shows what failed.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::{
    listing::Listing,
    sheet::{Row, Sheet, Status},
};

/// `JUnit` XML. An open pair fails, one that is not proved is an error.
///
/// # Errors
/// None that memory does not make.
pub fn junit(sheet: &Sheet) -> Result<String, String> {
    let mut suite = TestSuite::new(sheet.title.as_str());
    for row in &sheet.rows {
        let mut case = TestCase::new(format!("{} → {}", row.from, row.to), status(row));
        case.set_classname(format!("mayreach.{}", row.from));
        suite.add_test_case(case);
    }
    whole(suite)
}

/// The same of a listing: what does not hold fails, what is not proved is an error.
///
/// # Errors
/// None that memory does not make.
pub fn junit_of_listing(listing: &Listing) -> Result<String, String> {
    let mut suite = TestSuite::new(listing.title.as_str());
    for case in &listing.cases {
        let kind = match case.holds {
            Some(true) => None,
            Some(false) => Some(NonSuccessKind::Failure),
            None => Some(NonSuccessKind::Error),
        };
        let status = kind.map_or_else(TestCaseStatus::success, |kind| {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(case.lines.first().map_or("", String::as_str));
            status.set_description(case.lines.join("\n"));
            status
        });
        let mut made = TestCase::new(case.name.as_str(), status);
        made.set_classname("mayreach");
        suite.add_test_case(made);
    }
    whole(suite)
}

fn whole(suite: TestSuite) -> Result<String, String> {
    let mut report = Report::new("mayreach");
    report.add_test_suite(suite);
    report.to_string().map_err(|error| error.to_string())
}

fn status(row: &Row) -> TestCaseStatus {
    let kind = match row.status {
        Status::Open => NonSuccessKind::Failure,
        Status::NotProved => NonSuccessKind::Error,
        _ => return TestCaseStatus::success(),
    };
    let mut status = TestCaseStatus::non_success(kind);
    let at = row.at.iter().map(|at| format!("at {at}"));
    let example = row.example.iter().map(|example| format!("example: {example}"));
    let lines: Vec<String> = [row.why.clone()].into_iter().chain(at).chain(example).collect();
    status.set_message(row.why.as_str()).set_type(row.status.as_str());
    status.set_description(lines.join("\n"));
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_pair_fails_with_its_reason() {
        let row = |to: &str, status| Row {
            from: "a".to_owned(),
            to: to.to_owned(),
            status,
            why: "let in by <x>".to_owned(),
            at: Some("p.yaml:3".to_owned()),
            example: None,
        };
        let rows =
            vec![row("b", Status::Open), row("c", Status::Isolated), row("d", Status::NotProved)];
        let sheet = Sheet { title: "t".to_owned(), groups: Vec::new(), rows };
        let shown = junit(&sheet).unwrap_or_default();
        assert!(shown.contains(r#"tests="3""#), "{shown}");
        assert!(shown.contains(r#"failures="1""#) && shown.contains(r#"errors="1""#), "{shown}");
        assert!(shown.contains("let in by &lt;x&gt;"), "{shown}");
    }
}
