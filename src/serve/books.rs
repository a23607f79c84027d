//! Answers that are kept for a second: one thread reads, everybody else takes what it read.

use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::timeout};

/// What is younger is not read again.
const FRESH: Duration = Duration::from_secs(1);
/// How long a caller waits for something fresh, before it takes what there is.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is older is no answer.
const OLDEST: Duration = Duration::from_secs(15);
/// Read this often even if nobody asks.
const UNASKED: Duration = Duration::from_secs(10);

/// Something that is read from the history on a thread of its own.
pub struct Book<T> {
    latest: watch::Receiver<Option<Page<T>>>,
    ask: SyncSender<()>,
}

struct Page<T> {
    read_at: Instant,
    content: Result<Arc<T>, String>,
}

impl<T> Clone for Page<T> {
    fn clone(&self) -> Self {
        Self { read_at: self.read_at, content: self.content.clone() }
    }
}

impl<T: Send + Sync + 'static> Book<T> {
    /// Starts to read, at once and then whenever somebody asks. The thread ends after the book is dropped.
    pub fn open(
        name: &str,
        mut read: impl FnMut() -> Result<T, String> + Send + 'static,
    ) -> Result<Self, std::io::Error> {
        let (ask, asked) = mpsc::sync_channel(1);
        let (publish, latest) = watch::channel(None);
        thread::Builder::new().name(name.into()).spawn(move || {
            loop {
                let content = read().map(Arc::new);
                publish.send_replace(Some(Page { read_at: Instant::now(), content }));
                if asked.recv_timeout(UNASKED) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        })?;
        Ok(Self { latest, ask })
    }

    /// The latest, at most a second old if it can be had within two. The error is a sentence.
    pub async fn now(&self) -> Result<Arc<T>, String> {
        let age = |page: &Option<Page<T>>| page.as_ref().map_or(Duration::MAX, |page| page.read_at.elapsed());
        let mut latest = self.latest.clone();
        if age(&latest.borrow()) > FRESH {
            // Full means that it was asked already.
            let _ = self.ask.try_send(());
            let _ = timeout(PATIENCE, latest.wait_for(|page| age(page) <= FRESH)).await;
        }
        let page = latest.borrow().clone();
        match page {
            Some(page) if page.read_at.elapsed() <= OLDEST => page.content,
            _ => Err("the history does not answer".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn many_who_ask_at_once_are_answered_from_one_reading() {
        let readings = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&readings);
        let book = Book::open("test", move || Ok(counter.fetch_add(1, Ordering::SeqCst))).unwrap();
        let book = Arc::new(book);
        let asking: Vec<_> = (0..100)
            .map(|_| {
                let book = Arc::clone(&book);
                tokio::spawn(async move { book.now().await })
            })
            .collect();
        for one in asking {
            one.await.unwrap().unwrap();
        }
        assert!(readings.load(Ordering::SeqCst) <= 2, "{readings:?}");
    }

    #[tokio::test]
    async fn a_reading_that_hangs_is_no_answer_and_holds_nobody() {
        let (release, held) = mpsc::channel::<()>();
        let book = Book::<()>::open("test", move || held.recv().map_err(|error| error.to_string())).unwrap();
        let began = Instant::now();
        assert!(book.now().await.unwrap_err().contains("does not answer"));
        assert!(began.elapsed() < PATIENCE * 5);
        drop(release);
    }
}
