//! What a hook calls: it answers in time, and what it leaves behind holds nothing of the shell's.

use std::time::{Duration, Instant};

use super::commands::alice;
use super::machine::{Machine, PLAIN};
use crate::support::process::Output;
use crate::support::tools::wait_until;
use crate::support::{Answer, Fake};

const HOOK: [&str; 3] = ["hook", "--shell", "bash"];

/// A prompt.
fn prompt(machine: &Machine, said: &str) -> Output {
    machine.run_alone(&mut machine.prepare(&[&HOOK[..], &["--said", said]].concat())).success()
}

#[test]
fn a_prompt_has_a_token_and_the_next_ones_have_the_same() {
    let Some((cloud, machine)) = alice() else { return };
    let mut first = prompt(&machine, "");
    // On a busy machine Wine takes longer to start the renewal than a prompt waits.
    assert!(wait_until(Duration::from_secs(30), || {
        let is_pending = first.stdout.starts_with('\n') && first.stdout.contains("__ostoken_said=pending");
        if is_pending {
            first = prompt(&machine, "pending");
        }
        !is_pending
    }));
    let token = first.stdout.lines().next().unwrap();
    assert!(cloud.accepts(token), "{first:?}");
    assert!(prompt(&machine, "").stdout.starts_with(token));
    assert_eq!((machine.token().as_str(), cloud.creations()), (token, 1));
}

#[test]
fn a_slow_keystone_holds_a_prompt_up_for_two_seconds_and_its_token_reaches_the_next_one() {
    let Some((cloud, machine)) = alice() else { return };
    cloud.set_delay(5.0);
    let hook = prompt(&machine, "");
    assert!(hook.elapsed < Duration::from_millis(2500), "{hook:?}");
    assert!(hook.stdout.starts_with('\n') && hook.stdout.contains("__ostoken_said=pending"), "{hook:?}");
    assert_eq!(machine.renewals().len(), 1);
    assert!(wait_until(Duration::from_secs(30), || machine.renewals().is_empty()));
    cloud.set_delay(0.0);
    let hook = prompt(&machine, "pending");
    assert!(cloud.accepts(hook.stdout.lines().next().unwrap()), "{hook:?}");
    assert_eq!(cloud.creations(), 1);
}

#[test]
fn a_shell_that_reads_a_prompts_answer_to_its_end_does_not_wait_for_the_renewal() {
    let fake = Fake::start();
    fake.always(Answer::new(201).delay(Duration::from_secs(60)));
    let Some(machine) = Machine::new(fake.environment()) else { return };
    // cmd reads a pipe of Windows until nobody has it open for writing.
    let batch = format!("@for /f \"delims=\" %%i in ('{PLAIN} hook --shell bash') do @echo [%%i]\r\n");
    let batch = machine.file("prompt.bat", batch);
    let output = machine.run_alone(&mut machine.windows("cmd", &["/c", &batch])).success();
    assert!(output.stdout.contains("[__ostoken_said=pending,"), "{output:?}");
    assert!(output.elapsed < Duration::from_secs(4), "{output:?}");
    assert_eq!(machine.renewals().len(), 1);
}

#[test]
fn a_renewal_at_a_hung_keystone_ends_by_itself() {
    // Slow: the renewal's 20 s are what it is about.
    let fake = Fake::start();
    fake.always(Answer::new(201).delay(Duration::from_secs(60)));
    let Some(machine) = Machine::new(fake.environment()) else { return };
    let started = Instant::now();
    prompt(&machine, "");
    assert_eq!(machine.renewals().len(), 1);
    assert!(wait_until(Duration::from_secs(40), || machine.renewals().is_empty()));
    assert!(started.elapsed() < Duration::from_secs(24), "{:?}", started.elapsed());
    assert_eq!(fake.posts(), 1);
}
