//! Calls that can hang in the kernel (a dead network file system), kept off the look: a thread of their own, which is
//! left behind at the deadline. No second one is begun for a look while its first still hangs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use tokio::{sync::oneshot, time::timeout_at};

use crate::domain::{
    format,
    probe::{Phase, ProbeError, ProbeSpec},
};

use super::error::failed;

/// Whether the thread of an earlier look still hangs.
#[derive(Debug, Default)]
pub(super) struct Hanging(Option<Arc<AtomicBool>>);

/// Clears the sign even if the work panics.
struct Busy(Arc<AtomicBool>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Runs `work` on a thread of its own until the deadline. `what` is for messages: "reading /var/lib/x".
pub(super) async fn run<T: Send + 'static>(
    hanging: &mut Hanging,
    spec: &ProbeSpec,
    deadline: Instant,
    what: &str,
    work: impl FnOnce() -> Result<T, ProbeError> + Send + 'static,
) -> Result<T, ProbeError> {
    if hanging.0.as_ref().is_some_and(|busy| busy.load(Ordering::Acquire)) {
        let why = format!("{what}: the look before still hangs in the kernel; is a network file system gone?");
        return Err(failed(Phase::Processing, "hanging", why));
    }
    let busy = Arc::new(AtomicBool::new(true));
    let mark = Busy(Arc::clone(&busy));
    let (answer, answered) = oneshot::channel();
    let started = thread::Builder::new().name("look".into()).spawn(move || {
        let mark = mark;
        let found = work();
        // Free before it is heard of, so that the next look finds it so.
        drop(mark);
        // Nobody listens if the deadline has passed.
        let _ = answer.send(found);
    });
    if let Err(error) = started {
        return Err(failed(Phase::Prepare, "too_many_threads", format!("no thread for {what}: {error}")));
    }
    hanging.0 = Some(busy);
    match timeout_at(deadline.into(), answered).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => Err(failed(Phase::Processing, "broken", format!("{what} broke off: this is a bug"))),
        Err(_) => {
            let why = format!("{what} took longer than {}", format::duration(spec.timeout));
            Err(failed(Phase::Processing, "timeout", why))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;
    use crate::domain::probe::ProbeKind;

    fn spec() -> ProbeSpec {
        ProbeSpec { timeout: Duration::from_millis(50), ..ProbeSpec::plain("look", ProbeKind::Host) }
    }

    #[tokio::test]
    async fn what_hangs_ends_at_the_deadline_and_is_not_begun_twice() {
        let (spec, mut hanging) = (spec(), Hanging::default());
        let (release, held) = mpsc::channel::<()>();
        let deadline = || Instant::now() + spec.timeout;
        let stuck = run(&mut hanging, &spec, deadline(), "reading", move || {
            let _ = held.recv();
            Ok(())
        });
        assert_eq!(stuck.await.unwrap_err().kind, "timeout");
        let second = run(&mut hanging, &spec, deadline(), "reading", || Ok(())).await;
        assert_eq!(second.unwrap_err().kind, "hanging");
        drop(release);
        let far = Instant::now() + Duration::from_secs(20);
        loop {
            match run(&mut hanging, &spec, far, "reading", || Ok(7)).await {
                Ok(found) => break assert_eq!(found, 7),
                Err(_) => assert!(Instant::now() < far, "it never became free"),
            }
            tokio::task::yield_now().await;
        }
    }
}
