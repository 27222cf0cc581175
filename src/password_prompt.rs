//! A question at the terminal whose answer is not shown.

use crate::secret::LONGEST_VALUE;
use std::io::{self, Read};
use zeroize::Zeroizing;

/// One byte more than the longest secret, so that a longer one is seen to be that.
const LONGEST: usize = LONGEST_VALUE + 1;
const INTERRUPT: u8 = 0x03;
const END_OF_FILE: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const ERASE_LINE: u8 = 0x15;
const ERASE: u8 = 0x7f;

/// Asks `prompt` on the terminal; the answer is read without echo, which is off before the question is shown, and on again
/// after ^C: that ends the program as it does elsewhere.
///
/// # Errors
/// Where there is no terminal. On Windows it has to be `stdin`.
pub fn ask(prompt: &str, stdin: &mut dyn Read) -> io::Result<Zeroizing<String>> {
    let (mut terminal, silent) = terminal::open(stdin)?;
    terminal.say(prompt)?;
    let answer = answer(&mut terminal);
    drop(silent);
    terminal.say("\n")?;
    let Some(answer) = answer? else { return Err(terminal::interrupt()) };
    let text = std::str::from_utf8(&answer).map_err(|_| io::Error::other("the answer is not valid UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// What is typed up to the end of the line; `None` after ^C.
fn answer(keys: &mut impl Read) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut answer = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut byte = Zeroizing::new([0]);
    while keys.read(&mut byte[..])? > 0 {
        match byte[0] {
            b'\r' | b'\n' | END_OF_FILE => break,
            INTERRUPT => return Ok(None),
            ERASE | BACKSPACE => erase(&mut answer),
            ERASE_LINE => answer.clear(),
            // What is longer is no secret that is taken.
            other if answer.len() < LONGEST => answer.push(other),
            _ => {}
        }
    }
    Ok(Some(answer))
}

/// Takes the last character away, of however many bytes.
fn erase(answer: &mut Vec<u8>) {
    while answer.pop().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {}
}

#[cfg(unix)]
mod terminal {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use std::fs::File;
    use std::io::{self, Read, Write};

    /// The terminal itself, wherever the standard streams go.
    pub struct Terminal(File);

    impl Terminal {
        pub fn say(&mut self, text: &str) -> io::Result<()> {
            self.0.write_all(text.as_bytes())
        }
    }

    impl Read for Terminal {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    /// A terminal that shows nothing and gives each byte at once, for as long as this lives.
    pub struct Silent {
        terminal: File,
        before: Termios,
    }

    pub fn open(_: &mut dyn Read) -> io::Result<(Terminal, Silent)> {
        let terminal = File::options().read(true).write(true).open("/dev/tty")?;
        let silent = terminal.try_clone()?;
        let before = tcgetattr(&silent)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(&silent, OptionalActions::Now, &modes)?;
        Ok((Terminal(terminal), Silent { terminal: silent, before }))
    }

    impl Drop for Silent {
        fn drop(&mut self) {
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        }
    }

    /// Ends the program as the signal would have.
    pub fn interrupt() -> io::Error {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT);
        io::ErrorKind::Interrupted.into()
    }
}

#[cfg(windows)]
mod terminal {
    use std::io::{self, IsTerminal, Read, Write};
    use winsafe::{HSTD, SysResult, co};

    /// How a program ends that Ctrl-C ended (STATUS_CONTROL_C_EXIT, 0xC000013A).
    const INTERRUPTED: i32 = -1_073_741_510;

    /// Ctrl-C is a signal, not a key.
    const PROCESSED: co::CONSOLE = co::CONSOLE::ENABLE_PROCESSED_INPUT;

    /// Standard input and standard error, which take and give any text where they are a console.
    pub struct Terminal<'s>(&'s mut dyn Read);

    impl Terminal<'_> {
        pub fn say(&mut self, text: &str) -> io::Result<()> {
            match io::stderr() {
                stderr if stderr.is_terminal() => stderr.lock().write_all(text.as_bytes()),
                _ => io::stdout().write_all(text.as_bytes()),
            }
        }
    }

    impl Read for Terminal<'_> {
        /// A console that gives nothing gave up at Ctrl-C or Ctrl-Z, as Wine's does.
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(buffer)?;
            match buffer.first_mut() {
                Some(first) if count == 0 => *first = super::INTERRUPT,
                _ => return Ok(count),
            }
            Ok(1)
        }
    }

    /// A console that shows nothing and gives each key at once, for as long as this lives.
    pub struct Silent(co::CONSOLE);

    pub fn open(stdin: &mut dyn Read) -> io::Result<(Terminal<'_>, Silent)> {
        let before = console(|input| input.GetConsoleMode())?;
        let cooked = before & (co::CONSOLE::ENABLE_LINE_INPUT | co::CONSOLE::ENABLE_ECHO_INPUT | PROCESSED);
        let raw = before ^ cooked;
        console(|input| input.SetConsoleMode(raw))?;
        Ok((Terminal(stdin), Silent(before)))
    }

    impl Drop for Silent {
        fn drop(&mut self) {
            let _ = console(|input| input.SetConsoleMode(self.0));
        }
    }

    /// Does `work` with the console that standard input is, and leaves it open.
    fn console<T>(work: impl Fn(&HSTD) -> SysResult<T>) -> io::Result<T> {
        let failed = |error: co::ERROR| io::Error::from_raw_os_error(error.raw().cast_signed());
        let input = HSTD::GetStdHandle(co::STD_HANDLE::INPUT).map_err(failed)?.leak();
        work(&input).map_err(failed)
    }

    /// Ends the program as Ctrl-C would have.
    pub fn interrupt() -> io::Error {
        std::process::exit(INTERRUPTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_erased_whole() {
        let mut answer = "a\u{e9}\u{20ac}".as_bytes().to_vec();
        erase(&mut answer);
        assert_eq!(answer, "a\u{e9}".as_bytes());
        erase(&mut answer);
        erase(&mut answer);
        erase(&mut answer);
        assert_eq!(answer, b"");
    }

    #[test]
    fn keys_make_an_answer() {
        let typed = |keys: &str| {
            let answer = answer(&mut keys.as_bytes()).expect("readable");
            answer.map(|answer| String::from_utf8(answer.to_vec()).expect("text"))
        };
        assert_eq!(typed("p\u{e4}ss\rmore").as_deref(), Some("p\u{e4}ss"));
        assert_eq!(typed("pasx\u{20ac}\u{8}\u{7f}s\n").as_deref(), Some("pass"));
        assert_eq!(typed("wrong\u{15}right\u{4}").as_deref(), Some("right"));
        assert_eq!(typed("secret\u{3}\r"), None);
        assert_eq!(typed(&"x".repeat(LONGEST + 9)).map(|text| text.len()), Some(LONGEST));
    }
}
