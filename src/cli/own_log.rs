//! Quarterdeck's own log: JSON lines in the state directory, one file a day, old ones removed; never on the screen.
//!
//! Each line has the shape that services' logs have here: timestamp, level, requestId, userId, service, message, context,
//! duration. So it can be followed like any other: `file = ".../log/quarterdeck.watch.*.jsonl"`.

use std::{fmt, path::Path};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::{
    EnvFilter,
    filter::LevelFilter,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::store::{modes::is_shared, state_dir::StateDir};

/// Files kept for each kind of process: two weeks.
const DAYS: usize = 14;

/// Sends `tracing` events of this process to `log/quarterdeck.PROCESS.DATE.jsonl`. What is logged is chosen by
/// `$QUARTERDECK_LOG` (a filter such as `debug` or `quarterdeck::watch=trace`; `info` unless set). A log that can't be
/// written is no reason not to work: the process then runs without one.
pub fn start(state: &StateDir, process: &str) {
    if let Some(appender) = appender(&state.log_dir(), &name(state, process)) {
        let filter = EnvFilter::builder()
            .with_default_directive(LevelFilter::INFO.into())
            .with_env_var("QUARTERDECK_LOG")
            .from_env_lossy();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .event_format(Shape { service: format!("quarterdeck.{process}") })
            .with_env_filter(filter)
            .with_writer(std::sync::Mutex::new(appender))
            .finish();
        // Only a second start in one process could fail, and then the first one holds.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

/// In a state directory that is shared each person has a log: nobody could go on with somebody else's file.
fn name(state: &StateDir, process: &str) -> String {
    if is_shared(&state.log_dir()) {
        format!("{process}.{}", rustix::process::geteuid().as_raw())
    } else {
        process.to_owned()
    }
}

/// Writes events as lines.
struct Shape {
    service: String,
}

impl<S, N> FormatEvent<S, N> for Shape
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut take = |names: [&str; 2]| names.iter().find_map(|name| fields.0.remove(*name));
        let (message, duration) = (take(["message", "text"]), take(["duration_ms", "duration"]));
        // A run is what a request is to a service.
        let (request, user) = (take(["request_id", "run"]), take(["user_id", "by"]));
        fields.0.insert("target".into(), event.metadata().target().into());
        let line = json!({
            "timestamp": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            "level": event.metadata().level().as_str().to_lowercase(),
            "requestId": request.map(as_text),
            "userId": user.map(as_text),
            "service": self.service,
            "message": message.map_or_else(String::new, as_text),
            "context": fields.0,
            "duration": duration,
        });
        writeln!(writer, "{line}")
    }
}

fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().into(), json!(value));
    }
}

/// The directory must exist first: the appender would complain on standard error otherwise.
fn appender(dir: &Path, process: &str) -> Option<RollingFileAppender> {
    if !dir.is_dir() {
        return None;
    }
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(format!("quarterdeck.{process}"))
        .filename_suffix("jsonl")
        .max_log_files(DAYS)
        .build(dir)
        .ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_line_has_the_shape_of_services_logs_and_is_read_as_one() {
        use std::sync::{Arc, Mutex};

        use crate::domain::{
            service_log::{Fields, Format, Level, LineReader},
            text::Masker,
            time::UnixMs,
        };

        #[derive(Clone, Default)]
        struct Page(Arc<Mutex<Vec<u8>>>);
        impl Write for Page {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        let page = Page::default();
        let writer = page.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .event_format(Shape { service: "quarterdeck.test".into() })
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(run = 418, duration_ms = 12.5, probes = 3, "slow\n\u{1b}[2J");
        });
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text:?}");
        let mut reader = LineReader::new("deck", Format::Json, Fields::default(), false, Masker::default());
        let line = reader.read(text.trim(), UnixMs(i64::MAX)).unwrap().line;
        assert_eq!(
            (line.level, line.request.as_deref(), line.duration_ms),
            (Some(Level::Warn), Some("418"), Some(12.5))
        );
        assert!(line.context.contains("\"probes\":3") && line.context.contains("quarterdeck.test"), "{}", line.context);
        assert!(line.message.starts_with("slow ⏎ "), "{}", line.message);
    }

    #[test]
    fn a_missing_directory_means_no_log_and_no_complaint() {
        assert!(appender(Path::new("/nonexistent/quarterdeck"), "test").is_none());
    }

    #[test]
    fn files_carry_process_and_date_and_older_ones_than_two_weeks_go() {
        let dir = tempfile::tempdir().unwrap();
        for day in 1..=20 {
            std::fs::write(dir.path().join(format!("quarterdeck.watch.2020-01-{day:02}.jsonl")), "{}\n").unwrap();
        }
        let mut appender = appender(dir.path(), "watch").unwrap();
        writeln!(appender, "{{}}").unwrap();
        let mut names: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert!(names.len() <= DAYS, "{names:?}");
        assert!(names.iter().any(|name| !name.contains("2020-01")), "{names:?}");
    }
}
