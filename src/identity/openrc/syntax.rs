//! The tree that the grammar gives. It borrows from the text, so that no copy of a secret is made
//! before a value is built.

use zeroize::Zeroizing;

use super::names;

/// A sequence of commands.
pub(super) type List<'a> = Vec<Chain<'a>>;

/// Pipelines joined by `&&` and `||`.
pub(super) struct Chain<'a> {
    pub first: Pipeline<'a>,
    pub rest: Vec<(Join, Pipeline<'a>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

/// Commands joined by `|`, with or without `!` in front.
pub(super) struct Pipeline<'a> {
    pub negated: bool,
    pub commands: Vec<Command<'a>>,
}

pub(super) enum Command<'a> {
    Simple(Simple<'a>),
    /// The words between `[[` and `]]`.
    Brackets(Vec<Word<'a>>),
    If(If<'a>),
}

/// The arms of `if` and `elif`, and the `else`.
pub(super) struct If<'a> {
    pub arms: Vec<(List<'a>, List<'a>)>,
    pub otherwise: List<'a>,
}

/// Assignments, a command's name and arguments, redirections; each part may be missing.
pub(super) struct Simple<'a> {
    pub assignments: Vec<Word<'a>>,
    /// The command's name, its quotes removed; empty where there are assignments only.
    pub name: String,
    /// Whether a quote in the name keeps the shell from seeing an alias or a declaration in it.
    pub name_quoted: bool,
    pub arguments: Vec<Word<'a>>,
    pub redirections: Vec<Redirection<'a>>,
    pub at: usize,
    pub end: usize,
}

pub(super) struct Redirection<'a> {
    pub at: usize,
    pub duplicates: bool,
    pub target: Word<'a>,
}

pub(super) struct Word<'a> {
    pub pieces: Vec<Piece<'a>>,
    pub at: usize,
    pub end: usize,
}

pub(super) enum Piece<'a> {
    /// Text without quotes: `~`, `{` and `*` may mean something in it.
    Plain(&'a [u8]),
    /// Text from inside quotes, or the character behind a backslash.
    Quoted(&'a [u8]),
    /// Text from `$'...'`, its escapes resolved.
    Decoded(Zeroizing<Vec<u8>>),
    Parameter(Box<Parameter<'a>>),
    /// Something that only a run would tell.
    Unknown {
        at: usize,
        end: usize,
        quoted: bool,
    },
}

/// `$NAME` or `${NAME...}`.
pub(super) struct Parameter<'a> {
    pub name: &'a str,
    pub quoted: bool,
    pub form: Form<'a>,
    pub at: usize,
    pub end: usize,
}

pub(super) enum Form<'a> {
    Value,
    /// `${NAME:-word}` and its kin; `or_empty` is the colon.
    Operator {
        operator: Operator,
        or_empty: bool,
        operand: Vec<Piece<'a>>,
    },
    /// `${NAME%word}` and other forms whose result is not computed here.
    Unknown {
        operand: Vec<Piece<'a>>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Default,
    Assign,
    Alternative,
    Require,
}

impl Piece<'_> {
    /// Whether quotes keep the shell from taking the piece for a pattern.
    pub fn is_quoted(&self) -> bool {
        match self {
            Piece::Plain(_) => false,
            Piece::Quoted(_) | Piece::Decoded(_) => true,
            Piece::Parameter(parameter) => parameter.quoted,
            Piece::Unknown { quoted, .. } => *quoted,
        }
    }
}

/// The left side of an assignment, and where in the word's first piece its value begins.
pub(super) struct Target<'a> {
    pub name: &'a str,
    pub append: bool,
    pub skip: usize,
}

impl<'a> Word<'a> {
    /// Where the word stands, for messages.
    pub fn span(&self) -> (usize, usize) {
        (self.at, self.end)
    }

    /// `NAME=...` or `NAME+=...` with nothing quoted up to the `=`.
    pub fn assignment(&self) -> Option<Target<'a>> {
        let Some(Piece::Plain(text)) = self.pieces.first() else {
            return None;
        };
        let length = names::name_length(text);
        let name = std::str::from_utf8(text.get(..length)?).ok()?;
        let rest = text.get(length..)?;
        let append = rest.starts_with(b"+=");
        let skip = length + 1 + usize::from(append);
        (length > 0 && (append || rest.starts_with(b"="))).then_some(Target { name, append, skip })
    }

    /// The word's text where nothing in it is to be expanded.
    pub fn literal(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.end.saturating_sub(self.at)));
        for piece in &self.pieces {
            match piece {
                Piece::Plain(text) | Piece::Quoted(text) => out.extend_from_slice(text),
                Piece::Decoded(text) => out.extend_from_slice(text),
                Piece::Parameter(_) | Piece::Unknown { .. } => return None,
            }
        }
        Some(out)
    }

    /// The word's text where nothing is quoted and nothing is to be expanded: an operator, a keyword.
    pub fn bare(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Plain(_))).then(|| self.literal()).flatten()
    }

    /// The word as a variable's name.
    pub fn name(&self) -> Option<String> {
        let text = self.literal().filter(|text| names::is_name(text))?;
        std::str::from_utf8(&text).ok().map(str::to_owned)
    }
}
