use serde_json::json;

use super::*;
use crate::domain::{
    alert::Rulebook,
    condition::Condition,
    environment::{Outlets, Retention, Service},
    health::Debounce,
    id::RunId,
    pipeline::{Baseline, Choices, Command, Effect, Entry, HttpStep, Param, Single, SoakSpec, Trust, WaitSpec},
    placement::{Host, Others, Serial},
    probe::{HttpRequest, Limits, ProbeKind},
    suite::{Check, CheckKind},
    template::Template,
    verdict::Verdict::{Fail, Pass, Unknown},
};

fn template(source: &str) -> Template {
    Template::parse(source).unwrap()
}

fn request<T>(url: T) -> HttpRequest<T> {
    HttpRequest::get(url)
}

fn probe<T>(url: T) -> ProbeSpec<T> {
    ProbeSpec {
        name: "ready".into(),
        kind: ProbeKind::Http(request(url)),
        every: Duration::from_secs(10),
        timeout: Duration::from_secs(2),
        expect: vec![Condition::parse("status == 200").unwrap()],
        degraded: Vec::new(),
        record: Vec::new(),
        kpi: Vec::new(),
        limits: Limits::health(),
    }
}

fn service(name: &str) -> Service {
    let url = Rendered::text(format!("http://{name}/ready"));
    Service {
        name: name.into(),
        url: None,
        depends_on: Vec::new(),
        probes: vec![probe(url)],
        debounce: Debounce::default(),
        logs: Vec::new(),
    }
}

fn suite(name: &str) -> (String, Suite) {
    let kind = CheckKind::Probe(Box::new(probe(template("{{ env.url }}/{{ secret('SMOKE') }}"))));
    let probe = Check { name: "answers".into(), kind, fix: None, optional: false };
    let env = Check {
        name: "set".into(),
        kind: CheckKind::Probe(Box::new(ProbeSpec::plain("set", ProbeKind::Env { name: "DB".into() }))),
        fix: None,
        optional: false,
    };
    (name.into(), Suite { name: name.into(), checks: vec![probe, env] })
}

fn environment() -> Environment {
    let source = |name: &str| (name.to_owned(), SecretSource::Env(format!("X_{name}")));
    Environment {
        name: "production".into(),
        url: Some("https://acme.example".into()),
        color: None,
        confirm: Confirm::Enter,
        vars: serde_json::Map::new(),
        services: vec![service("api"), service("web")],
        suites: [suite("smoke"), suite("preflight"), suite("unused")].into(),
        databases: BTreeMap::new(),
        pipelines: BTreeMap::new(),
        playbooks: BTreeMap::new(),
        secrets: [source("SMOKE"), source("DB"), source("OTHER")].into(),
        rulebook: Rulebook::default(),
    }
}

fn project() -> Project {
    Project {
        name: "Acme".into(),
        timezone: chrono_tz::UTC,
        state_dir: None,
        environments: vec![environment()],
        retention: Retention::default(),
        outlets: Outlets::default(),
        telling: crate::domain::alert::tell::Policy::default(),
        open_on: Vec::new(),
        root: "/srv/acme".into(),
    }
}

fn step(name: &str, kind: StepKind<Template>, undo: Option<&[&str]>) -> Entry {
    Entry::from(plain(name, kind, undo))
}

fn plain(name: &str, kind: StepKind<Template>, undo: Option<&[&str]>) -> Step<Template> {
    Step {
        name: name.into(),
        kind,
        effect: Effect::Once,
        retry: None,
        timeout: None,
        undo: undo.map(|words| Command::Run(words.iter().map(|word| template(word)).collect())),
        probe: None,
        required: false,
        env: BTreeMap::new(),
    }
}

fn run(words: &[&str]) -> StepKind<Template> {
    StepKind::Command(Command::Run(words.iter().map(|word| template(word)).collect()))
}

fn soak() -> SoakSpec {
    SoakSpec {
        service: "api".into(),
        duration: Duration::from_mins(1),
        every: Duration::from_secs(10),
        fail_when: Vec::new(),
        fail_after: 3,
        min_requests: 30,
        baseline: Baseline::BeforeRun,
        trust: Trust::Act,
    }
}

fn param(name: &str) -> Param {
    Param { name: name.into(), prompt: name.into(), default: None, choices: Choices::Free, pattern: None }
}

