//! Pipelines and their steps.

use super::{
    ARGV, CONDITIONS, Key, Section,
    Shape::{Any, Bool, Condition, Duration, Either, Integer, List, Map, Named, Section as Sub, Template, Text, Word},
    join, key,
    looks::{AUTH, CA, CLIENT_CERT, CLIENT_KEY, INSECURE},
};

/// `[pipelines.NAME]`
pub static PIPELINE: Section = Section {
    name: "pipelines.NAME",
    about: "Something that can be run.",
    keys: &[
        key(
            "kind",
            Word(&["deploy", "verify", "rollback", "task"]),
            "required",
            "`deploy` writes a release; `rollback` goes back to a chosen one (`point.version`); `verify` changes nothing and takes no lock; `task` is anything else.",
        ),
        key(
            "target",
            Text,
            "the project's name",
            "What it acts on: one run at a time for each environment and target.",
        ),
        key(
            "touches",
            List(&Text),
            "its target and what its steps judge, else all",
            "Services whose alerts are expected while its steps act.",
        ),
        key("description", Text, "", "One line for people."),
        key("params", Named(&PARAM), "", "Values asked for before the start."),
        key(
            "on_failure",
            Word(&["rollback", "hold", "stop"]),
            "\"hold\"",
            "What follows a failed step: undo everything in reverse, ask a person, or leave it as it is.",
        ),
        key("timeout", Duration, "", "Bound on the whole run."),
        key("preflight", Text, "", "A suite that must pass before the start."),
        key("steps", List(&Sub(&STEP)), "required", "In order."),
    ],
    later: &[
        ("approvals", "approvals by a second person"),
        ("role", "roles"),
        ("schedule", "scheduled runs"),
        ("environments", "such key for pipelines; write one of some environments under [environments.NAME.pipelines]"),
    ],
};

/// `params.NAME`
pub static PARAM: Section = Section {
    name: "pipelines.NAME.params.NAME",
    about: "A value asked for before the start: `{{ version }}` or `{{ params.version }}`. In a `deploy`, `version` names the release.",
    keys: &[
        key("prompt", Text, "the name", "What the wizard asks."),
        key("default", Text, "", "Used where nothing is typed."),
        key("choices", List(&Text), "", "What can be chosen, as a list."),
        key("choices_from", List(&Text), "", "A command that prints one choice a line: `[\"git\", \"tag\"]`."),
        key("pattern", Text, "", "A regular expression that the whole value must match."),
    ],
    later: &[("secret", "parameters that are secrets")],
};

