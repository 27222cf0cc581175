//! The shell's patterns: `*`, `?`, `[...]`.

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    One(char),
    Any,
    All,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// The pattern that these characters make, each with whether it is quoted; `None` for one that is not understood here
/// (`[[:alpha:]]`).
pub(super) fn parse(characters: &[(char, bool)]) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = characters;
    while let [(character, quoted), after @ ..] = rest {
        rest = after;
        parts.push(match character {
            '*' if !quoted => Part::All,
            '?' if !quoted => Part::Any,
            '[' if !quoted => match set(after) {
                Some((part, behind)) => {
                    rest = behind;
                    part?
                }
                None => Part::One('['),
            },
            other => Part::One(*other),
        });
    }
    Some(parts)
}

type Characters<'a> = &'a [(char, bool)];

/// `[...]` behind the bracket: the outer `None` where no bracket closes it, the inner one where it is not understood.
fn set(characters: Characters<'_>) -> Option<(Option<Part>, Characters<'_>)> {
    let (negated, body) = match characters {
        [('!' | '^', false), body @ ..] => (true, body),
        body => (false, body),
    };
    let end = 1 + body.iter().skip(1).position(|item| *item == (']', false))?;
    let (body, behind) = body.split_at(end);
    let mut ranges = Vec::new();
    let mut rest = body;
    while let [(first, _), after @ ..] = rest {
        rest = match after {
            [('-', false), (last, _), after @ ..] => {
                ranges.push((*first, *last));
                after
            }
            _ => {
                ranges.push((*first, *first));
                after
            }
        };
    }
    let is_class = body.windows(2).any(|pair| matches!(pair, [('[', _), (':' | '.' | '=', _)]));
    let part = (!is_class).then_some(Part::Set { negated, ranges });
    Some((part, behind.get(1..).unwrap_or_default()))
}

impl Part {
    fn takes(&self, character: char) -> bool {
        match self {
            Part::One(own) => *own == character,
            Part::Any | Part::All => true,
            Part::Set { negated, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)) != *negated
            }
        }
    }
}

/// Whether the whole text matches.
pub(super) fn matches(parts: &[Part], text: &[char]) -> bool {
    lengths(parts, text).contains(&text.len())
}

/// The lengths of the beginnings of `text` that match, ascending.
pub(super) fn lengths(parts: &[Part], text: &[char]) -> Vec<usize> {
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for part in parts {
        let mut next = vec![false; text.len() + 1];
        let mut open = false;
        for at in 0..=text.len() {
            let here = reached.get(at).copied().unwrap_or_default();
            open |= here;
            if *part == Part::All {
                set_at(&mut next, at, open);
            } else if here && text.get(at).is_some_and(|character| part.takes(*character)) {
                set_at(&mut next, at + 1, true);
            }
        }
        reached = next;
    }
    (0..=text.len()).filter(|at| reached.get(*at).copied().unwrap_or_default()).collect()
}

fn set_at(places: &mut [bool], at: usize, value: bool) {
    if let Some(place) = places.get_mut(at) {
        *place |= value;
    }
}

/// What is left of `text` when the shortest or longest match is taken from its end or beginning.
pub(super) fn trimmed(parts: &[Part], text: &[char], suffix: bool, longest: bool) -> String {
    let (begin, end) = if suffix {
        let mut starts = (0..=text.len()).filter(|at| matches(parts, text.get(*at..).unwrap_or_default()));
        let start = if longest { starts.next() } else { starts.next_back() };
        (0, start.unwrap_or(text.len()))
    } else {
        let lengths = lengths(parts, text);
        let taken = if longest { lengths.last() } else { lengths.first() };
        (taken.copied().unwrap_or(0), text.len())
    };
    text.get(begin..end).unwrap_or_default().iter().collect()
}

/// `text` with `with` in place of the first match, or of all.
pub(super) fn replaced(parts: &[Part], text: &[char], anchor: Option<u8>, all: bool, with: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    let mut done = false;
    while at <= text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let fits = match anchor {
            Some(b'#') => at == 0,
            Some(_) => matches(parts, rest),
            None => true,
        };
        let length = if fits && !done { lengths(parts, rest).last().copied() } else { None };
        let length = if anchor == Some(b'%') { length.map(|_| rest.len()) } else { length };
        match length.filter(|length| *length > 0 || anchor.is_some()) {
            Some(length) => {
                out.push_str(with);
                done = !all;
                at += length;
                if anchor.is_some() {
                    out.extend(text.get(at..).unwrap_or_default());
                    return out;
                }
            }
            None => {
                out.extend(rest.first());
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Vec<Part> {
        parse(&text.chars().map(|character| (character, false)).collect::<Vec<_>>()).expect("understood")
    }

    fn characters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (parts, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("[Yy]*", "yes", true),
            ("[!a-c]", "d", true),
            ("[]]", "]", true),
            ("[a", "[a", true),
            ("?", "", false),
        ] {
            assert_eq!(matches(&pattern(parts), &characters(text)), expected, "{parts} {text}");
        }
        assert!(parse(&[('[', false), ('[', false), (':', false), ('x', false), (']', false)]).is_none());
    }

    #[test]
    fn ends_are_trimmed_and_parts_replaced() {
        let text = characters("a/b/c");
        let trim = |parts: &str, suffix, longest| trimmed(&pattern(parts), &text, suffix, longest);
        assert_eq!(trim("*/", false, false), "b/c");
        assert_eq!(trim("*/", false, true), "c");
        assert_eq!(trim("/*", true, false), "a/b");
        assert_eq!(trim("/*", true, true), "a");
        assert_eq!(trim("x", true, true), "a/b/c");
        let replace = |parts: &str, anchor, all| replaced(&pattern(parts), &text, anchor, all, "-");
        assert_eq!(replace("/", None, false), "a-b/c");
        assert_eq!(replace("/", None, true), "a-b-c");
        assert_eq!(replace("a", Some(b'#'), false), "-/b/c");
        assert_eq!(replace("b", Some(b'#'), false), "a/b/c");
        assert_eq!(replace("c", Some(b'%'), false), "a/b/-");
    }
}