fn pipeline() -> Pipeline {
    let capture = [("token".to_owned(), Condition::parse("json.token").unwrap())].into();
    let login = HttpStep { request: request(template("{{ env.url }}/login")), expect: Vec::new(), capture };
    let traffic = StepKind::Traffic {
        weights: vec![10, 100],
        set: vec![template("lb"), template("{{ weight }}")],
        soak: Some(soak()),
    };
    let wait = WaitSpec { at_most: Duration::from_secs(5), until: Vec::new(), service: None, window: None };
    Pipeline {
        name: "deploy".into(),
        kind: PipelineKind::Deploy,
        target: "shop".into(),
        touches: Vec::new(),
        description: None,
        params: vec![param("version")],
        on_failure: OnFailure::Rollback,
        timeout: None,
        preflight: Some("preflight".into()),
        steps: vec![
            step("Release", run(&["deploy", "{{ version }}"]), Some(&["deploy", "{{ previous.version }}"])),
            step("Login", StepKind::Command(Command::Http(login)), None),
            step(
                "Use",
                run(&["use", "{{ captures.token }}", "{{ run.id }}"]),
                Some(&["unuse", "{{ captures.token }}"]),
            ),
            step("Shift", traffic, None),
            step("Verify", StepKind::Verify { suite: "smoke".into() }, None),
            step("Soak", StepKind::Soak(soak()), None),
            step("Wait", StepKind::Wait(wait), None),
        ],
    }
}

fn release(run: i64, version: &str) -> ReleaseRef {
    ReleaseRef { run: RunId(run), version: version.into(), databases: BTreeMap::new() }
}

fn input(version: &str) -> PlanInput {
    PlanInput {
        params: [("version".to_owned(), version.to_owned())].into(),
        previous: Some(release(7, "1.9.1")),
        point: None,
        ..PlanInput::default()
    }
}

fn build(pipeline: &Pipeline, input: &PlanInput) -> Result<Plan, PlanError> {
    Plan::build(&project(), &environment(), pipeline, input)
}

#[test]
fn a_plan_holds_all_its_run_needs_filled_in() {
    let plan = build(&pipeline(), &input("1.9.2")).unwrap();
    assert_eq!(plan.version.as_deref(), Some("1.9.2"));
    let StepKind::Command(Command::Run(words)) = &plan.steps[0].step.kind else { panic!() };
    assert_eq!(words[1], Rendered::text("1.9.2"));
    assert_eq!(plan.steps[0].step.undo, Some(Command::Run(vec![Rendered::text("deploy"), Rendered::text("1.9.1")])));
    assert_eq!(plan.suites.keys().collect::<Vec<_>>(), ["preflight", "smoke"]);
    assert_eq!(plan.services.keys().collect::<Vec<_>>(), ["api", "web"]);
    assert_eq!(plan.secret_names(), ["SMOKE"]);
    assert_eq!(plan.secrets.keys().collect::<Vec<_>>(), ["DB", "SMOKE"]);
    assert_eq!(plan.soonest(), Duration::from_secs(120 + 60 + 5));
}

#[test]
fn only_what_changes_something_and_has_no_undo_has_no_way_back() {
    let plan = build(&pipeline(), &input("1.9.2")).unwrap();
    let no_way_back: Vec<_> = plan.steps.iter().map(|step| step.no_way_back.is_some()).collect();
    assert_eq!(no_way_back, [false, true, false, true, false, false, false]);
}

#[test]
fn on_the_first_deploy_an_undo_that_needs_previous_says_so() {
    let first = PlanInput { previous: None, ..input("1.0") };
    let plan = build(&pipeline(), &first).unwrap();
    assert_eq!(plan.steps[0].step.undo, None);
    assert_eq!(plan.steps[0].no_way_back.as_deref(), Some("the first deploy has no previous version to go back to"));
    assert!(plan.steps[2].step.undo.is_some(), "an undo without previous stays");
}

#[test]
fn a_step_that_needs_previous_on_the_first_deploy_is_an_error() {
    let mut pipeline = pipeline();
    pipeline.steps[0] = step("Diff", run(&["diff", "{{ previous.version }}"]), None);
    let error = build(&pipeline, &PlanInput { previous: None, ..input("1.0") }).unwrap_err().to_string();
    assert!(error.starts_with("step 1 'Diff'") && error.contains("no previous release"), "{error}");
}

#[test]
fn a_capture_exists_only_after_the_step_that_takes_it() {
    let mut pipeline = pipeline();
    pipeline.steps.swap(1, 2);
    let error = build(&pipeline, &input("1.0")).unwrap_err().to_string();
    assert!(error.starts_with("step 2 'Use'") && error.contains("captures.token"), "{error}");
}

#[test]
fn a_plan_for_a_point_is_a_rollback_to_its_version() {
    let input = PlanInput { point: Some(release(5, "1.9.0")), ..input("1.9.0") };
    let plan = build(&pipeline(), &input).unwrap();
    assert_eq!((plan.kind, plan.version.as_deref()), (PipelineKind::Rollback, Some("1.9.0")));
    let mut own = pipeline();
    own.params.clear();
    own.steps = vec![step("Back", run(&["back", "{{ point.version }}", "{{ version }}"]), None)];
    assert_eq!(build(&own, &input).unwrap().version.as_deref(), Some("1.9.0"));
}

