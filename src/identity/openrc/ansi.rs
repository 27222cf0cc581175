//! `$'...'`: the quoting that resolves backslash escapes.

use zeroize::Zeroizing;

use super::cursor::Parser;
use super::error::Fault;

impl Parser<'_> {
    /// The text of the `$'...'` that begins here.
    pub fn ansi_quoted(&mut self) -> Result<Zeroizing<String>, Fault> {
        let start = self.at;
        self.at += 2;
        // No escape is shorter than what it stands for: the buffer never grows.
        let mut out = Zeroizing::new(Vec::with_capacity(self.rest().len().min(1 << 16)));
        loop {
            match self.character() {
                None => return self.refuse(start, "this quote is not closed"),
                Some('\'') => break,
                Some('\\') => self.escape(&mut out)?,
                Some(other) => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        // What is no UTF-8 stands as U+FFFD, which no value may hold.
        Ok(Zeroizing::new(String::from_utf8_lossy(&out).into_owned()))
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let start = self.at;
        let Some(kind) = self.character() else { return Ok(()) };
        let byte = match kind {
            'a' => 0x07,
            'b' => 0x08,
            'e' | 'E' => 0x1b,
            'f' => 0x0c,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 0x0b,
            '\\' | '\'' | '"' | '?' => kind as u8,
            '0'..='7' => {
                self.at -= 1;
                self.code(8, 3, start)?
            }
            'x' if self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) => self.code(16, 2, start)?,
            'u' | 'U' if self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) => {
                let code = self.digits(16, if kind == 'u' { 4 } else { 8 });
                let Some(character) = char::from_u32(code).filter(|character| *character != '\0') else {
                    return self.refuse(start, "this is no character");
                };
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            'c' | 'x' | 'u' | 'U' => return self.refuse(start, "this escape is not understood here"),
            other => {
                out.push(b'\\');
                out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
        };
        out.push(byte);
        Ok(())
    }

    fn code(&mut self, radix: u32, most: usize, start: usize) -> Result<u8, Fault> {
        match u8::try_from(self.digits(radix, most)) {
            Ok(byte) if byte != 0 => Ok(byte),
            _ => self.refuse(start, "this is no byte of a text"),
        }
    }

    /// The number in at most `most` digits that begins here.
    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut code: u32 = 0;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(radix)) else { break };
            code = code.wrapping_mul(radix).wrapping_add(digit);
            self.at += 1;
        }
        code
    }
}
