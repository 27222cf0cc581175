//! `[ ... ]`, `test` and `[[ ... ]]`.

use super::error::{Fault, refuse};
use super::expanded::{Expanded, Place};
use super::names;
use super::redirections::certain_redirections;
use super::shell::{Shell, Status};
use super::syntax::{Simple, Word};
use super::variables::Value;

const NOT_UNDERSTOOD: &str = "this test is not understood here";
/// Tests of files and terminals: harmless, and their result is not known.
const FILE_TESTS: [&[u8]; 17] = [
    b"-a", b"-b", b"-c", b"-d", b"-e", b"-f", b"-g", b"-h", b"-L", b"-p", b"-r", b"-s", b"-S", b"-t", b"-u", b"-w",
    b"-x",
];
/// Comparisons that are harmless; of these only the first three have a known result.
const COMPARISONS: [&[u8]; 14] =
    [b"=", b"==", b"!=", b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge", b"-nt", b"-ot", b"-ef", b"-a", b"-o"];

impl Shell<'_> {
    pub(super) fn test(&mut self, command: &Simple<'_>) -> Result<Status, Fault> {
        certain_redirections(command, &[])?;
        let mut words = command.arguments.as_slice();
        if command.name == "[" {
            match words.split_last() {
                Some((last, rest)) if last.literal().is_some_and(|text| *text == b"]") => words = rest,
                _ => return refuse(command.at, command.end, "this `[` has no `]`"),
            }
        }
        let mut arguments = Vec::new();
        for word in words {
            let argument = self.expand(&word.pieces, 0, Place::Argument, word.span())?;
            if argument.exists {
                arguments.push(argument);
            }
        }
        match self.evaluate(&arguments) {
            Some(status) => Ok(status),
            None => refuse(command.at, command.end, NOT_UNDERSTOOD),
        }
    }

    /// The rules by number of arguments that POSIX gives; `None` for a test that is not understood.
    fn evaluate(&mut self, arguments: &[Expanded]) -> Option<Status> {
        match arguments {
            [] => Some(Some(false)),
            [only] => Some(only.known().map(|text| !text.is_empty())),
            [operator, operand] => match operator.known()? {
                b"!" => Some(operand.known().map(<[u8]>::is_empty)),
                operator => self.unary(operator, operand),
            },
            [left, operator, right] => match operator.known()? {
                operator if COMPARISONS.contains(&operator) => Some(binary(left, operator, right)),
                _ => self.negated(arguments),
            },
            [_, _, _, _] => self.negated(arguments),
            _ => None,
        }
    }

    fn negated(&mut self, arguments: &[Expanded]) -> Option<Status> {
        match arguments.split_first() {
            Some((first, rest)) if first.known()? == b"!" => Some(self.evaluate(rest)?.map(|status| !status)),
            _ => None,
        }
    }

    fn unary(&mut self, operator: &[u8], operand: &Expanded) -> Option<Status> {
        match operator {
            b"-z" => Some(operand.known().map(<[u8]>::is_empty)),
            b"-n" => Some(operand.known().map(|text| !text.is_empty())),
            b"-v" => {
                let name = operand.known().filter(|name| names::is_name(name))?;
                Some(match self.variables.get(std::str::from_utf8(name).ok()?) {
                    None => Some(false),
                    Some(Value::Known(_)) => Some(true),
                    Some(Value::Asked { .. } | Value::Unknown) => None,
                })
            }
            operator => FILE_TESTS.contains(&operator).then_some(None),
        }
    }

    /// `[[ ... ]]`: its operators are those that stand there without quotes, its words are not split.
    pub(super) fn brackets(&mut self, words: &[Word<'_>]) -> Result<Status, Fault> {
        let bare = |word: &Word<'_>| word.bare().unwrap_or_default();
        let negations = words.iter().take_while(|word| *bare(word) == b"!").count();
        let words = words.get(negations..).unwrap_or_default();
        let status = match words {
            [word] if !looks_like_operator(&bare(word)) => self.in_brackets(word)?.known().map(|text| !text.is_empty()),
            [operator, word] => {
                let operand = self.in_brackets(word)?;
                match self.unary(&bare(operator), &operand) {
                    Some(status) => status,
                    None => return refuse(operator.at, word.end, NOT_UNDERSTOOD),
                }
            }
            [left, operator, right] if !looks_like_operator(&bare(left)) => {
                self.compared(left, &bare(operator), right)?
            }
            _ => {
                let at = words.first().map_or(0, |word| word.at);
                let end = words.last().map_or(at, |word| word.end);
                return refuse(at, end, NOT_UNDERSTOOD);
            }
        };
        Ok(status.map(|status| status != (negations % 2 == 1)))
    }

    fn compared(&mut self, left: &Word<'_>, operator: &[u8], right: &Word<'_>) -> Result<Status, Fault> {
        if !matches!(operator, b"=" | b"==" | b"!=") {
            return refuse(left.at, right.end, NOT_UNDERSTOOD);
        }
        let text = self.in_brackets(left)?;
        let pattern = self.in_brackets(right)?;
        // The right side is a pattern unless it is quoted; a text of plain characters matches itself.
        let quoted = right.pieces.iter().all(super::syntax::Piece::is_quoted);
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./:@%,=-".contains(byte);
        if !quoted && !pattern.known().is_some_and(|text| text.iter().all(plain)) {
            return Ok(None);
        }
        Ok(binary(&text, operator, &pattern))
    }

    fn in_brackets(&mut self, word: &Word<'_>) -> Result<Expanded, Fault> {
        self.expand(&word.pieces, 0, Place::Brackets, word.span())
    }
}

fn binary(left: &Expanded, operator: &[u8], right: &Expanded) -> Status {
    let equal = left.known()? == right.known()?;
    match operator {
        b"=" | b"==" => Some(equal),
        b"!=" => Some(!equal),
        _ => None,
    }
}

fn looks_like_operator(text: &[u8]) -> bool {
    text == b"!" || text.starts_with(b"-")
}
