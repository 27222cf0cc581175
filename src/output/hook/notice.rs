//! What a shell remembers of the answers that it was given: a list of words, `--said`.

use crate::error::{Error, Kind};
use crate::identity::LoginKey;
use crate::secret::short_digest;

/// A shell that meets more than this forgets the first ones, and is told once more.
const MOST: usize = 16;
/// The longest word that is taken, in bytes.
const LONGEST: usize = 64;
/// A token is on its way; a word of this beginning says since when.
const PENDING: &str = "pending";
const SINCE: &str = "since.";

/// The causes that a shell was told, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    causes: Vec<String>,
    /// A token is on its way since this time (Unix seconds): the next prompt need not wait for it.
    pub pending_since: Option<i64>,
}

impl Notice {
    /// Reads the list. What is no word of lower case letters, digits, dots and hyphens is passed over.
    pub fn parse(text: &str) -> Notice {
        let is_word = |word: &&str| {
            let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".-".contains(&c);
            !word.is_empty() && word.len() <= LONGEST && word.bytes().all(is_plain)
        };
        let words: Vec<&str> = text.split(',').filter(is_word).collect();
        let since = words.iter().find_map(|word| word.strip_prefix(SINCE)?.parse().ok());
        let is_cause = |word: &&&str| **word != PENDING && !word.starts_with(SINCE);
        let causes: Vec<String> = words.iter().filter(is_cause).take(MOST).map(|&word| word.to_owned()).collect();
        // Without a time: the beginning of it all.
        Notice { causes, pending_since: words.contains(&PENDING).then(|| since.unwrap_or_default()) }
    }

    /// Notes that this went wrong with `login`; whether it is to be said now.
    pub fn is_new(&mut self, error: &Error, login: Option<&LoginKey>) -> bool {
        let text = match error {
            Error::BackingOff { message, .. } => message.clone(),
            other => other.to_string(),
        };
        let text = match error.kind() {
            // They name a variable or file, which a person mends one after another.
            Kind::Usage | Kind::State => text,
            // Numbers are times and ports: the same cause has others at each prompt.
            _ => text.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit())).collect(),
        };
        self.is_new_cause(error.kind().word(), &text, login)
    }

    /// The same for a cause that is no error of this process.
    pub fn is_new_cause(&mut self, word: &str, of: &str, login: Option<&LoginKey>) -> bool {
        let of = if of.is_empty() { String::new() } else { format!(".{}", short_digest(&[of])) };
        let cause = format!("{word}{of}{}", suffix(login));
        if self.causes.contains(&cause) {
            return false;
        }
        if self.causes.len() >= MOST {
            self.causes.remove(0);
        }
        self.causes.push(cause);
        true
    }

    /// Notes that nothing is wrong with `login`.
    pub fn succeeded(&mut self, login: &LoginKey) {
        let suffix = suffix(Some(login));
        self.causes.retain(|cause| !cause.ends_with(&suffix));
        self.pending_since = None;
    }

    /// The list.
    pub fn text(&self) -> String {
        let pending = self.pending_since.map(|since| format!("{PENDING},{SINCE}{since}"));
        pending.into_iter().chain(self.causes.iter().cloned()).collect::<Vec<_>>().join(",")
    }
}

/// What ends the causes of a login.
fn suffix(login: Option<&LoginKey>) -> String {
    login.map_or_else(String::new, |login| format!(".{}", login.as_str().get(..16).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_of_each_login_is_said_once_until_that_login_works() {
        let mut notice = Notice::parse("");
        let a = crate::record::tests::identity("p").login.key();
        let unreachable = Error::Unreachable { url: "u".into(), why: "w".into(), is_timeout: false };
        assert!(notice.is_new(&unreachable, Some(&a)));
        let mut again = Notice::parse(&notice.text());
        assert_eq!(again, notice);
        assert!(!again.is_new(&unreachable, Some(&a)));
        assert!(again.is_new(&Error::NoSecret { secret: "password", login: "x".into() }, Some(&a)));
        assert!(again.is_new(&unreachable, None));
        again.succeeded(&a);
        assert!(again.is_new(&unreachable, Some(&a)) && !again.is_new(&unreachable, None));
        let port =
            |port: u32| Error::Unreachable { url: format!("https://h:{port}"), why: "w".into(), is_timeout: false };
        assert!(again.is_new(&port(1), Some(&a)) && !again.is_new(&port(2), Some(&a)));
        let later = Error::BackingOff { seconds: 9, message: port(3).to_string(), kind: Kind::Unreachable };
        assert!(!again.is_new(&later, Some(&a)), "it was said when it happened");
        let reset = Error::Unreachable { url: "https://h:1".into(), why: "connection reset".into(), is_timeout: false };
        assert!(again.is_new(&reset, Some(&a)), "another cause");
        let usage = |name: &str| Error::variable(name, "w");
        assert!(again.is_new(&usage("OS_A"), None) && again.is_new(&usage("OS_B"), None));
        assert!(!again.is_new(&usage("OS_A"), None));
    }

    #[test]
    fn a_hostile_list_is_bounded() {
        assert_eq!(Notice::parse("a b,$(x),..,pending,A,gone").text(), "pending,since.0,..,gone");
        assert_eq!(Notice::parse("since.7,pending,a").text(), "pending,since.7,a");
        assert_eq!(Notice::parse("since.7,since.x,a").text(), "a");
        let long = vec!["x"; 1000].join(",");
        assert_eq!(Notice::parse(&long).text(), vec!["x"; MOST].join(","));
        let mut notice = Notice::parse(&(0..MOST).map(|n| format!("c{n}")).collect::<Vec<_>>().join(","));
        assert!(notice.is_new_cause("new", "", None));
        assert!(notice.text().ends_with(",c15,new") && !notice.text().contains("c0,"));
    }
}
