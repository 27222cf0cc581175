//! What a shell script consists of. Text stands in it as it is after the quotes are removed.

use std::cell::OnceCell;
use std::rc::Rc;

use zeroize::Zeroizing;

use super::error::{Fault, refuse};

/// Where something stands in the file, in bytes: begin and end.
pub(super) type Span = (usize, usize);

pub(super) type List = Vec<Item>;

/// `first && second || third`, in the background where `&` ends it.
pub(super) struct Item {
    pub first: Pipeline,
    pub rest: Vec<(Join, Pipeline)>,
    pub background: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

pub(super) struct Pipeline {
    pub negated: bool,
    pub commands: Vec<Command>,
    /// The text of it: what lists variables is known by it.
    pub text: Zeroizing<String>,
}

pub(super) struct Command {
    pub kind: Kind,
    pub redirections: Vec<Redirection>,
    pub span: Span,
}

pub(super) enum Kind {
    Simple {
        assignments: Vec<Assignment>,
        arguments: Vec<Argument>,
    },
    Group(List),
    Subshell(List),
    If {
        arms: Vec<(List, List)>,
        otherwise: List,
    },
    While {
        until: bool,
        condition: List,
        body: List,
    },
    /// Without words: over the parameters. `chosen`: `select`.
    For {
        name: String,
        words: Option<Vec<Word>>,
        chosen: bool,
        body: List,
    },
    /// `for ((...))`.
    Count {
        expression: String,
        body: List,
    },
    Case {
        word: Word,
        arms: Vec<Arm>,
    },
    Brackets(Condition),
    Arithmetic(String),
    Function {
        name: String,
        body: Rc<Command>,
    },
}

pub(super) struct Arm {
    pub patterns: Vec<Word>,
    pub body: List,
    /// `;&` and `;;&` go on to the next arm.
    pub falls: bool,
}

/// What stands in `[[ ]]`.
pub(super) enum Condition {
    Any(Box<Condition>, Box<Condition>),
    All(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Unary(String, Word),
    Binary(Word, String, Word),
    Word(Word),
}

/// An assignment among the arguments is one of `export` and its like, which do not split it.
pub(super) enum Argument {
    Word(Word),
    Assignment(Assignment),
}

pub(super) struct Assignment {
    pub name: String,
    pub index: Option<Word>,
    pub appends: bool,
    pub value: Assigned,
    pub span: Span,
}

pub(super) enum Assigned {
    Word(Word),
    Array(Vec<(Option<Word>, Word)>),
}

pub(super) struct Redirection {
    pub kind: Feed,
    /// Whether standard output goes elsewhere.
    pub output: bool,
}

/// What a redirection reads from.
pub(super) enum Feed {
    /// `<<< word`.
    Text(Word),
    /// A here document.
    Document(Rc<OnceCell<Word>>),
    File(Word),
    /// It writes there.
    Nothing(Word),
    /// It is another open file.
    Descriptor(Word),
}

impl Redirection {
    /// Bash may expand a redirection in a process of its own: what that sets is not known here.
    pub fn check(&self) -> Result<(), Fault> {
        let (word, is_path) = match &self.kind {
            Feed::Text(word) | Feed::Descriptor(word) => (Some(word), false),
            Feed::File(word) | Feed::Nothing(word) => (Some(word), true),
            Feed::Document(word) => (word.get(), false),
        };
        let Some(word) = word else { return Ok(()) };
        let (at, end) = word.span;
        // `> NAME=:~`: bash looks for a home there, too.
        let homes =
            |piece: &Piece| matches!(&piece.kind, PieceKind::Text(text) if !piece.quoted && text.contains(":~"));
        match () {
            () if word.assigns() => refuse(at, end, "a redirection that sets a variable"),
            () if is_path && word.pieces.iter().any(homes) => refuse(at, end, "this path is not understood here"),
            () => Ok(()),
        }
    }
}

#[derive(Clone)]
pub(super) struct Word {
    pub pieces: Vec<Piece>,
    pub span: Span,
}

#[derive(Clone)]
pub(super) struct Piece {
    pub kind: PieceKind,
    pub quoted: bool,
    pub span: Span,
}

#[derive(Clone)]
pub(super) enum PieceKind {
    Text(Zeroizing<String>),
    Parameter(Rc<Parameter>),
    /// `$(...)`, and `<(...)` where it is `process`.
    Command {
        list: Rc<List>,
        process: bool,
    },
    Arithmetic(String),
    /// What bash takes as a mistake once it gets there.
    Bad,
}

pub(super) struct Parameter {
    pub name: String,
    pub index: Option<Word>,
    /// `${!NAME}`.
    pub indirect: bool,
    pub operation: Operation,
}

pub(super) enum Operation {
    None,
    /// `${#NAME}`.
    Length,
    /// `${!NAME@}`: the variables that begin so.
    Names,
    /// `-`, `=`, `?` and `+`; with a colon an empty value is as good as none.
    Absent {
        empty_too: bool,
        kind: u8,
        word: Word,
    },
    Trim {
        suffix: bool,
        longest: bool,
        pattern: Word,
    },
    Replace {
        all: bool,
        anchor: Option<u8>,
        pattern: Word,
        with: Word,
    },
    Case {
        upper: bool,
        all: bool,
    },
    Slice(String),
    /// One that is not followed.
    Other,
}

impl Word {
    /// Whether to expand it may set a variable.
    fn assigns(&self) -> bool {
        self.pieces.iter().any(|piece| match &piece.kind {
            PieceKind::Parameter(parameter) => match &parameter.operation {
                Operation::Absent { kind, word, .. } => *kind == b'=' || word.assigns(),
                _ => false,
            },
            PieceKind::Arithmetic(expression) => expression.contains('='),
            _ => false,
        })
    }

    /// The text, where nothing in the word is expanded and nothing of it is quoted.
    pub fn bare(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece { kind: PieceKind::Text(text), quoted: false, .. }] => Some(text),
            _ => None,
        }
    }

    /// The text, where nothing in the word is expanded.
    pub fn literal(&self) -> Option<Zeroizing<String>> {
        let mut whole = Zeroizing::new(String::new());
        for piece in &self.pieces {
            let PieceKind::Text(text) = &piece.kind else { return None };
            whole.push_str(text);
        }
        Some(whole)
    }
}
