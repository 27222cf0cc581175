//! The answer for PowerShell: data, a word and its argument a line, in ASCII whatever the console's code page. A first and a
//! last line tell that it is whole.

use super::super::change::Change;
use super::Answer;
use crate::identity::environment::Edit;
use std::fmt::Write;
use zeroize::Zeroizing;

const FIRST: &str = "ostoken 1\n";
const LAST: &str = "end\n";

pub fn answer(answer: &Answer) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::from(FIRST));
    for change in &answer.changes {
        let _ = match change {
            Change::Keep { from, to } => writeln!(text, "copy {to}={from}"),
            Change::Unset(name) => writeln!(text, "unset {name}"),
            Change::Restore => writeln!(text, "restore"),
            Change::Token => writeln!(text, "set OS_TOKEN={}", answer.token_text()),
            Change::Word(name, word) => writeln!(text, "set {name}={word}"),
        };
    }
    let _ = writeln!(text, "left {}", answer.left.max(1));
    let _ = writeln!(text, "lease {}", ascii(answer.lease_text()));
    let _ = writeln!(text, "said {}", answer.said_text());
    text.push_str(LAST);
    text
}

pub fn use_file(edits: &[Edit]) -> String {
    let mut text = format!("{FIRST}restore\n");
    for edit in edits {
        let _ = match edit {
            Edit::Set(name, value) => writeln!(text, "set {name}={}", ascii(value)),
            Edit::Unset(name) => writeln!(text, "unset {name}"),
        };
    }
    text + LAST
}

/// Backslashes and all that is no printable ASCII as `\uXXXX`, UTF-16 units, which `[regex]::Unescape` reads.
pub fn ascii(value: &str) -> String {
    let mut text = String::new();
    for unit in value.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ b' '..=b'~') if byte != b'\\' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}
