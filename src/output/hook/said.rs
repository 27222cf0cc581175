//! What a shell remembers of the answers that it was given: a list of words, `--said`.

use crate::error::Error;
use crate::identity::LoginKey;
use crate::secret::short_digest;

/// A shell that meets more than this forgets the first ones, and is told once more.
const MOST: usize = 16;
/// The longest word that is taken, in bytes.
const LONGEST: usize = 64;
const PENDING: &str = "pending";

/// The causes that a shell was told, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    causes: Vec<String>,
    /// A token is on its way: the next prompt need not wait for it.
    pub pending: bool,
}

impl Said {
    /// Reads the list. What is no word of lower case letters, digits, dots and hyphens is passed over.
    pub fn parse(text: &str) -> Said {
        let is_word = |word: &&str| {
            let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".-".contains(&c);
            !word.is_empty() && word.len() <= LONGEST && word.bytes().all(is_plain)
        };
        let words: Vec<&str> = text.split(',').filter(is_word).collect();
        let causes: Vec<String> =
            words.iter().filter(|word| **word != PENDING).take(MOST).map(|&word| word.to_owned()).collect();
        Said { causes, pending: words.contains(&PENDING) }
    }

    /// Notes that this went wrong with `login`; whether it is to be said now.
    pub fn is_new(&mut self, error: &Error, login: Option<&LoginKey>) -> bool {
        let of = match error {
            // The text of the others may hold times, and names no variable or file that a person mends one after another.
            Error::Usage { .. } | Error::OpenRc(_) | Error::State { .. } => short_digest(&[&error.to_string()]),
            _ => String::new(),
        };
        self.is_new_cause(error.kind().word(), &of, login)
    }

    /// The same for a cause that is no error of this process.
    pub fn is_new_cause(&mut self, word: &str, of: &str, login: Option<&LoginKey>) -> bool {
        let of = if of.is_empty() { String::new() } else { format!(".{of}") };
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
        self.pending = false;
    }

    /// The list.
    pub fn text(&self) -> String {
        let pending = self.pending.then_some(PENDING);
        let words: Vec<&str> = pending.into_iter().chain(self.causes.iter().map(String::as_str)).collect();
        words.join(",")
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
        let mut said = Said::parse("");
        let a = crate::record::tests::identity("p").login.key();
        let unreachable = Error::Unreachable { url: "u".into(), why: "w".into() };
        assert!(said.is_new(&unreachable, Some(&a)));
        let mut again = Said::parse(&said.text());
        assert_eq!(again, said);
        assert!(!again.is_new(&unreachable, Some(&a)));
        assert!(again.is_new(&Error::NoSecret("x".into()), Some(&a)));
        assert!(again.is_new(&unreachable, None));
        again.succeeded(&a);
        assert!(again.is_new(&unreachable, Some(&a)) && !again.is_new(&unreachable, None));
        let usage = |name: &str| Error::usage(name, "w");
        assert!(again.is_new(&usage("OS_A"), None) && again.is_new(&usage("OS_B"), None));
        assert!(!again.is_new(&usage("OS_A"), None));
    }

    #[test]
    fn a_hostile_list_is_bounded() {
        assert_eq!(Said::parse("a b,$(x),..,pending,A,gone").text(), "pending,..,gone");
        let long = vec!["x"; 1000].join(",");
        assert_eq!(Said::parse(&long).text(), vec!["x"; MOST].join(","));
        let mut said = Said::parse(&(0..MOST).map(|n| format!("c{n}")).collect::<Vec<_>>().join(","));
        assert!(said.is_new_cause("new", "", None));
        assert!(said.text().ends_with(",c15,new") && !said.text().contains("c0,"));
    }
}
