//! A question at the terminal whose answer is not shown.

use std::io;
use zeroize::Zeroizing;

/// Asks `prompt` on the terminal; the answer is read without echo, which is off before the question is shown, and on again
/// after ^C: that ends the program as it does elsewhere.
///
/// # Errors
/// Where there is no terminal.
#[cfg(unix)]
pub fn ask(prompt: &str) -> io::Result<Zeroizing<String>> {
    use io::{Read, Write};
    let mut terminal = std::fs::File::options().read(true).write(true).open("/dev/tty")?;
    let silent = Silent::new(terminal.try_clone()?)?;
    terminal.write_all(prompt.as_bytes())?;
    let mut answer = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut byte = Zeroizing::new([0]);
    loop {
        if terminal.read(&mut byte[..])? == 0 {
            break;
        }
        match byte[0] {
            b'\r' | b'\n' => break,
            INTERRUPT => {
                drop(silent);
                let _ = terminal.write_all(b"\n");
                let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT);
                return Err(io::ErrorKind::Interrupted.into());
            }
            END_OF_FILE => break,
            ERASE | BACKSPACE => erase(&mut answer),
            ERASE_LINE => answer.clear(),
            // What is longer is no secret that is taken.
            other if answer.len() < LONGEST => answer.push(other),
            _ => {}
        }
    }
    drop(silent);
    terminal.write_all(b"\n")?;
    let text = std::str::from_utf8(&answer).map_err(|_| io::Error::other("the answer is no UTF-8 text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// One byte more than the longest secret, so that a longer one is seen to be that.
#[cfg(unix)]
const LONGEST: usize = 16_385;
#[cfg(unix)]
const INTERRUPT: u8 = 0x03;
#[cfg(unix)]
const END_OF_FILE: u8 = 0x04;
#[cfg(unix)]
const BACKSPACE: u8 = 0x08;
#[cfg(unix)]
const ERASE_LINE: u8 = 0x15;
#[cfg(unix)]
const ERASE: u8 = 0x7f;

/// Takes the last character away, of however many bytes.
#[cfg(unix)]
fn erase(answer: &mut Vec<u8>) {
    while answer.pop().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {}
}

/// A terminal that shows nothing and gives each byte at once, for as long as this lives.
#[cfg(unix)]
struct Silent {
    terminal: std::fs::File,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Silent {
    fn new(terminal: std::fs::File) -> io::Result<Silent> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(&terminal, OptionalActions::Now, &modes)?;
        Ok(Silent { terminal, before })
    }
}

#[cfg(unix)]
impl Drop for Silent {
    fn drop(&mut self) {
        let _ = rustix::termios::tcsetattr(&self.terminal, rustix::termios::OptionalActions::Now, &self.before);
    }
}

/// Asks `prompt` on the console.
///
/// # Errors
/// Where there is no console.
#[cfg(not(unix))]
pub fn ask(prompt: &str) -> io::Result<Zeroizing<String>> {
    rpassword::prompt_password(prompt).map(Zeroizing::new)
}

#[cfg(all(test, unix))]
mod tests {
    #[test]
    fn a_character_is_erased_whole() {
        let mut answer = "a\u{e9}\u{20ac}".as_bytes().to_vec();
        super::erase(&mut answer);
        assert_eq!(answer, "a\u{e9}".as_bytes());
        super::erase(&mut answer);
        super::erase(&mut answer);
        super::erase(&mut answer);
        assert_eq!(answer, b"");
    }
}