#[test]
fn parameters_are_checked() {
    let build = |change: &dyn Fn(&mut Param), value: &str| {
        let mut pipeline = pipeline();
        change(&mut pipeline.params[0]);
        build(&pipeline, &input(value)).map(|plan| plan.params["version"].clone()).map_err(|error| error.to_string())
    };
    let any = |_: &mut Param| {};
    let list = |param: &mut Param| param.choices = Choices::List(vec!["1.9.1".into(), "-x".into()]);
    let pattern = |param: &mut Param| param.pattern = Some("-?[0-9.]+|a".into());
    assert_eq!(build(&any, "1.9.2").unwrap(), "1.9.2");
    for bad in ["-rf", "a\nb", "a\0b", "\u{1b}[2J"] {
        assert!(build(&any, bad).unwrap_err().contains("not allowed"), "{bad:?}");
    }
    assert!(build(&any, "").unwrap_err().contains("has no value"));
    assert!(build(&list, "1.9.2").unwrap_err().contains("choose one of 1.9.1"));
    assert_eq!(build(&list, "-x").unwrap(), "-x");
    assert_eq!(build(&pattern, "-1.0").unwrap(), "-1.0");
    for bad in ["1.0x", "x", "1.0\n", "ab"] {
        assert!(build(&pattern, bad).unwrap_err().contains("must match"), "{bad:?}");
    }
    let default = |param: &mut Param| param.default = Some("9".into());
    assert_eq!(build(&default, "").unwrap(), "9");
}

#[test]
fn unknown_and_missing_parameters_and_suites_are_named() {
    let unknown = PlanInput { params: [("versoin".to_owned(), "1".to_owned())].into(), ..PlanInput::default() };
    assert!(build(&pipeline(), &unknown).unwrap_err().to_string().contains("did you mean 'version'"));
    let missing = build(&pipeline(), &PlanInput::default()).unwrap_err().to_string();
    assert!(missing.contains("--param version=VALUE"), "{missing}");
    let mut pipeline = pipeline();
    pipeline.preflight = Some("nope".into());
    assert!(build(&pipeline, &input("1")).unwrap_err().to_string().contains("the suite 'nope'"));
}

#[test]
fn the_hash_is_stable_and_covers_everything() {
    let plan = build(&pipeline(), &input("1.9.2")).unwrap();
    assert_eq!(plan.hash(), build(&pipeline(), &input("1.9.2")).unwrap().hash());
    assert_eq!(plan.hash().len(), 64);
    assert_ne!(plan.hash(), build(&pipeline(), &input("1.9.3")).unwrap().hash());
    let mut changed = plan.clone();
    changed.steps[2].step.required = true;
    assert_ne!(plan.hash(), changed.hash());
    let mut changed = plan.clone();
    changed.secrets.insert("SMOKE".into(), SecretSource::Env("Y".into()));
    assert_ne!(plan.hash(), changed.hash());
}

#[test]
fn a_plan_survives_the_store_with_its_hash() {
    let plan = build(&pipeline(), &input("1.9.2")).unwrap();
    let text = serde_json::to_string(&plan).unwrap();
    let read: Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(read, plan);
    assert_eq!(read.hash(), plan.hash());
}

#[test]
fn canonical_json_sorts_keys() {
    let mut text = String::new();
    canonical(&json!({ "b": [1, { "z": null, "a": "x\"y" }], "a": true }), &mut text);
    assert_eq!(text, r#"{"a":true,"b":[1,{"a":"x\"y","z":null}]}"#);
}

fn single(name: &str, when: Option<&str>) -> Single {
    let when = when.map(|source| Condition::parse(source).unwrap());
    Single { step: plain(name, run(&["do", name]), None), when }
}

fn only(entries: Vec<Entry>) -> Pipeline {
    Pipeline { steps: entries, preflight: None, ..pipeline() }
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|planned| planned.step.name.as_str()).collect()
}

#[test]
fn steps_side_by_side_become_neighbours_of_one_batch_with_the_name_before_theirs() {
    let when = Some(Condition::parse("version == '2'").unwrap());
    let parallel = Entry::Parallel {
        name: "Build".into(),
        when,
        steps: vec![single("web", Some("env.name == 'production'")), single("api", None)],
        at_most: 2,
        others: Others::Cancel,
    };
    let plan = build(&only(vec![parallel, step("Then", run(&["then"]), None)]), &input("2")).unwrap();
    assert_eq!(names(&plan), ["Build / web", "Build / api", "Then"]);
    let batches: Vec<_> = plan.steps.iter().map(|planned| planned.batch.as_ref().map(|batch| batch.number)).collect();
    assert_eq!(batches, [Some(1), Some(1), None]);
    let both = plan.steps[0].when.as_ref().unwrap();
    assert_eq!(both.condition.source(), "(version == '2') && (env.name == 'production')");
    assert_eq!(both.judge(&BTreeMap::new()).verdict, Pass);
}

