//! The standard streams, as they are: the standard library takes a stream that cannot be written to for one that takes all.

#[cfg(unix)]
mod system {
    use std::io;

    /// Standard output, unbuffered and without a lock: a hook's limit answers in place of a thread that hangs.
    #[derive(Debug)]
    pub struct Stdout;

    impl io::Write for Stdout {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(rustix::io::write(rustix::stdio::stdout(), bytes)?)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Standard output.
    pub fn stdout() -> Stdout {
        Stdout
    }
}

#[cfg(not(unix))]
mod system {
    /// Standard output.
    pub fn stdout() -> std::io::Stdout {
        std::io::stdout()
    }
}

pub use system::stdout;
