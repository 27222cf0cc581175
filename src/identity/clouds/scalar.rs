//! Scalars as PyYAML's safe loader has them (YAML 1.1): what a plain word means, and how Python's `str` shows a number.

use super::node::Value;
use zeroize::Zeroizing;

/// What a plain scalar means.
pub fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => match integer(text).or_else(|| float(text)) {
            Some(number) => Value::Number(number),
            None if is_time(text) => Value::Other,
            None => Value::Text(Zeroizing::new(text.to_owned())),
        },
    }
}

/// `text` without its sign, and the sign as Python shows it.
fn signed(text: &str) -> (&'static str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

fn integer(text: &str) -> Option<String> {
    let (sign, digits) = signed(text);
    let radix = |digits: &str, radix: u32| -> Option<String> {
        let is_one = !digits.is_empty() && digits.chars().all(|c| c == '_' || c.is_digit(radix));
        let plain = digits.replace('_', "");
        // Longer ones are no setting of a login.
        is_one.then(|| u128::from_str_radix(&plain, radix).ok().map(|number| number.to_string()))?
    };
    let number = if digits == "0" {
        "0".to_owned()
    } else if let Some(binary) = digits.strip_prefix("0b") {
        radix(binary, 2)?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        radix(hexadecimal, 16)?
    } else if let Some(octal) = digits.strip_prefix('0') {
        radix(octal, 8)?
    } else if digits.contains(':') {
        sexagesimal(digits)?
    } else if digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|c| c == '_' || c.is_ascii_digit())
    {
        // Of any length, as Python's are.
        digits.replace('_', "")
    } else {
        return None;
    };
    Some(if number == "0" { number } else { format!("{sign}{number}") })
}

/// `190:20:30`: base 60.
fn sexagesimal(digits: &str) -> Option<String> {
    let mut parts = digits.split(':');
    let first = parts.next()?;
    let is_first =
        first.starts_with(|c: char| ('1'..='9').contains(&c)) && first.chars().all(|c| c == '_' || c.is_ascii_digit());
    let mut number: u128 = first.replace('_', "").parse().ok().filter(|_| is_first)?;
    for part in parts {
        let is_part = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        let part: u128 = part.parse().ok().filter(|_| is_part)?;
        number = number.checked_mul(60)?.checked_add(part)?;
    }
    Some(number.to_string())
}

fn float(text: &str) -> Option<String> {
    let (sign, unsigned) = signed(text);
    if [".inf", ".Inf", ".INF"].contains(&unsigned) {
        return Some(format!("{sign}inf"));
    }
    if [".nan", ".NaN", ".NAN"].contains(&text) {
        return Some("nan".into());
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(place) => (&unsigned[..place], Some(&unsigned[place + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let are_digits = |text: &str| text.chars().all(|c| c == '_' || c.is_ascii_digit());
    let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let is_exponent =
        |text: &str| text.starts_with(['-', '+']) && text.len() > 1 && text[1..].bytes().all(|c| c.is_ascii_digit());
    let is_mantissa = match whole {
        // Without a sign: PyYAML's expression has none there.
        "" => starts(fraction) && unsigned == text,
        _ => starts(whole),
    };
    if !(is_mantissa && are_digits(whole) && are_digits(fraction) && exponent.is_none_or(is_exponent)) {
        return None;
    }
    let number: f64 = text.replace('_', "").parse().ok()?;
    Some(python(number))
}

/// As Python's `repr` of a float: the shortest digits that mean it, an exponent from 1e16 on and below 1e-4.
fn python(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{number:?}")
}

/// Whether PyYAML makes a date or a time of it.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-") else { return false };
    let is_date = rest == "00-00";
    is_date || (rest.starts_with('0') && rest.contains(':') && rest.contains('-') && is_time_of_day(rest))
}

/// `01-02T03:04:05`, with one digit or two for month, day and hour.
fn is_time_of_day(rest: &str) -> bool {
    let Some((month, rest)) = rest.split_once('-') else { return false };
    let Some(end) = rest.find(['T', 't', ' ', '\t']) else { return false };
    let clock = rest[end..].trim_start_matches(['T', 't', ' ', '\t']);
    let short = |text: &str| matches!(text, "0" | "00");
    short(month) && short(&rest[..end]) && (clock.starts_with("0:00:00") || clock.starts_with("00:00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PyYAML 6 makes of them, read off its `str(safe_load(..))`.
    #[test]
    fn words_mean_what_pyyaml_says() {
        let show = |text: &str| match plain(text) {
            Value::Null => "None".to_owned(),
            Value::Bool(true) => "True".into(),
            Value::Bool(false) => "False".into(),
            Value::Number(number) => number,
            Value::Text(text) => format!("'{}'", *text),
            _ => "other".into(),
        };
        for (text, wanted) in [
            ("~", "None"),
            ("yes", "True"),
            ("y", "'y'"),
            ("oFF", "'oFF'"),
            ("0123", "83"),
            ("089", "'089'"),
            ("0x1F", "31"),
            ("0b11", "3"),
            ("1_000", "1000"),
            ("-0", "0"),
            ("+7", "7"),
            ("1:30", "90"),
            ("190:20:30", "685230"),
            ("08:30", "'08:30'"),
            ("1.10", "1.1"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("1e3", "'1e3'"),
            ("1.0e+3", "1000.0"),
            ("1.5e+300", "1.5e+300"),
            ("0.00001", "1e-05"),
            ("12345678901234567890.0", "1.2345678901234567e+19"),
            (".inf", "inf"),
            ("-.Inf", "-inf"),
            (".NaN", "nan"),
            ("2024-01-02", "other"),
            ("2024-1-2 3:04:05", "other"),
            ("2024-01", "'2024-01'"),
            ("3.14.15", "'3.14.15'"),
            ("d3b07384d113edec49eaa6238ad5ff00", "'d3b07384d113edec49eaa6238ad5ff00'"),
            ("12345678901234567890123456789012345678901", "12345678901234567890123456789012345678901"),
        ] {
            assert_eq!(show(text), wanted, "{text}");
        }
    }
}