#[test]
fn machines_come_in_batches_each_with_its_own_step_and_the_check_after_each() {
    let hosts = ["web1", "web2", "web3"].map(|name| Host::parse(name).unwrap()).to_vec();
    let hosts = Entry::Hosts {
        step: Single {
            step: plain("Roll", run(&["switch", "{{ host.name }}"]), Some(&["back", "{{ host.name }}"])),
            when: None,
        },
        hosts,
        serial: Serial::Count(2),
        at_most: 8,
        max_failures: 1,
        verify_each: Some("smoke".into()),
    };
    let plan = build(&only(vec![hosts]), &input("2")).unwrap();
    let wanted = [
        "Roll / web1",
        "Roll / web2",
        "Roll / smoke after batch 1 of 2",
        "Roll / web3",
        "Roll / smoke after batch 2 of 2",
    ];
    assert_eq!(names(&plan), wanted);
    let over: Vec<_> = plan
        .steps
        .iter()
        .map(|planned| planned.batch.as_ref().map(|batch| (batch.number, batch.over.unwrap().first)))
        .collect();
    assert_eq!(over, [Some((1, 1)), Some((1, 1)), None, Some((2, 1)), None]);
    let StepKind::Command(Command::Run(words)) = &plan.steps[3].step.kind else { panic!() };
    assert_eq!(words[1], Rendered::text("web3"));
    assert_eq!(plan.steps[3].host.as_ref().unwrap().address, "web3");
    assert!(plan.suites.contains_key("smoke"));
}

#[test]
fn another_pipelines_steps_stand_in_the_plan_with_its_name_and_its_own_parameters() {
    let inner = Pipeline {
        name: "web".into(),
        params: vec![param("colour")],
        ..only(vec![step("Go", run(&["go", "{{ colour }}"]), None)])
    };
    let mut environment = environment();
    environment.pipelines.insert("web".into(), inner);
    let entry = |params: &[(&str, &str)]| Entry::Pipeline {
        name: "Web".into(),
        when: None,
        pipeline: "web".into(),
        params: params.iter().map(|(name, value)| ((*name).to_owned(), template(value))).collect(),
    };
    let outer = only(vec![entry(&[("colour", "{{ version }}-green")])]);
    let plan = Plan::build(&project(), &environment, &outer, &input("2")).unwrap();
    assert_eq!(names(&plan), ["Web / Go"]);
    let StepKind::Command(Command::Run(words)) = &plan.steps[0].step.kind else { panic!() };
    assert_eq!(words[1], Rendered::text("2-green"));
    let missing = Plan::build(&project(), &environment, &only(vec![entry(&[])]), &input("2")).unwrap_err().to_string();
    assert!(missing.contains("'colour' has no value"), "{missing}");
    let secret =
        Plan::build(&project(), &environment, &only(vec![entry(&[("colour", "{{ secret('X') }}")])]), &input("2"));
    assert!(secret.unwrap_err().to_string().contains("must be known before the start"));
}

#[test]
fn a_pipeline_that_is_part_of_itself_is_refused() {
    let entry =
        || Entry::Pipeline { name: "again".into(), when: None, pipeline: "web".into(), params: BTreeMap::new() };
    let inner = Pipeline { name: "web".into(), params: Vec::new(), ..only(vec![entry()]) };
    let mut environment = environment();
    environment.pipelines.insert("web".into(), inner);
    let error = Plan::build(&project(), &environment, &only(vec![entry()]), &input("2")).unwrap_err().to_string();
    assert!(error.contains("it is part of itself: deploy > web > web"), "{error}");
}

#[test]
fn what_a_condition_reads_is_in_the_plan_and_what_was_never_released_is_null() {
    let first = PlanInput { previous: None, ..input("2") };
    let of = |source: &str, input: &PlanInput| {
        let plan = build(&only(vec![Entry::Step(single("a", Some(source)))]), input).unwrap();
        let when = plan.steps[0].when.clone().unwrap();
        (when.judge(&BTreeMap::new()).verdict, when.is_late())
    };
    assert_eq!(of("previous == null", &first), (Pass, false));
    assert_eq!(of("previous == null", &input("2")), (Fail, false));
    assert_eq!(of("params.version != previous.version", &input("2")), (Pass, false));
    assert_eq!(of("params.version != previous.version", &first), (Unknown, false));
    assert_eq!(of("steps['b'] == 'succeeded'", &first), (Unknown, true));
}
