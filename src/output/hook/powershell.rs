//! The answer for PowerShell: data, a word and its argument a line, in ASCII whatever the console's code page. A first and a
//! last line tell that it is whole.

use super::Answer;
use crate::identity::environment::EnvChange;
use std::fmt::Write;
use zeroize::Zeroizing;

const FIRST: &str = "ostoken 1\n";
const LAST: &str = "end\n";

pub fn answer(answer: &Answer) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::from(FIRST));
    write_changes(&mut text, &answer.changes);
    let _ = writeln!(text, "left {}", answer.left.max(1));
    let _ = writeln!(text, "lease {}", ascii(answer.lease_text()));
    let _ = writeln!(text, "said {}", answer.notice_text());
    text.push_str(LAST);
    text
}

pub fn changes(changes: &[EnvChange]) -> String {
    let mut text = String::from(FIRST);
    write_changes(&mut text, changes);
    text + LAST
}

fn write_changes(text: &mut String, changes: &[EnvChange]) {
    for change in changes {
        let _ = match change {
            EnvChange::Copy { from, to } => writeln!(text, "copy {to}={from}"),
            EnvChange::Set(name, value) => writeln!(text, "set {name}={}", ascii(value)),
            EnvChange::Unset(name) => writeln!(text, "unset {name}"),
            EnvChange::Restore => writeln!(text, "restore"),
            EnvChange::Token(token) => writeln!(text, "set OS_TOKEN={}", token.expose()),
        };
    }
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