/// What a step that does one thing may say.
static ONE: [Key; 33] = [
    key("name", Text, "from what it does", "Shown everywhere."),
    key("run", ARGV, "", "A command as a list of words, never a shell line."),
    key("shell", Template, "", "A script for `sh -eu`; templated values need the `sh` filter: `{{ version | sh }}`."),
    key(
        "http",
        Either(&[Template, Sub(&HTTP_STEP)]),
        "",
        "A request: a URL with `method`, `headers`, ... beside it, or a table of them.",
    ),
    key("verify", Text, "", "A suite that must pass."),
    key("traffic", List(&Integer(0, 100)), "", "Percentages to move traffic through, ascending; `set` moves it."),
    key("soak", Duration, "", "Watches the live figures of `service` for so long and judges them by `fail_when`."),
    key("wait", Duration, "", "Waits; with `until`, at most so long."),
    key("ask", Template, "", "Asks a person, who says go on or stop."),
    key(
        "effect",
        Word(&["read", "idempotent", "once"]),
        "once; traffic idempotent; others read",
        "What running it twice would do. After a crash `once` is never run again blindly.",
    ),
    key("retry", Sub(&RETRY), "", "Whether and how to try again (run, shell, http, verify, flag)."),
    key("timeout", Duration, "", "Bound on one attempt."),
    key(
        "undo",
        Either(&[ARGV, Sub(&UNDO)]),
        "",
        "The way back (run, shell, http, traffic): a command, or a table with `run`, `shell` or `http`.",
    ),
    key("probe", ARGV, "", "Asked after a crash whether a `once` step was done: exit 0 done, 1 not done."),
    key("required", Bool, "false", "It can't be skipped."),
    key("env", Map(&Template), "", "Environment variables for its commands."),
    key("method", Text, "\"GET\"", "http: method."),
    key("headers", Map(&Template), "", "http: request headers."),
    key("body", Either(&[Template, Any]), "", "http: request body: a string, or a table or list that is sent as JSON."),
    key("redirects", Integer(0, 10), "0", "http: redirects to follow."),
    key("expect", CONDITIONS, "status 200 to 299", "http: conditions that must all hold."),
    key("capture", Map(&Condition), "", "http: values for later steps: `{{ captures.token }}`."),
    key("set", ARGV, "", "traffic, flag: the command that sets one percentage: `{{ weight }}`, `{{ percent }}`."),
    key("soak_each", Duration, "", "traffic: how long each percentage is watched before the next."),
    key("service", Text, "", "traffic, soak, wait: whose figures are read."),
    key("every", Duration, "\"10s\"", "traffic, soak: time between two evaluations."),
    key(
        "fail_when",
        CONDITIONS,
        "",
        "traffic, soak: one of these true is a bad evaluation. Reads recorded names and `baseline.NAME`.",
    ),
    key("fail_after", Integer(1, 1000), "3", "traffic, soak: bad evaluations in a row that fail it."),
    key(
        "min_requests",
        Integer(0, 1_000_000_000),
        "30",
        "traffic, soak: requests that must have been seen for a pass.",
    ),
    key(
        "baseline",
        Word(&["before-run", "none"]),
        "\"before-run\"",
        "traffic, soak: what `baseline.NAME` is: the same length of time before the run, or nothing.",
    ),
    key(
        "trust",
        Word(&["act", "ask"]),
        "\"act\"",
        "traffic, soak: what a failure may do by itself: fail the step, or hold for a person.",
    ),
    key("until", CONDITIONS, "", "wait: ends as soon as all of these hold for `service`."),
    key(
        "when",
        Condition,
        "",
        "Judged just before it begins: false leaves it out, unknown holds. Reads what templates read (`params`, `version`, `env`, `previous`, which is null before the first release), `captures`, and `steps['NAME']`: how an earlier step ended.",
    ),
];

/// What an entry of several steps may say, or one that changes a database: those never stand beside others.
static SEVERAL: [Key; 21] = [
    key(
        "migrate",
        Text,
        "",
        "A database whose pending migrations are applied; its way back takes back what this run applied. In a `rollback` pipeline it goes to the schema of the point.",
    ),
    key("backup", Text, "", "A database that is backed up."),
    key(
        "restore",
        Text,
        "",
        "A database into which a backup is put back; in a `rollback` pipeline the one of the point.",
    ),
    key("to", Template, "the newest", "migrate: the migration that is the last afterwards, up or down."),
    key("from", Template, "the newest good one", "restore: the backup's id."),
    key("keep_present", Bool, "true", "restore: makes a backup of what is there now before."),
    key("checklist", List(&Template), "", "Items that people tick off, each with who, when and what shows it."),
    key("flag", Text, "", "A feature flag, given to a part of the users; undone by giving it to the part that had it."),
    key("percent", Integer(0, 100), "", "flag: the part: `{{ percent }}`."),
    key("get", ARGV, "", "flag: the command whose last line says the part now."),
    key(
        "window",
        Text,
        "",
        "wait: hours in which it may go on: `Mon-Fri 09:00-17:00 Europe/Berlin`, UTC without a zone.",
    ),
    key(
        "parallel",
        List(&Sub(&MEMBER)),
        "",
        "Steps that run at the same time: each with its own attempts, log and undo.",
    ),
    key("at_most", Integer(1, 64), "8", "parallel, hosts: how many are under way at once."),
    key(
        "on_failure",
        Word(&["wait", "cancel"]),
        "\"wait\"",
        "parallel: what a failing member means for those under way: they come to their end, or are ended. No other begins.",
    ),
    key(
        "hosts",
        List(&Text),
        "",
        "run, shell: the machines it runs on, by OpenSSH: `web1`, `deploy@web2:2222`. `{{ host.name }}` is each one's.",
    ),
    key(
        "serial",
        Either(&[Integer(1, 1000), Text]),
        "all",
        "hosts: how many are taken at a time: a number, or a part such as `\"25%\"`.",
    ),
    key("max_failures", Integer(0, 1000), "0", "hosts: failed machines that are borne before the step fails."),
    key("verify_each", Text, "", "hosts: a suite that must pass after each batch."),
    key("ssh", List(&Text), "", "hosts: further arguments for ssh: `[\"-i\", \"deploy.key\"]`."),
    key(
        "pipeline",
        Text,
        "",
        "Another pipeline, whose steps stand here. What follows a failure is this pipeline's to say.",
    ),
    key("with", Map(&Template), "", "pipeline: its parameters."),
];

