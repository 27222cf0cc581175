//! The credential protocol's lines (`git help credential`, "INPUT/OUTPUT FORMAT"; PROTOCOL.md has every attribute).

use crate::error::{Error, escaped};
use crate::identity::{AuthUrl, Login};
use crate::secret::Secret;
use percent_encoding::percent_decode_str;
use std::io::{BufRead, Read as _};

/// The longest line, in bytes: git's own.
const LONGEST_LINE: u64 = 65_535;
/// What PowerShell and editors on Windows put before text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What to do about a description that cannot be used.
pub const HINT: &str = "see PROTOCOL.md for the lines that ostoken reads";
const NO_URL: &str = "`url`: expected `protocol://host`";
/// The most lines of one message.
const MOST_LINES: usize = 1024;

/// A description of a credential, as git or another program writes it. Unknown attributes are passed over.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Whether any line came, also one that is passed over.
    pub has_lines: bool,
    /// `protocol`
    pub protocol: Option<String>,
    /// `host`, with a port where one was given
    pub host: Option<String>,
    /// `path`
    pub path: Option<String>,
    /// `username`
    pub username: Option<String>,
    /// `password`
    pub password: Option<Secret>,
    /// `authtype`
    pub authtype: Option<String>,
    /// `credential`
    pub credential: Option<Secret>,
    /// `capability[]=authtype`: the caller takes another scheme than a user and a password.
    knows_authtype: bool,
    /// The last `wwwauth[]` lines, after an empty one: the server takes a bearer token.
    server_takes_bearer: bool,
}

impl Message {
    /// Reads `key=value` lines up to an empty line or the end.
    ///
    /// # Errors
    /// [`Error::Usage`] with the line's number for one that is too long, no text, without `=` or with a control
    /// character: one CR directly before LF belongs to the line end, any other one is refused.
    pub fn read(input: &mut dyn BufRead) -> Result<Message, Error> {
        let mut message = Message::default();
        for number in 1.. {
            let refuse = |why: &str| Error::usage(format!("credential description, line {number}"), why, HINT);
            if number > MOST_LINES {
                return Err(refuse(&format!("expected at most {MOST_LINES} lines")));
            }
            let mut line = zeroize::Zeroizing::new(Vec::new());
            let read = (&mut *input).take(LONGEST_LINE + 2).read_until(b'\n', &mut line);
            read.map_err(|error| Error::Io { what: "standard input", error })?;
            let line = match line.strip_suffix(b"\n") {
                Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
                None => &line,
            };
            let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| number == 1).unwrap_or(line);
            if line.is_empty() {
                break;
            }
            if line.len() as u64 > LONGEST_LINE {
                return Err(refuse("too long"));
            }
            let Ok(line) = std::str::from_utf8(line) else { return Err(refuse("not valid UTF-8")) };
            if line.chars().any(char::is_control) {
                return Err(refuse("contains a control character"));
            }
            let Some((key, value)) = line.split_once('=') else { return Err(refuse("missing `=`")) };
            message.has_lines = true;
            message.take(key, value).map_err(|why| refuse(&why))?;
        }
        Ok(message)
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let text = || Some(value.to_owned());
        match key {
            "protocol" => self.protocol = text(),
            "host" => self.host = text(),
            "path" => self.path = text(),
            "username" => self.username = text(),
            "password" => self.password = Some(value.into()),
            "authtype" => self.authtype = text(),
            "credential" => self.credential = Some(value.into()),
            "capability[]" => self.knows_authtype |= value == "authtype",
            // An empty value begins the list anew.
            "wwwauth[]" => {
                self.server_takes_bearer = !value.is_empty() && (self.server_takes_bearer || is_bearer(value))
            }
            "url" => self.take_url(value)?,
            _ => {}
        }
        Ok(())
    }

    /// A URL stands for its parts and for nothing that was said before it, as git reads it (`credential_from_url`): cut at the
    /// first `@` and `:` before the path, percent-decoded, and in the case that it has.
    fn take_url(&mut self, text: &str) -> Result<(), String> {
        // The URL may hold a password: no error shows it.
        let (protocol, rest) = text.split_once("://").filter(|(protocol, _)| !protocol.is_empty()).ok_or(NO_URL)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (account, host) =
            authority.split_once('@').map_or((None, authority), |(account, host)| (Some(account), host));
        let (username, password) = match account.map(|account| account.split_once(':').ok_or(account)) {
            Some(Ok((username, password))) => (Some(username), Some(password)),
            Some(Err(username)) => (Some(username), None),
            None => (None, None),
        };
        *self = Message {
            has_lines: true,
            protocol: Some(protocol.to_owned()),
            host: Some(decoded(host)?),
            path: Some(decoded(path.trim_start_matches('/'))?.trim_end_matches('/').to_owned())
                .filter(|p| !p.is_empty()),
            username: username.map(decoded).transpose()?,
            password: password.map(decoded).transpose()?.map(Secret::from),
            knows_authtype: self.knows_authtype,
            server_takes_bearer: self.server_takes_bearer,
            ..Message::default()
        };
        Ok(())
    }

    /// Whether the token is wanted as a bearer token rather than as a password.
    pub fn wants_bearer(&self) -> bool {
        self.knows_authtype && self.server_takes_bearer
    }

    /// Whether the description names a server at all.
    ///
    /// # Errors
    /// [`Error::Usage`] where it does not: it is nobody's.
    pub fn check(&self) -> Result<(), Error> {
        match (&self.protocol, &self.host) {
            (Some(_), Some(_)) => Ok(()),
            _ => Err(Error::usage("credential description", "expected `protocol` and `host`, or `url`", HINT)),
        }
    }

    /// Whether the description is of this Keystone: protocol, host and port are its own, and so is the path where one
    /// is given, as far as the shorter of the two goes.
    pub fn is_for(&self, auth_url: &AuthUrl) -> bool {
        let (scheme, host, own_path) = auth_url.parts();
        let same_protocol = self.protocol.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(scheme));
        let same_host = self.host.as_deref().is_some_and(|given| {
            let given = given.to_ascii_lowercase();
            let default = if scheme == "https" { ":443" } else { ":80" };
            given.strip_suffix(default).unwrap_or(&given) == host
        });
        let same_path = self.path.as_deref().is_none_or(|given| {
            let segments =
                |path: &str| path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            segments(given).iter().zip(&segments(own_path)).all(|(a, b)| a == b)
        });
        same_protocol && same_host && same_path
    }

    /// Whether the account is this login's own, where one is given.
    pub fn is_of(&self, login: &Login) -> bool {
        self.username.as_deref().is_none_or(|given| given == login.method.label())
    }
}

