//! `${...}`.

use super::cursor::Parser;
use super::error::{Fault, refuse};
use super::syntax::{Form, Operator, Parameter, Piece};

const NOT_UNDERSTOOD: &str = "this form of `${...}` is not understood here";

impl<'a> Parser<'a> {
    pub(super) fn braced(&mut self, pieces: &mut Vec<Piece<'a>>, quoted: bool) -> Result<(), Fault> {
        let at = self.at;
        self.at += b"${".len();
        let length_of = self.peek() == Some(b'#');
        self.at += usize::from(length_of);
        let name = self.variable_name();
        if name.is_empty() {
            return self.positional(pieces, at, quoted);
        }
        let element = self.subscript();
        let form = if length_of || element {
            Form::Unknown { operand: self.pattern(at, length_of)? }
        } else {
            self.form(at, quoted)?
        };
        if self.peek() != Some(b'}') {
            return refuse(at, self.at + 1, NOT_UNDERSTOOD);
        }
        self.at += 1;
        let parameter = Parameter { name, quoted, form, at, end: self.at };
        pieces.push(Piece::Parameter(Box::new(parameter)));
        Ok(())
    }

    /// `${1}`, `${@}`, `${#}`: the shell's own, whose value only a run would tell.
    fn positional(&mut self, pieces: &mut Vec<Piece<'a>>, at: usize, quoted: bool) -> Result<(), Fault> {
        match self.peek() {
            Some(b'0'..=b'9' | b'@' | b'*' | b'?' | b'$') if self.byte(1) == Some(b'}') => self.at += 2,
            Some(b'}') if self.at > at + 2 => self.at += 1,
            _ => return refuse(at, self.at + 1, NOT_UNDERSTOOD),
        }
        pieces.push(Piece::Unknown { at, end: self.at, quoted });
        Ok(())
    }

    /// `[0]`, `[@]` or `[*]`. Any other index is arithmetic, which may assign to any variable.
    fn subscript(&mut self) -> bool {
        let rest = self.text.get(self.at..self.end).unwrap_or_default();
        let harmless = matches!(rest, [b'[', b'0'..=b'9' | b'@' | b'*', b']', ..]);
        self.at += if harmless { 3 } else { 0 };
        harmless
    }

    fn form(&mut self, at: usize, quoted: bool) -> Result<Form<'a>, Fault> {
        let or_empty = self.peek() == Some(b':');
        let operator = match self.byte(usize::from(or_empty)) {
            Some(b'-') => Operator::Default,
            Some(b'=') => Operator::Assign,
            Some(b'+') => Operator::Alternative,
            Some(b'?') => Operator::Require,
            _ if or_empty => return refuse(at, self.at + 1, NOT_UNDERSTOOD),
            Some(b'}') => return Ok(Form::Value),
            _ => {
                return Ok(Form::Unknown { operand: self.pattern(at, false)? });
            }
        };
        self.at += 1 + usize::from(or_empty);
        let operand = if quoted { self.quoted_operand(at) } else { self.operand(at) }?;
        Ok(Form::Operator { operator, or_empty, operand })
    }

    /// The operand outside double quotes: quoting works in it as everywhere else.
    fn operand(&mut self, at: usize) -> Result<Vec<Piece<'a>>, Fault> {
        let mut pieces = Vec::new();
        loop {
            match self.peek() {
                Some(b'}') => return Ok(pieces),
                // Nested braces, a home directory, process substitution: quotes make them text.
                None | Some(b'{' | b'~' | b'<' | b'>' | b'(' | b')') => {
                    return refuse(at, self.at + 1, "this default needs quotes");
                }
                Some(_) => self.unquoted(&mut pieces, b"}{~<>()\\'\"$`")?,
            }
        }
    }

    /// The operand inside double quotes, where a single quote or a backslash means something else
    /// to every version of bash: both are refused but for the escapes that all agree on.
    fn quoted_operand(&mut self, at: usize) -> Result<Vec<Piece<'a>>, Fault> {
        let mut pieces = Vec::new();
        let mut inner = false;
        loop {
            match self.peek() {
                Some(b'}') if !inner => return Ok(pieces),
                Some(b'"') => {
                    inner = !inner;
                    self.at += 1;
                }
                Some(b'\\') if !inner && matches!(self.byte(1), Some(b'$' | b'"' | b'\\')) => {
                    self.at += 1;
                    self.escaped(&mut pieces)?;
                }
                None | Some(b'\'' | b'\\' | b'{' | b'}') => {
                    return refuse(at, self.at + 1, "this default is quoted in a way that is not understood here");
                }
                Some(b'$') => self.dollar(&mut pieces, true)?,
                Some(b'`') => self.backticks(&mut pieces, true)?,
                Some(_) => pieces.push(Piece::Quoted(self.run(b"}{\"'\\$`"))),
            }
        }
    }

    /// What follows in a form whose result is not computed: only what cannot assign to a variable.
    fn pattern(&mut self, at: usize, length_of: bool) -> Result<Vec<Piece<'a>>, Fault> {
        let mut pieces = Vec::new();
        if !length_of && !matches!(self.peek(), Some(b'}' | b'#' | b'%' | b'/' | b'^' | b',')) {
            return refuse(at, self.at + 1, NOT_UNDERSTOOD);
        }
        loop {
            match self.peek() {
                Some(b'}') => return Ok(pieces),
                Some(b'$') if !length_of => self.dollar(&mut pieces, true)?,
                Some(byte) if !length_of && (byte.is_ascii_alphanumeric() || b"#%/^,.*?:_@ -".contains(&byte)) => {
                    self.at += 1;
                }
                _ => return refuse(at, self.at + 1, NOT_UNDERSTOOD),
            }
        }
    }
}
