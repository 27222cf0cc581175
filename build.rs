//! Compiles what has to run before Rust's runtime does.

fn main() {
    println!("cargo::rerun-if-changed=src/closed_streams.c");
    if std::env::var_os("CARGO_CFG_UNIX").is_some() {
        // Nothing refers to it: the linker is told to keep it.
        cc::Build::new()
            .file("src/closed_streams.c")
            .warnings_into_errors(true)
            .link_lib_modifier("+whole-archive")
            .compile("closed_streams");
    }
}
