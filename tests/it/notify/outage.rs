//! A provider that is down and comes back; a watcher that is killed in the middle.

use std::{
    collections::BTreeMap,
    process::{Child, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use quarterdeck::domain::alert::{Outcome, Reason};

use super::{Office, sink::Sink};
use crate::support::run::wait_for;

/// A watcher of our own; killed with this.
pub struct Watcher(Child);

impl Watcher {
    pub fn start(office: &Office) -> Self {
        Self(office.command(&["watch"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn channel(sink: &Sink) -> String {
    format!("[channels.ops]\nwebhook = {{ url = \"{}/hook\" }}\nevery = \"0s\"\nper_minute = 6000\n", sink.address)
}

fn titles(sink: &Sink) -> BTreeMap<String, Vec<String>> {
    let mut titles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in sink.took() {
        let said = one.json();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        titles.entry(text("group")).or_default().push(text("title"));
    }
    titles
}

#[test]
fn a_channel_that_is_down_and_recovers_gets_each_message_once_in_order_resolved_after_firing() {
    let down_until = Instant::now() + Duration::from_secs(4);
    let sink = Sink::start(move |_, _| Some((if Instant::now() < down_until { 500 } else { 204 }, "", String::new())));
    let office = Office::new(&channel(&sink));
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for group in ["api", "db"] {
        for (reason, title) in [(Reason::First, "firing"), (Reason::New, "more"), (Reason::AllResolved, "resolved")] {
            office.post("ops", group, reason, title);
            expected.entry(group.into()).or_default().push(title.into());
        }
    }
    let _courier = office.courier();
    wait_for("all of it", || office.store.reader().unwrap().backlog().unwrap().is_empty().then_some(()));
    assert_eq!(titles(&sink), expected);
    assert!(sink.asked().iter().any(|one| one.status == 500), "it was tried while it was down");
}

#[test]
fn after_a_crash_what_was_under_way_comes_again_with_the_same_number_and_nothing_is_left_out() {
    let silent = Arc::new(AtomicBool::new(true));
    let says = Arc::clone(&silent);
    // It takes two messages, and is silent to the third.
    let sink =
        Sink::start(move |asked, _| (asked < 2 || !says.load(Ordering::Relaxed)).then(|| (204, "", String::new())));
    let office = Office::new(&channel(&sink));
    let posts: Vec<_> = (0..5).map(|number| office.post("ops", "api", Reason::First, &number.to_string())).collect();
    let watcher = Watcher::start(&office);
    wait_for("a third request that is not answered", || (sink.asked().len() >= 3).then_some(()));
    wait_for("the second is written down", || office.read(posts[1]).settled);
    watcher.kill();
    silent.store(false, Ordering::Relaxed);
    let _watcher = Watcher::start(&office);
    for post in &posts {
        assert_eq!(office.settled(*post), Outcome::Delivered);
    }
    assert_eq!(titles(&sink)["api"], ["0", "1", "2", "3", "4"]);
    let numbers: Vec<_> = sink.asked().iter().map(|one| one.header("x-quarterdeck-id").unwrap().to_owned()).collect();
    assert_eq!(numbers[2], numbers[3], "the one that was under way can be known");
}

#[test]
fn a_watcher_that_is_killed_again_and_again_leaves_nothing_untold_and_changes_no_order() {
    let sink = Sink::start(|_, _| Some((204, "", String::new())));
    let office = Office::new(&channel(&sink));
    let posts: Vec<_> =
        (0..40).map(|number| office.post("ops", "api", Reason::First, &format!("{number:02}"))).collect();
    for upto in [5, 15, 25] {
        let watcher = Watcher::start(&office);
        wait_for("some of it", || (sink.took().len() >= upto).then_some(()));
        watcher.kill();
    }
    let _watcher = Watcher::start(&office);
    for post in &posts {
        assert_eq!(office.settled(*post), Outcome::Delivered);
    }
    let took = titles(&sink).remove("api").unwrap();
    let mut once = took.clone();
    once.dedup();
    assert_eq!(once, (0..40).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    assert!(took.len() <= 43, "each crash repeats at most the one under way: {took:?}");
}

#[test]
fn a_heartbeat_goes_out_while_the_watcher_is_well_to_an_address_that_is_a_secret() {
    let sink = Sink::start(|_, _| Some((200, "", "OK".into())));
    let address = format!("{}/ping/hunter2-hunter2", sink.address);
    let text = "[heartbeat]\nurl = \"{{ secret('PING') }}\"\nevery = \"10s\"\n";
    let office = Office::with_secrets(text, &[("PING", &address)]);
    let _watcher = Watcher::start(&office);
    wait_for("a heartbeat", || sink.took().into_iter().find(|one| one.head.starts_with("GET /ping/hunter2-hunter2 ")));
    let log = office.state().join("log");
    let files = std::fs::read_dir(log).unwrap().flatten().map(|entry| std::fs::read_to_string(entry.path()).unwrap());
    let said: String = files.collect();
    assert!(!said.contains("hunter2-hunter2"), "{said}");
}
