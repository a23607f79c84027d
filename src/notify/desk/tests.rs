//! The desk against a provider that is down, with a clock that the test moves.

use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::*;
use crate::{
    config,
    domain::alert::{Notice, Reason, Severity},
    store::state_dir::StateDir,
};

type Says = dyn Fn(usize, &str) -> (u16, ResponseTemplate) + Send + Sync;

/// What the provider says to the n-th request, and what it took: group and title.
#[derive(Clone)]
struct Provider {
    says: Arc<Says>,
    asked: Arc<AtomicUsize>,
    took: Arc<Mutex<Vec<(String, String)>>>,
}

impl Provider {
    fn new(says: impl Fn(usize, &str) -> (u16, ResponseTemplate) + Send + Sync + 'static) -> Self {
        Self { says: Arc::new(says), asked: Arc::default(), took: Arc::default() }
    }
}

impl Respond for Provider {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let said: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let (group, title) = (said["group"].as_str().unwrap().to_owned(), said["title"].as_str().unwrap().to_owned());
        let (status, answer) = (self.says)(self.asked.fetch_add(1, Ordering::Relaxed), &title);
        if status == 204 {
            self.took.lock().unwrap().push((group, title));
        }
        answer
    }
}

fn status(status: u16) -> (u16, ResponseTemplate) {
    (status, ResponseTemplate::new(status))
}

struct Office {
    dir: tempfile::TempDir,
    server: MockServer,
    store: Store,
    desk: Desk,
    now: UnixMs,
    posted: u32,
}

const START: UnixMs = UnixMs(1_700_000_000_000);

impl Office {
    async fn new(provider: &Provider, rest: &str) -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(provider.clone()).mount(&server).await;
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("state"));
        state.create().unwrap();
        let store = Store::open(&state).unwrap();
        let text = format!("[channels.ops]\nwebhook = {{ url = \"{}/hook\" }}\n{rest}", server.uri());
        let project = project(dir.path(), &text);
        let desk = Desk::open(store.clone(), project, START).await.unwrap();
        Self { dir, server, store, desk, now: START, posted: 0 }
    }

    async fn post(&mut self, channel: &str, group: &str, title: &str) -> NoticeId {
        self.posted += 1;
        let notice = Notice {
            channel: channel.into(),
            group: group.into(),
            at: self.now,
            reason: Reason::First,
            project: "Shop".into(),
            env: None,
            severity: Severity::High,
            title: title.into(),
            text: String::new(),
            firing: Vec::new(),
            resolved: Vec::new(),
            more: 0,
        };
        self.store.post(notice, self.posted.to_string()).await.unwrap().unwrap()
    }

    /// Lets so much time go by, in steps of a second.
    async fn pass(&mut self, time: Duration) {
        for _ in 0..time.as_secs() {
            self.now = self.now.after(Duration::from_secs(1));
            self.desk.begin(self.now).await.unwrap();
            while let Some(done) = self.desk.next().await {
                self.desk.settle(done, self.now).await.unwrap();
            }
        }
    }

    fn outcome(&self, id: NoticeId) -> Option<Outcome> {
        self.post_of(id).settled.map(|(_, outcome)| outcome)
    }

    fn post_of(&self, id: NoticeId) -> Post {
        self.store.reader().unwrap().notice(id).unwrap().unwrap()
    }
}

fn project(dir: &std::path::Path, text: &str) -> Arc<Project> {
    let file = dir.join("quarterdeck.toml");
    fs::write(&file, format!("[project]\nname = \"Shop\"\n[environments.here]\n{text}")).unwrap();
    Arc::new(config::load(&file).unwrap_or_else(|error| panic!("{}", error.render(false))))
}

#[tokio::test]
async fn a_channel_that_answers_500_for_ten_minutes_then_recovers_gets_each_message_once_in_order_resolved_after_firing()
 {
    let up = Arc::new(AtomicUsize::new(0));
    let provider = Provider::new({
        let up = Arc::clone(&up);
        move |_, _| status(if up.load(Ordering::Relaxed) == 1 { 204 } else { 500 })
    });
    let mut office = Office::new(&provider, "").await;
    let mut expected = BTreeMap::new();
    for minute in 0..10 {
        for group in ["api", "db", "web"] {
            let title = format!("{group} {}", if minute == 9 { "resolved".into() } else { format!("firing {minute}") });
            office.post("ops", group, &title).await;
            expected.entry(group.to_owned()).or_insert_with(Vec::new).push(title);
        }
        office.pass(Duration::from_mins(1)).await;
    }
    assert!(provider.took.lock().unwrap().is_empty());
    let tried = provider.asked.load(Ordering::Relaxed);
    assert!((6..40).contains(&tried), "it is left in peace: {tried} requests in ten minutes");
    up.store(1, Ordering::Relaxed);
    office.pass(Duration::from_mins(8)).await;
    let mut took: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (group, title) in provider.took.lock().unwrap().iter() {
        took.entry(group.clone()).or_default().push(title.clone());
    }
    assert_eq!(took, expected);
    assert_eq!(office.store.reader().unwrap().backlog().unwrap(), []);
}

