//! What goes in and out: encodings, line ends, the user's folder.

use super::commands::alice;
use super::machine::{Machine, PLAIN};
use crate::support::{Fake, people};

#[test]
fn a_password_on_standard_input_is_taken_as_powershell_writes_it() {
    let Some((cloud, mut machine)) = alice() else { return };
    machine.unset("OS_PASSWORD");
    let line = people::password("alice") + "\r\n";
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let encodings = [
        line.clone().into_bytes(),
        line.trim_end().as_bytes().to_vec(),
        format!("\u{feff}{line}").into_bytes(),
        utf16(&format!("\u{feff}{line}")),
    ];
    for bytes in encodings {
        let output = machine.run_with(&["login", "--password-stdin"], &bytes).success();
        assert_eq!(output.stderr, "");
        assert!(cloud.accepts(&machine.token()));
        machine.run(&["logout"]).success();
    }
    let creations = cloud.creations();
    for (bytes, why) in [(b"p\xe4ss\r\n".to_vec(), "UTF-8"), (utf16(&line), "NUL"), (b"\xff\xfex".to_vec(), "UTF-16LE")]
    {
        let output = machine.run_with(&["login", "--password-stdin"], &bytes).expect_status(2);
        assert!(output.stderr.contains(why), "{output:?}");
    }
    assert_eq!(cloud.creations(), creations, "nothing was sent");
}

#[test]
fn the_state_lies_in_the_users_local_data_and_output_is_utf_8_in_any_code_page() {
    let fake = Fake::start();
    let Some(mut machine) = Machine::new(fake.environment()) else { return };
    let name = "J\u{f6}rg \u{20ac} \u{1f511}";
    machine.set("OS_USERNAME", name);
    let token = machine.token();
    assert!(machine.record_path().exists(), "below the user's folder");
    assert_eq!(machine.names(|name| name.starts_with("lease.")).len(), 1);
    assert!(
        machine.status()["identity"]["account"].to_string().contains(name)
            || machine.run(&["status"]).stdout.contains(name)
    );
    for page in ["437", "1252", "65001"] {
        let batch = machine.file("status.bat", format!("@chcp {page} >nul\r\n@{PLAIN} status\r\n"));
        let output = machine.home.run(&mut machine.windows("cmd", &["/c", &batch])).success();
        assert!(output.stdout.contains(name), "code page {page}: {output:?}");
    }
    assert_eq!(machine.token(), token);
}