/// Whether a WWW-Authenticate header offers the scheme of RFC 6750.
fn is_bearer(challenge: &str) -> bool {
    challenge.split_whitespace().next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
}

/// Percent-decoded as git does it (`url_decode_mem`): not before a colon, and no NUL.
fn decoded(part: &str) -> Result<String, String> {
    let colon = part.find(':').unwrap_or(0);
    let mut text = part[..colon].to_owned();
    for (number, piece) in part[colon..].split("%00").enumerate() {
        let piece = percent_decode_str(piece).decode_utf8().map_err(|_| "`url` is not valid UTF-8")?;
        text.extend((number > 0).then_some("%00").into_iter().chain([&*piece]));
    }
    match text.chars().any(char::is_control) {
        true => Err("`url` contains a control character".to_owned()),
        false => Ok(text),
    }
}

/// One `key=value` line of an answer.
///
/// # Errors
/// [`Error::Usage`] for a value that would end the line.
pub fn line(key: &str, value: &str) -> Result<String, Error> {
    match value.chars().any(char::is_control) {
        true => Err(Error::variable(key, format!("`{}` contains a control character", escaped(value, 80)))),
        false => Ok(format!("{key}={value}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Message, Error> {
        Message::read(&mut text.as_bytes())
    }

    #[test]
    fn lines_end_at_an_empty_one_or_at_the_end() {
        let message =
            read("protocol=https\r\nhost=h:5000\npassword=a=b\nwhatever[]=1\n\nusername=late\n").expect("read");
        assert_eq!(message.host.as_deref(), Some("h:5000"));
        assert_eq!(message.password, Some(Secret::from("a=b")));
        assert_eq!(message.username, None);
        assert!(!read("").expect("read").has_lines && !read("\n").expect("read").has_lines);
        assert_eq!(read("host=h").expect("read").host.as_deref(), Some("h"));
    }

    /// What git 2.39 makes of these (`url=... | git credential fill` with a helper that shows its input).
    #[test]
    fn a_url_stands_for_the_parts_that_git_finds_in_it() {
        let parts = |url: &str| {
            let message = read(&format!("username=before\npath=before\nurl={url}\n")).expect("read");
            let Message { protocol, host, path, username, password, .. } = message;
            let password = password.map(|secret| secret.expose().to_owned());
            [protocol, host, path, username, password].map(|part| part.unwrap_or_else(|| "-".into()))
        };
        for (url, expected) in [
            ("https://me@H.example.com:5000/identity/v3", ["https", "H.example.com:5000", "identity/v3", "me", "-"]),
            ("HTTPS://h", ["HTTPS", "h", "-", "-", "-"]),
            ("https://h//a//b//", ["https", "h", "a//b", "-", "-"]),
            ("https://h?q=1/x", ["https", "h", "?q=1/x", "-", "-"]),
            ("https://h#f", ["https", "h", "#f", "-", "-"]),
            ("https://u:p:q@h", ["https", "h", "-", "u", "p:q"]),
            ("https://u@x@h", ["https", "x@h", "-", "u", "-"]),
            ("https://:p@h", ["https", "h", "-", "", "p"]),
            ("https://@h", ["https", "h", "-", "", "-"]),
            ("https://h/a@b:c", ["https", "h", "a@b:c", "-", "-"]),
            ("https://u%40x:p%3Aq@h%2ex/a%2Fb+c", ["https", "h.x", "a/b+c", "u@x", "p:q"]),
            ("https://u%zz@h/%", ["https", "h", "%", "u%zz", "-"]),
            ("https://u%00@h", ["https", "h", "-", "u%00", "-"]),
            ("https://%41%2e:5%30/%41%2f:%41", ["https", "%41%2e:50", "%41%2f:A", "-", "-"]),
            ("cert:///path", ["cert", "", "path", "-", "-"]),
            ("https://[::1]:5000/v3", ["https", "[::1]:5000", "v3", "-", "-"]),
        ] {
            assert_eq!(parts(url), expected.map(str::to_owned), "{url}");
        }
        for bad in ["h", "://h", "/v3", "", "https:/h", "https://h%0ahost=x", "https://u%1b@h", "https://h/%ff"] {
            let error = read(&format!("url={bad}\n")).expect_err(bad).to_string();
            assert!(error.contains("line 1") && error.contains("`url`"), "{error}");
        }
    }

    #[test]
    fn a_byte_order_mark_before_the_first_line_is_passed_over() {
        assert_eq!(read("\u{feff}host=h\n").expect("read").host.as_deref(), Some("h"));
        assert_eq!(read("\u{feff}\n").expect("read"), Message::default());
        assert_eq!(read("host=h\n\u{feff}host=i\n").expect("read").host.as_deref(), Some("h"));
    }

    #[test]
    fn bad_lines_are_refused_with_their_number_and_without_their_value() {
        for bad in ["password=a\rb\n", "password=a\0b\n", "password=a\r\r\n", "password\n", "password=\u{1b}\n"] {
            let error = read(&format!("host=h\n{bad}")).expect_err("refused").to_string();
            assert!(error.contains("line 2"), "{error}");
        }
        let long = format!("password={}\n", "x".repeat(70_000));
        assert!(read(&long).expect_err("refused").to_string().contains("too long"));
    }

    fn is_for(description: &str, auth_url: &str) -> bool {
        read(description).expect("read").is_for(&AuthUrl::parse(auth_url, false).expect("a URL"))
    }

    #[test]
    fn a_description_is_of_one_keystone_alone() {
        assert!(is_for("protocol=https\nhost=H.example.com:443\n", "https://h.example.com/v3"));
        assert!(is_for("protocol=https\nhost=h\npath=identity\n", "https://h/identity/v3"));
        assert!(is_for("protocol=https\nhost=h\npath=identity/v3/auth/tokens\n", "https://h/identity/v3"));
        for other in [
            "protocol=http\nhost=h\n",
            "protocol=https\nhost=h:5000\n",
            "protocol=https\nhost=h.evil.com\n",
            "protocol=https\nhost=h\npath=ident\n",
            "host=h\n",
            "protocol=https\n",
        ] {
            assert!(!is_for(other, "https://h/identity/v3"), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Message::read(&mut &bytes[..]);
        }

        #[test]
        fn what_is_written_is_read_again(value in "[^\\p{Cc}]{1,40}") {
            let text = line("username", &value).expect("a line");
            prop_assert_eq!(read(&text).expect("read").username, Some(value));
        }
    }
}
