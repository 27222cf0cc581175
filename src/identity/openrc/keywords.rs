//! The shell's own words: its grammar's, and the commands that are refused wherever they stand.

/// Words of the shell's grammar.
pub(super) fn is_reserved(word: &[u8]) -> bool {
    const RESERVED: [&[u8]; 22] = [
        b"!",
        b"[[",
        b"]]",
        b"case",
        b"coproc",
        b"do",
        b"done",
        b"elif",
        b"else",
        b"esac",
        b"fi",
        b"for",
        b"function",
        b"if",
        b"in",
        b"select",
        b"then",
        b"time",
        b"until",
        b"while",
        b"{",
        b"}",
    ];
    RESERVED.contains(&word)
}

/// Why a command of this name is refused wherever it stands, if it is.
pub(super) fn refused_command(name: &str) -> Option<&'static str> {
    Some(match name {
        "." | "source" => "another file could set any OS_* variable; write its lines into this one",
        "eval" => "text that is built and then run could set any OS_* variable",
        "exec" | "kill" | "suspend" | "logout" => "this ends or replaces the shell",
        "trap" => "a trap could set any OS_* variable later",
        "let" | "getopts" | "mapfile" | "readarray" | "local" | "readonly" | "wait" => {
            "this command sets variables in a way that is not understood here"
        }
        "shopt" | "enable" | "builtin" | "fc" | "bind" | "jobs" | "fg" | "bg" | "compgen" | "break" | "continue" => {
            "this command changes how the rest of the file is read"
        }
        _ => return None,
    })
}
