//! The findings for a person and for a program.

use super::{Finding, Level};
use serde_json::json;

/// A line for each finding, and one below it for what mends it.
pub fn for_people(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { level, subject, text: found, mend } in findings {
        let word = match level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Problem => "problem",
        };
        text.push_str(&format!("{word:<8} {subject}: {found}\n"));
        if let Some(mend) = mend {
            text.push_str(&format!("{:<8} mend: {mend}\n", ""));
        }
    }
    text
}

/// The same as an object.
pub fn for_programs(findings: &[Finding]) -> String {
    format!("{:#}\n", json!({ "version": 1, "problems": problems(findings), "findings": findings }))
}

/// How many problems there are.
pub fn problems(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.level == Level::Problem).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> [Finding; 3] {
        [
            Finding::ok("clock", "agrees with the server's"),
            Finding::note("OS_CLOUD", "it wins\u{1b}[31m", "unset OS_CLOUD"),
            Finding::problem("OS_TOKEN", "yours", "unset OS_TOKEN"),
        ]
    }

    #[test]
    fn a_person_reads_a_line_for_each_and_what_mends_it() {
        let expected = "ok       clock: agrees with the server's\n\
                        note     OS_CLOUD: it wins\\u{1b}[31m\n         mend: unset OS_CLOUD\n\
                        problem  OS_TOKEN: yours\n         mend: unset OS_TOKEN\n";
        assert_eq!(for_people(&findings()), expected);
    }

    #[test]
    fn a_program_reads_the_same() {
        let read: serde_json::Value = serde_json::from_str(&for_programs(&findings())).expect("JSON");
        assert_eq!((&read["version"], &read["problems"]), (&json!(1), &json!(1)));
        let last = json!({ "level": "problem", "subject": "OS_TOKEN", "text": "yours", "mend": "unset OS_TOKEN" });
        assert_eq!(read["findings"][2], last);
        assert_eq!(read["findings"][0]["mend"], json!(null));
    }
}
