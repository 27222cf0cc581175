//! `$'...'`: the quoting that resolves backslash escapes.

use zeroize::Zeroizing;

use super::cursor::Parser;
use super::error::{Fault, refuse};
use super::syntax::Piece;

impl<'a> Parser<'a> {
    pub(super) fn ansi_quoted(&mut self, pieces: &mut Vec<Piece<'a>>) -> Result<(), Fault> {
        let start = self.at;
        self.at += b"$'".len();
        let length = self.ansi_length(start)?;
        // No escape is shorter than what it stands for: the buffer never grows, so no copy of a
        // secret stays behind.
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        let close = self.at + length;
        while self.at < close {
            match self.peek() {
                Some(b'\\') => self.ansi_escape(&mut out)?,
                Some(byte) => {
                    out.push(byte);
                    self.at += 1;
                }
                None => break,
            }
        }
        self.at = close + 1;
        pieces.push(Piece::Decoded(out));
        Ok(())
    }

    /// The distance to the closing quote.
    fn ansi_length(&self, start: usize) -> Result<usize, Fault> {
        let mut length = 0;
        loop {
            match self.byte(length) {
                None => return refuse(start, start + 2, "this quote is not closed"),
                Some(b'\'') => return Ok(length),
                Some(b'\\') => length += 2,
                Some(_) => length += 1,
            }
        }
    }

    fn ansi_escape(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let start = self.at;
        let Some(kind) = self.byte(1) else {
            return self.refuse_here(1, "this quote is not closed");
        };
        self.at += 2;
        match kind {
            b'a' => out.push(0x07),
            b'b' => out.push(0x08),
            b'e' | b'E' => out.push(0x1b),
            b'f' => out.push(0x0c),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(0x0b),
            b'\\' | b'\'' | b'"' | b'?' => out.push(kind),
            b'0'..=b'7' => {
                self.at -= 1;
                let code = self.digits(8, 3);
                return self.push_byte(out, code, start);
            }
            b'x' if self.byte(0).is_some_and(|byte| byte.is_ascii_hexdigit()) => {
                let code = self.digits(16, 2);
                return self.push_byte(out, code, start);
            }
            b'u' | b'U' if self.byte(0).is_some_and(|byte| byte.is_ascii_hexdigit()) => {
                let code = self.digits(16, if kind == b'u' { 4 } else { 8 });
                let Some(character) = char::from_u32(code).filter(|&character| character != '\0') else {
                    return refuse(start, self.at, "this is no character");
                };
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            b'c' | b'x' | b'u' | b'U' => {
                return refuse(start, self.at, "this escape is not understood here");
            }
            _ => out.extend([b'\\', kind]),
        }
        Ok(())
    }

    fn push_byte(&self, out: &mut Vec<u8>, code: u32, start: usize) -> Result<(), Fault> {
        match u8::try_from(code) {
            Ok(byte) if byte != 0 => {
                out.push(byte);
                Ok(())
            }
            _ => refuse(start, self.at, "this is no byte of a text"),
        }
    }

    /// The number in at most `most` digits that begins here.
    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut code: u32 = 0;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(radix)) else {
                break;
            };
            code = code.wrapping_mul(radix).wrapping_add(digit);
            self.at += 1;
        }
        code
    }
}
