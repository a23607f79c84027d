//! Steps on other machines, with an `ssh` of this test's own that plays machines which refuse, hang up and stay away.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use quarterdeck::{
    domain::{
        decision::Decision,
        id::RunId,
        run::{AttemptEnd, RunEvent, RunOutcome, StepEnd, StepState},
    },
    proc::identity,
    run::supervisor,
};

use crate::support::run::{Deck, Ended, Running, exists, wait_for};

/// Plays ssh: each machine is a directory. `down.X`: it refuses. `drop.X`: the line of the next start is lost as soon as
/// `cut.X` is there, and the machine goes on.
const SSH: &str = r#"#!/bin/sh
world=WORLD
printf '%s\n' "$*" >> "$world/argv"
for word in "$@"; do case $word in -M|-O) exit 1;; esac; done
while [ "$1" != -- ]; do shift; done
machine=$2
[ -e "$world/down.$machine" ] && { echo "ssh: connect to host $machine port 22: Connection refused" >&2; exit 255; }
mkdir -p "$world/$machine"; cd "$world/$machine"
script="$world/script.$$"
cat > "$script"
far="env -i HOME=$world/$machine PATH=$PATH sh"
if [ -e "$world/drop.$machine" ] && grep -q '^MODE=start' "$script"; then
  $far < "$script" > /dev/null 2>&1 &
  until [ -e "$world/cut.$machine" ]; do sleep 0.02; done
  rm "$world/drop.$machine"
  exit 255
fi
$far < "$script"
"#;

struct Fleet(Deck);

impl Fleet {
    fn new(pipelines: &str) -> Self {
        let deck = Deck::new(pipelines);
        fs::create_dir(deck.path("bin")).unwrap();
        let ssh = deck.path("bin/ssh");
        fs::write(&ssh, SSH.replace("WORLD", deck.path("").to_str().unwrap())).unwrap();
        fs::set_permissions(ssh, fs::Permissions::from_mode(0o755)).unwrap();
        Self(deck)
    }

    fn runner(&self, run: RunId) -> Command {
        let mut runner = self.0.runner(run);
        runner.env("PATH", format!("{}:{}", self.0.path("bin").display(), std::env::var("PATH").unwrap()));
        runner
    }

    fn spawn(&self, run: RunId) -> Running {
        Running(self.runner(run).spawn().unwrap())
    }

    fn execute(&self, params: &[(&str, &str)]) -> Ended {
        let run = self.0.create_with("go", params);
        let _runner = self.spawn(run);
        self.0.ended(run)
    }

    fn put(&self, name: &str) {
        fs::write(self.0.path(name), "").unwrap();
    }
}

fn ends(ended: &Ended) -> Vec<Option<StepEnd>> {
    let end = |state: &StepState| if let StepState::Ended { end, .. } = state { Some(*end) } else { None };
    ended.detail.state.steps.iter().map(|now| end(&now.state)).collect()
}

const OK: Option<StepEnd> = Some(StepEnd::Succeeded);

/// A step over three machines. What it does there it counts in a file of each machine.
fn roll(rest: &str) -> Fleet {
    Fleet::new(&format!(
        r#"
        [suites.health]
        checks = [{{ name = "healthy", run = ["sh", "-c", "echo checked >> order; test ! -e sick"] }}]
        [pipelines.go]
        kind = "task"
        params.word = {{ default = "x", pattern = '(?s).*' }}
        steps = [{{ name = "Roll", hosts = ["web1", "web2", "web3"], {rest} }}]
        "#
    ))
}

