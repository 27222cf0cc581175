//! A secret as it arrives on standard input: from a Unix pipe, a file that an editor on Windows saved, or PowerShell.

use crate::error::Error;
use crate::secret::{LONGEST_VALUE, Secret};
use std::io::Read;
use zeroize::Zeroizing;

const HINT: &str = "give the password as one line on standard input";
const POWERSHELL: &str = "in PowerShell, run `$OutputEncoding = [Text.Encoding]::UTF8` first";

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARK: &[u8] = b"\xff\xfe";

/// Reads a secret of one line: UTF-8, with or without a byte order mark, or UTF-16LE with one. One line end after it,
/// LF or CRLF, does not belong to it.
///
/// # Errors
/// [`Error::Io`]; as [`checked`].
pub fn from_stdin(stdin: &mut dyn Read) -> Result<Secret, Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    // As UTF-16 each byte of a secret has at most two, and so have the line end and the mark.
    let read = stdin.take(2 * (LONGEST_VALUE as u64 + 2) + 3).read_to_end(&mut bytes);
    read.map_err(|error| Error::Io { what: "standard input", error })?;
    let text = decoded(&bytes)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    checked(line.strip_suffix('\r').unwrap_or(line))
}

/// Takes `text` as a secret.
///
/// # Errors
/// [`Error::Usage`] where it is empty, longer than [`LONGEST_VALUE`] or more than one line.
pub fn checked(text: &str) -> Result<Secret, Error> {
    let refuse = |why: &str| Err(Error::usage("password", why, HINT));
    match text {
        "" => refuse("it is empty"),
        text if text.len() > LONGEST_VALUE => {
            refuse(&format!("expected at most {LONGEST_VALUE} bytes, found {}", text.len()))
        }
        text if text.contains(['\n', '\r', '\0']) => refuse("expected one line, found a line break or NUL"),
        text => Ok(Secret::from(text)),
    }
}

fn decoded(bytes: &[u8]) -> Result<Zeroizing<String>, Error> {
    if let Some(units) = bytes.strip_prefix(UTF16_MARK) {
        let refuse = || Error::usage("password", "not valid UTF-16LE", HINT);
        let units = Zeroizing::new(units.chunks(2).map(unit).collect::<Option<Vec<u16>>>().ok_or_else(refuse)?);
        return String::from_utf16(&units).map(Zeroizing::new).map_err(|_| refuse());
    }
    let text = std::str::from_utf8(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes));
    match text {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Error::usage("password", "not valid UTF-8", POWERSHELL)),
    }
}

fn unit(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut bytes: &[u8]) -> Result<String, String> {
        from_stdin(&mut bytes).map(|secret| secret.expose().to_owned()).map_err(|error| error.to_string())
    }

    fn utf16(text: &str) -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn each_encoding_gives_the_same_secret() {
        let secret = "p\u{e4}ss \u{20ac}\u{1f511} word ";
        for end in ["", "\n", "\r\n"] {
            let line = format!("{secret}{end}");
            assert_eq!(read(line.as_bytes()).as_deref(), Ok(secret));
            assert_eq!(read(format!("\u{feff}{line}").as_bytes()).as_deref(), Ok(secret));
            assert_eq!(read(&utf16(&line)).as_deref(), Ok(secret));
        }
    }

    #[test]
    fn what_is_no_text_is_refused_by_its_name() {
        let latin: &[u8] = b"p\xe4ss\r\n";
        let big_endian: &[u8] = b"\xfe\xff\0x";
        for bad in [latin, big_endian, b"\xe2\x82", b"\xff"] {
            assert!(read(bad).is_err_and(|error| error.contains("not valid UTF-8")), "{bad:?}");
        }
        let lone_surrogate: &[u8] = b"\xff\xfe\x00\xd8";
        for bad in [lone_surrogate, b"\xff\xfex"] {
            assert!(read(bad).is_err_and(|error| error.contains("UTF-16LE")), "{bad:?}");
        }
        // UTF-16 without its mark.
        assert!(read(b"x\0y\0").is_err_and(|error| error.contains("NUL")));
    }

    #[test]
    fn a_secret_is_one_line_of_bounded_length() {
        let longest = "x".repeat(LONGEST_VALUE);
        for encoded in [format!("{longest}\r\n").into_bytes(), utf16(&format!("{longest}\r\n"))] {
            assert_eq!(read(&encoded).as_ref(), Ok(&longest));
        }
        for encoded in [format!("{longest}x").into_bytes(), utf16(&format!("{longest}x"))] {
            assert!(read(&encoded).is_err_and(|error| error.contains("at most")));
        }
        for empty in ["", "\n", "\r\n", "\u{feff}", "\u{feff}\r\n"] {
            assert!(read(empty.as_bytes()).is_err_and(|error| error.contains("empty")), "{empty:?}");
        }
        for lines in ["a\nb\n", "a\n\n", "\ra", "a\r\r\n"] {
            assert!(read(lines.as_bytes()).is_err_and(|error| error.contains("line break")), "{lines:?}");
        }
    }
}