/// `steps`, one entry
pub static STEP: Section = Section {
    name: "pipelines.NAME.steps[]",
    about: "One entry. Exactly one of `run`, `shell`, `http`, `verify`, `traffic`, `soak`, `wait`, `ask`, `checklist`, `flag`, `migrate`, `backup`, `restore`, `parallel`, `pipeline` says what it does.",
    keys: &join::<33, 21, 54>(ONE, SEVERAL),
    later: &[
        ("notify", "notifications"),
        ("role", "roles"),
        ("approvals", "approvals by a second person"),
        ("flow", "flows of several requests"),
        ("bench", "load benchmarks"),
    ],
};

/// `parallel`, one entry
pub static MEMBER: Section = Section {
    name: "pipelines.NAME.steps[].parallel[]",
    about: "One of several steps at the same time: as in `steps`, but for `traffic`, `ask`, `hosts`, `parallel` and `pipeline`.",
    keys: &ONE,
    later: &[
        ("hosts", "steps over several machines within 'parallel'"),
        ("pipeline", "pipelines within 'parallel'"),
        ("parallel", "'parallel' within 'parallel'"),
    ],
};

/// `http` as a table
pub static HTTP_STEP: Section = Section {
    name: "pipelines.NAME.steps[].http",
    about: "A request as a table.",
    keys: &[
        key("url", Template, "required", "Absolute URL, http or https."),
        key("method", Text, "\"GET\"", "Method."),
        key("headers", Map(&Template), "", "Request headers."),
        key("body", Either(&[Template, Any]), "", "Request body: a string, or a table or list that is sent as JSON."),
        key("redirects", Integer(0, 10), "0", "Redirects to follow."),
        key("auth", Sub(&AUTH), "", "Who we are: a token, or a user and a password."),
        key(
            "version",
            Word(&["1.1", "2", "auto"]),
            "\"1.1\"",
            "Version of HTTP; `auto` is what an https server prefers.",
        ),
        key("ca", Template, "the platform's", CA),
        key("client_cert", Template, "", CLIENT_CERT),
        key("client_key", Template, "", CLIENT_KEY),
        key("insecure", Bool, "false", INSECURE),
        key("expect", CONDITIONS, "status 200 to 299", "Conditions that must all hold."),
        key("capture", Map(&Condition), "", "Values for later steps: `{{ captures.token }}`."),
    ],
    later: &[],
};

/// `retry`
pub static RETRY: Section = Section {
    name: "pipelines.NAME.steps[].retry",
    about: "Whether and how to try again.",
    keys: &[
        key("times", Integer(1, 100), "required", "Further attempts after the first."),
        key("backoff", Duration, "\"2s\"", "Pause before the first of them; doubles each time, with jitter."),
        key("exits", List(&Integer(0, 255)), "any", "Only after these exit codes."),
    ],
    later: &[],
};

/// `undo` as a table
pub static UNDO: Section = Section {
    name: "pipelines.NAME.steps[].undo",
    about: "The way back: exactly one of `run`, `shell`, `http`.",
    keys: &[
        key("run", ARGV, "", "A command as a list of words."),
        key("shell", Template, "", "A script for `sh -eu`."),
        key("http", Either(&[Template, Sub(&HTTP_STEP)]), "", "A request: a URL, or a table."),
    ],
    later: &[],
};