#[test]
fn one_machine_after_the_other_each_with_its_own_step_and_the_check_between_them() {
    let fleet = roll(
        r#"serial = 1, verify_each = "health", shell = "echo {{ host.name | sh }}; echo done >> ran", undo = ["sh", "-c", "echo undone >> ran"]"#,
    );
    fleet.put("sick");
    let run = fleet.0.create("go");
    let _runner = fleet.spawn(run);
    let why = fleet.0.held(run);
    assert!(why.contains("health after batch 1 of 3"), "{why}");
    assert_eq!(fleet.0.read("web1/ran"), "done\n");
    assert!(!fleet.0.path("web2").exists(), "the next machine is not touched before the check has passed");
    fs::remove_file(fleet.0.path("sick")).unwrap();
    fleet.0.decide(run, "bob", Decision::Retry { step: 1 });
    let ended = fleet.0.ended(run);
    assert_eq!(ends(&ended), [OK; 6]);
    let names: Vec<_> = ended.detail.plan.steps.iter().map(|planned| planned.step.name.clone()).collect();
    assert_eq!(names[..3], ["Roll / web1", "Roll / health after batch 1 of 3", "Roll / web2"]);
    let said: Vec<_> = ended
        .log
        .iter()
        .filter(|line| line.text.starts_with("web"))
        .map(|line| (line.step, line.text.clone()))
        .collect();
    assert_eq!(said, [(0, "web1".to_owned()), (2, "web2".to_owned()), (4, "web3".to_owned())]);
    assert_eq!(fleet.0.read("order"), "checked\n".repeat(4));
}

#[test]
fn f65_a_hostile_parameter_is_one_word_on_the_machine_and_on_no_command_line_here() {
    for word in ["v1; touch pwned", "$(touch pwned)", "a\nb", "-rf", "it's \"so\""] {
        let fleet = roll(r#"run = ["sh", "-c", "printf '%s' \"$1\" > got", "sh", "{{ word }}"]"#);
        let ended = fleet.execute(&[("word", word)]);
        assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
        for machine in ["web1", "web2", "web3"] {
            assert_eq!(fleet.0.read(&format!("{machine}/got")), word);
            assert!(!fleet.0.path(&format!("{machine}/pwned")).exists());
        }
        assert!(!fleet.0.read("argv").contains(word), "ssh's own arguments are seen by everyone on this machine");
    }
}

/// A command that says something, waits for a file on its machine, and ends with 7.
const LONG: &str =
    r#"run = ["sh", "-c", "echo begun >> ran; echo first; until test -e go; do sleep 0.02; done; echo last; exit 7"]"#;

fn of_web1(ended: &Ended) -> Vec<&AttemptEnd> {
    let of = |event: &RunEvent| matches!(event, RunEvent::AttemptEnded { key, .. } if key.step == 0);
    let rows = ended.events.iter().filter(|row| of(&row.event));
    rows.map(|row| if let RunEvent::AttemptEnded { end, .. } = &row.event { end } else { unreachable!() }).collect()
}

/// Lets the others be done with, so that only web1 matters.
fn only_web1(fleet: &Fleet) {
    for machine in ["web2", "web3"] {
        fs::create_dir_all(fleet.0.path(machine)).unwrap();
        fleet.put(&format!("{machine}/go"));
    }
}

#[test]
fn when_the_line_drops_the_command_goes_on_and_is_joined_and_never_started_again() {
    let fleet = roll(&format!("max_failures = 3, {LONG}"));
    only_web1(&fleet);
    fleet.put("drop.web1");
    let run = fleet.0.create("go");
    let _runner = fleet.spawn(run);
    wait_for("its beginning", || exists(&fleet.0.path("web1/ran")));
    fleet.put("cut.web1");
    fleet.0.until(run, "the loss of the line", |events| {
        events.iter().any(|row| matches!(&row.event, RunEvent::AttemptEnded { end: AttemptEnd::LineLost { .. }, .. }))
    });
    fleet.put("web1/go");
    let ended = fleet.0.ended(run);
    assert_eq!(fleet.0.read("web1/ran"), "begun\n");
    let attempts = of_web1(&ended);
    assert!(matches!(attempts[..], [AttemptEnd::LineLost { .. }, AttemptEnd::Exited { code: 7 }]), "{attempts:?}");
    let said: Vec<_> =
        ended.log.iter().filter(|line| line.step == 0 && line.attempt == 2).map(|line| line.text.as_str()).collect();
    assert_eq!(said, ["first", "last"], "all it said is there, from the beginning");
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "three failures are borne");
    assert!(ended.why().contains("but not: Roll / web1 (failed)"), "{}", ended.why());
}

