//! `{a,b}`: one word that stands for several.

use zeroize::Zeroizing;

use super::syntax::{Operation, Piece, PieceKind, Word};

/// How many words one may stand for.
const MOST: usize = 100;

/// The words that this one stands for; `None` where that is not understood here (`{a,"b"}`, `{1..9}`).
pub(super) fn expanded(word: &Word) -> Option<Vec<Word>> {
    let Some((number, text)) = word.pieces.iter().enumerate().find_map(|(number, piece)| match &piece.kind {
        PieceKind::Text(text) if !piece.quoted && text.contains('{') => Some((number, text)),
        _ => None,
    }) else {
        return Some(vec![word.clone()]);
    };
    let Some(group) = group(text) else {
        // A brace without a comma is text.
        let pieces = word.pieces.get(number..).unwrap_or_default();
        let has = |mark: &str| {
            let plain = pieces.iter().filter(|piece| !piece.quoted);
            plain.into_iter().any(|piece| matches!(&piece.kind, PieceKind::Text(text) if text.contains(mark)))
        };
        let is_group = has("..") || pieces.len() > 1 && has("}") && has(",");
        return if is_group { None } else { Some(vec![word.clone()]) };
    };
    let has_words = |piece: &Piece| match &piece.kind {
        PieceKind::Parameter(parameter) => !matches!(parameter.operation, Operation::None),
        _ => false,
    };
    if word.pieces.iter().any(has_words) {
        return None;
    }
    // `$A{b,c}` means the variables Ab and Ac.
    let before = number.checked_sub(1).and_then(|before| word.pieces.get(before));
    let names_go_on = group.before.is_empty() && matches!(before, Some(Piece { kind: PieceKind::Parameter(_), .. }));
    if names_go_on && group.choices.iter().any(|choice| !choice.starts_with(['.', '/', ':', '-'])) {
        return None;
    }
    let mut words = Vec::new();
    for choice in group.choices {
        let mut pieces = word.pieces.clone();
        if let Some(piece) = pieces.get_mut(number) {
            let text = Zeroizing::new(format!("{}{choice}{}", group.before, group.after));
            *piece = Piece { kind: PieceKind::Text(text), ..piece.clone() };
        }
        words.extend(expanded(&Word { pieces, span: word.span })?);
        if words.len() > MOST {
            return None;
        }
    }
    Some(words)
}

struct Group<'t> {
    before: &'t str,
    choices: Vec<&'t str>,
    after: &'t str,
}

/// The first group in the text that has a comma.
fn group(text: &str) -> Option<Group<'_>> {
    text.match_indices('{').find_map(|(begin, _)| {
        let mut depth = 0_usize;
        let mut choices = Vec::new();
        let mut last = begin + 1;
        for (offset, character) in text.get(begin..)?.char_indices() {
            let at = begin + offset;
            match character {
                '{' => depth += 1,
                ',' if depth == 1 => {
                    choices.push(text.get(last..at)?);
                    last = at + 1;
                }
                '}' if depth == 1 && !choices.is_empty() => {
                    choices.push(text.get(last..at)?);
                    return Some(Group { before: text.get(..begin)?, choices, after: text.get(at + 1..)? });
                }
                '}' if depth == 1 => return None,
                '}' => depth -= 1,
                _ => {}
            }
        }
        None
    })
}