#[tokio::test]
async fn one_message_that_is_never_taken_does_not_stop_the_other_groups_and_is_given_up_in_the_end() {
    let provider = Provider::new(|_, title| status(if title == "poison" { 500 } else { 204 }));
    let mut office = Office::new(&provider, "give_up = \"1h\"\n").await;
    let poison = office.post("ops", "a", "poison").await;
    let behind = office.post("ops", "a", "behind it").await;
    let other = office.post("ops", "b", "other").await;
    office.pass(Duration::from_secs(30)).await;
    assert_eq!((office.outcome(other), office.outcome(behind)), (Some(Outcome::Delivered), None));
    office.pass(Duration::from_mins(63)).await;
    let Some(Outcome::GivenUp { why }) = office.outcome(poison) else { panic!("{:?}", office.post_of(poison)) };
    assert!(why.contains("not delivered for 1h: status 500"), "{why}");
    assert_eq!(office.outcome(behind), Some(Outcome::Delivered));
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up_at_once_and_the_reason_said() {
    let provider = Provider::new(|asked, _| {
        if asked == 0 {
            (400, ResponseTemplate::new(400).set_body_string("invalid_payload\x1b[2J"))
        } else {
            status(204)
        }
    });
    let mut office = Office::new(&provider, "").await;
    let (refused, next) = (office.post("ops", "a", "one").await, office.post("ops", "a", "two").await);
    office.pass(Duration::from_secs(3)).await;
    assert_eq!(office.outcome(refused), Some(Outcome::GivenUp { why: "status 400: invalid_payload⟨CSI 2J⟩".into() }));
    assert_eq!(office.outcome(next), Some(Outcome::Delivered));
    assert_eq!(provider.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn who_does_not_know_us_is_asked_three_times_with_secrets_read_anew() {
    let provider = Provider::new(|_, _| status(403));
    let mut office = Office::new(&provider, "").await;
    let id = office.post("ops", "a", "one").await;
    office.pass(Duration::from_secs(30)).await;
    assert!(matches!(office.outcome(id), Some(Outcome::GivenUp { why }) if why.contains("403")));
    assert_eq!(provider.asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_pause_that_the_other_side_asks_for_is_kept_by_the_whole_channel() {
    let provider = Provider::new(|asked, _| {
        if asked == 0 { (429, ResponseTemplate::new(429).insert_header("retry-after", "90")) } else { status(204) }
    });
    let mut office = Office::new(&provider, "").await;
    office.post("ops", "a", "one").await;
    office.post("ops", "b", "two").await;
    office.pass(Duration::from_secs(89)).await;
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
    office.pass(Duration::from_secs(5)).await;
    assert_eq!(provider.took.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_channel_that_is_down_delays_no_other_and_its_pace_is_its_own() {
    let provider = Provider::new(|_, _| status(204));
    let rest = "every = \"0s\"\nper_minute = 5\n[channels.dead]\nwebhook = { url = \"http://127.0.0.1:1/\" }\n";
    let mut office = Office::new(&provider, rest).await;
    let dead = office.post("dead", "a", "dead").await;
    for number in 0..12 {
        office.post("ops", "a", &format!("{number}")).await;
    }
    office.pass(Duration::from_secs(50)).await;
    assert_eq!(provider.took.lock().unwrap().len(), 5);
    office.pass(Duration::from_secs(130)).await;
    let took: Vec<_> = provider.took.lock().unwrap().iter().map(|(_, title)| title.clone()).collect();
    assert_eq!(took, (0..12).map(|number| number.to_string()).collect::<Vec<_>>(), "none was dropped");
    let post = office.post_of(dead);
    assert!(post.settled.is_none() && post.attempts >= 3, "{post:?}");
    assert!(post.last.unwrap().answer.contains("127.0.0.1 can't be reached"));
}

#[tokio::test]
async fn a_new_configuration_is_in_force_with_the_next_attempt_and_what_waited_goes_there() {
    let provider = Provider::new(|_, _| status(204));
    let rest = "[channels.dead]\nwebhook = { url = \"http://127.0.0.1:1/\" }\n";
    let mut office = Office::new(&provider, rest).await;
    let dead = office.post("dead", "a", "dead").await;
    office.pass(Duration::from_mins(4)).await;
    let right = format!("[channels.dead]\nwebhook = {{ url = \"{}/right\" }}\n", office.server.uri());
    let right = project(office.dir.path(), &right);
    office.desk.configure(right);
    office.pass(Duration::from_mins(2)).await;
    assert_eq!(office.outcome(dead), Some(Outcome::Delivered));
}
