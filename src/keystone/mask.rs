//! Secrets that a server repeats: they are masked, and what may hold one in a form that cannot be told apart is not shown.

use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use zeroize::Zeroizing;

/// What is looked at of a text, in bytes: a person is shown far less.
const LONGEST: usize = 4096;
/// A part of a secret that is as long as this is one too, in bytes: servers cut what they repeat.
const PART: usize = 8;
/// How many encodings may lie over one another, such as HTML around JSON.
const DEPTH: usize = 3;

/// `text` without `hidden`.
pub fn masked(text: &str, hidden: &[Secret]) -> String {
    let mut text = String::from_utf8_lossy(&text.as_bytes()[..text.len().min(LONGEST)]).into_owned();
    let secrets = || hidden.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
    for secret in secrets() {
        let json = serde_json::Value::from(secret).to_string();
        let in_url = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        for form in [secret, json.trim_matches('"'), &in_url] {
            text = text.replace(form, "***");
        }
    }
    match secrets().any(|secret| repeats(text.as_bytes(), secret.as_bytes())) {
        true => "a text that repeats the secret or token, not shown".into(),
        false => text,
    }
}

/// Whether `text` holds a part of `secret`, whatever stands for its characters.
fn repeats(text: &[u8], secret: &[u8]) -> bool {
    let mut texts = vec![text.to_vec()];
    let mut secrets = vec![Zeroizing::new(secret.to_vec())];
    for _ in 0..DEPTH {
        // What looks encoded may be a part of the secret itself: both are read in the same way.
        for decode in [percent, entities, backslashes] {
            let decoded = texts.last().map(|text| decode(text));
            texts.extend(decoded);
            let decoded = secrets.last().map(|secret| Zeroizing::new(decode(secret)));
            secrets.extend(decoded);
        }
    }
    let texts: Vec<String> = texts.iter().map(|text| plain(text)).collect();
    let is_there = |form: &[u8]| {
        let form = Zeroizing::new(plain(form));
        let size = form.len().min(PART);
        size > 0 && form.as_bytes().windows(size).any(|part| texts.iter().any(|text| holds(text, part)))
    };
    secrets.iter().any(|secret| is_there(secret)) || texts.iter().any(|text| hides(text, secret))
}

fn holds(text: &str, part: &[u8]) -> bool {
    text.as_bytes().windows(part.len()).any(|found| found == part)
}

/// Whether `text`, plain as [`plain`] makes it, holds the whole secret in hexadecimal digits or base64 at any alignment.
fn hides(text: &str, secret: &[u8]) -> bool {
    let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let inside = |shift: usize| {
        let bytes: Vec<u8> = std::iter::repeat_n(0, shift).chain(secret.iter().copied()).collect();
        let encoded = STANDARD_NO_PAD.encode(&bytes);
        // What the bytes before and behind take part in is left out.
        let end = bytes.len() * 8 / 6;
        plain(&encoded.as_bytes()[(shift * 8).div_ceil(6)..end])
    };
    let base64 = (0..3).map(inside).filter(|form| form.len() >= 4);
    std::iter::once(digits).chain(base64).any(|form| text.contains(&form))
}

/// In lower case, without white space, with base64's digits in one alphabet.
fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let kept = text.chars().filter(|c| !c.is_whitespace() && !c.is_control());
    kept.flat_map(char::to_lowercase)
        .map(|c| {
            if c == '-' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect()
}

fn percent(text: &[u8]) -> Vec<u8> {
    let spaces: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaces).collect()
}

fn entities(text: &[u8]) -> Vec<u8> {
    html_escape::decode_html_entities(&String::from_utf8_lossy(text)).into_owned().into_bytes()
}

/// The escapes of JSON, JavaScript and Python: `\u00e9`, `\xe9`, `\351`, `\"`.
fn backslashes(text: &[u8]) -> Vec<u8> {
    let mut found = Vec::with_capacity(text.len());
    let mut units = Vec::new();
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let number = |start: usize, size: usize, base| {
            let digits = std::str::from_utf8(after.get(start..start + size)?).ok()?;
            u16::from_str_radix(digits, base).ok()
        };
        if first == b'\\'
            && after.first() == Some(&b'u')
            && let Some(unit) = number(1, 4, 16)
        {
            units.push(unit);
            rest = &after[5..];
            continue;
        }
        found.extend(String::from_utf16_lossy(&units).bytes());
        units.clear();
        match (first, after.first()) {
            (b'\\', Some(b'x')) if let Some(byte) = number(1, 2, 16) => {
                found.extend(u8::try_from(byte));
                rest = &after[3..];
            }
            (b'\\', Some(b'0'..=b'3')) if let Some(byte) = number(0, 3, 8) => {
                found.extend(u8::try_from(byte));
                rest = &after[3..];
            }
            (b'\\', Some(&next)) => {
                found.push(next);
                rest = &after[1..];
            }
            _ => found.push(first),
        }
    }
    found.extend(String::from_utf16_lossy(&units).bytes());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "caf\u{e9} \"a+b%41&c\"\\ <\u{1f512}>";

    fn shown(text: &str) -> String {
        masked(text, &[Secret::from(SECRET)])
    }

    #[test]
    fn a_secret_is_masked_where_it_stands() {
        assert_eq!(shown(&format!("no {SECRET}, {SECRET}")), "no ***, ***");
        assert_eq!(shown("the password is wrong"), "the password is wrong");
    }

    #[test]
    fn no_encoding_carries_it() {
        let bytes = SECRET.as_bytes();
        let each = |form: &dyn Fn(u8) -> String| bytes.iter().map(|&byte| form(byte)).collect::<String>();
        let characters = |form: &dyn Fn(char) -> String| SECRET.chars().map(form).collect::<String>();
        let utf16 = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let base64 = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{SECRET}, it was"));
        let html = characters(&|c| format!("&#{};", u32::from(c)));
        let forms = [
            each(&|byte| format!("%{byte:02x}")),
            each(&|byte| format!("%{byte:02X}")),
            each(&|byte| format!("%25{byte:02X}")),
            each(&|byte| format!("\\x{byte:02x}")),
            each(&|byte| format!("\\{byte:03o}")),
            each(&|byte| format!("{byte:02X} ")),
            characters(&|c| format!("&#x{:x};", u32::from(c))),
            html.replace('&', "&amp;"),
            characters(&utf16),
            characters(&utf16).replace('\\', "\\\\"),
            html_escape::encode_text(SECRET).into_owned(),
            html_escape::encode_text(&serde_json::Value::from(SECRET).to_string()).into_owned(),
            utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string().replace("%20", "+"),
            SECRET.to_uppercase(),
            SECRET.replace(' ', "\n"),
            base64(""),
            base64("u:"),
            base64("user"),
            base64("").replace('+', "-").replace('/', "_"),
            SECRET.chars().take(12).collect(),
        ];
        for form in forms {
            let said = shown(&format!("the password `{form}` is wrong"));
            assert!(said.ends_with("not shown"), "{form}: {said}");
        }
    }

    #[test]
    fn a_long_text_is_read_in_part() {
        let text = format!("{}{SECRET}", "x".repeat(LONGEST - 12));
        assert!(shown(&text).ends_with("not shown"));
        assert_eq!(shown(&"y".repeat(2 * LONGEST)).len(), LONGEST);
    }
}
