//! The process ended at every named point of a creation and of a renewal: the next run finds its way.

use ostoken::failpoint::Point;

use super::machine::Machine;
use crate::support::{Cloud, CloudOptions};

/// Ends a process at `point` and looks at what the next ones make of it.
fn survives(cloud: &Cloud, machine: &Machine, point: Point, is_renewal: bool) {
    let case = format!("ended at {}, renewal: {is_renewal}", point.name());
    if is_renewal {
        machine.token();
        let refresh = machine.status();
        machine.age(3600 * 2 / 3 + 200);
        assert_eq!(machine.status()["token"]["state"], "stale", "{case}: {refresh}");
    }
    let before = cloud.creations();
    let output = machine.home.run(machine.prepare(&["token"]).env("OSTOKEN_FAILPOINT", point.name()));
    assert!(output.status != 0 && output.stdout.is_empty(), "{case}: {output:?}");

    let output = machine.run(&["token"]);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{case}: {output:?}");
    let token = output.stdout.trim_end();
    assert!(cloud.accepts(token), "{case}");
    assert_eq!(machine.token(), token, "{case}");
    let made = cloud.creations() - before;
    let most = if matches!(point, Point::EntryWritten | Point::RecordWritten | Point::OldLeaseRemoved) { 1 } else { 2 };
    assert!((1..=most).contains(&made), "{case}: {made} creations");
    machine.run(&["refresh"]).success();
    assert_eq!(machine.names(|name| name.starts_with("lease.")).len(), 1, "{case}");
    assert_eq!(machine.names(|name| name.starts_with('.')), Vec::<String>::new(), "{case}");
    machine.run(&["logout"]).success();
}

fn survives_everywhere(is_renewal: bool) {
    let Some(cloud) = Cloud::start(CloudOptions::default()) else { return };
    for point in Point::CREATION {
        // A Windows each: the budget of requests a minute is one per login and state folder.
        let Some(machine) = Machine::with_failpoints(cloud.openrc_environment("alice", "demo")) else { return };
        survives(&cloud, &machine, point, is_renewal);
    }
}

#[test]
fn a_creation_that_ends_anywhere_costs_one_more_at_most() {
    survives_everywhere(false);
}

#[test]
fn a_renewal_that_ends_anywhere_costs_one_more_at_most() {
    survives_everywhere(true);
}