#[test]
fn a_machine_that_stays_away_after_its_line_was_lost_is_unknown_and_a_person_s_retry_joins() {
    let fleet = roll(&LONG.replace("exit 7", "exit 0"));
    only_web1(&fleet);
    fleet.put("drop.web1");
    let run = fleet.0.create("go");
    let _runner = fleet.spawn(run);
    wait_for("its beginning", || exists(&fleet.0.path("web1/ran")));
    fleet.put("down.web1");
    fleet.put("cut.web1");
    let why = fleet.0.held(run);
    assert!(why.contains("unknown") && why.contains("Connection refused"), "{why}");
    let state = fleet.0.reader().run(run).unwrap().state;
    assert!(matches!(state.steps[0].state, StepState::Ended { end: StepEnd::Unknown, .. }), "{:?}", state.steps[0]);
    fs::remove_file(fleet.0.path("down.web1")).unwrap();
    fleet.put("web1/go");
    fleet.0.decide(run, "bob", Decision::Retry { step: 0 });
    let ended = fleet.0.ended(run);
    assert_eq!(ends(&ended), [OK; 3]);
    assert_eq!(fleet.0.read("web1/ran"), "begun\n", "joined, not started again");
}

#[test]
fn f01_f05_neither_a_killed_runner_nor_a_killed_supervisor_runs_it_twice() {
    for supervisor_too in [false, true] {
        let fleet = roll(&format!("max_failures = 3, {LONG}"));
        only_web1(&fleet);
        let run = fleet.0.create("go");
        let mut runner = fleet.spawn(run);
        wait_for("its beginning", || exists(&fleet.0.path("web1/ran")));
        runner.kill();
        if supervisor_too {
            let dir = fleet.0.state().run_dir(run).join("00-1");
            let ssh = wait_for("ssh", || supervisor::started(&dir).unwrap()).process;
            let stat = fs::read_to_string(format!("/proc/{}/stat", ssh.pid)).unwrap();
            let parent: i32 = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1).unwrap().parse().unwrap();
            let supervisor = identity::identify(parent).unwrap();
            identity::signal(&supervisor, rustix::process::Signal::KILL).unwrap();
            wait_for("its death", || (!identity::is_alive(&supervisor)).then_some(()));
        }
        let _next = fleet.spawn(run);
        fleet.put("web1/go");
        let ended = fleet.0.ended(run);
        assert_eq!(fleet.0.read("web1/ran"), "begun\n");
        assert!(matches!(of_web1(&ended).last(), Some(AttemptEnd::Exited { code: 7 })), "{:?}", of_web1(&ended));
    }
}

#[test]
fn a_machine_that_refuses_is_borne_up_to_the_bound_and_nothing_was_done_there() {
    let fleet = roll(r#"serial = 1, max_failures = 1, run = ["touch", "done"]"#);
    fleet.put("down.web2");
    let ended = fleet.execute(&[]);
    assert_eq!(ends(&ended), [OK, Some(StepEnd::Failed), OK]);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded);
    assert!(ended.why().contains("but not: Roll / web2 (failed)"), "{}", ended.why());
}

#[test]
fn a_machine_is_excluded_by_a_decision_and_what_is_no_machine_can_t_be() {
    let fleet = roll(r#"serial = 1, required = true, run = ["touch", "done"]"#);
    fleet.put("down.web2");
    let run = fleet.0.create("go");
    let _runner = fleet.spawn(run);
    let why = fleet.0.held(run);
    assert!(why.contains("web2 can't be reached") && why.contains("Connection refused"), "{why}");
    fleet.0.decide(run, "bob", Decision::Skip { step: 1, reason: "it is required".into() });
    fleet.0.decide(run, "bob", Decision::Exclude { step: 1, reason: "its disk is gone".into() });
    let ended = fleet.0.ended(run);
    assert_eq!(ends(&ended), [OK, Some(StepEnd::Excluded), OK]);
    assert!(ended.why().contains("Roll / web2 (excluded)"), "{}", ended.why());
}

#[test]
fn a_cancel_ends_the_command_on_the_machine_too() {
    let fleet = roll(r#"at_most = 1, run = ["sh", "-c", "echo $$ > pid; exec sleep 600"]"#);
    let run = fleet.0.create("go");
    let _runner = fleet.spawn(run);
    let pid = wait_for("its beginning", || fleet.0.read("web1/pid").trim().parse::<i32>().ok());
    let far = identity::identify(pid).unwrap();
    fleet.0.decide(run, "bob", Decision::Cancel { reason: "wrong day".into() });
    let ended = fleet.0.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Cancelled);
    assert!(!identity::is_alive(&far), "it still runs there");
    assert!(ended.text().contains("ended on web1"), "{}", ended.text());
}
