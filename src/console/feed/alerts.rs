//! Reading the alert board, and the story of one alert.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{
        alert::{AlertKey, Board, Story},
        environment::Environment,
        time::UnixMs,
    },
    store::{Reader, StoreError},
};

use super::super::app::msg::News;

/// What ended longer ago is left to the history.
const LATELY: Duration = Duration::from_hours(24);

/// What was told last, so that only news is told.
#[derive(Debug, Default)]
pub struct Seen {
    board: Option<Arc<Board>>,
    story: Option<Arc<Story>>,
}

/// The board, if it is another than before, and the story of the alert that is looked at, likewise.
pub fn read(
    reader: &Reader,
    environment: &Environment,
    wanted: Option<&AlertKey>,
    seen: &mut Seen,
    now: UnixMs,
) -> Result<Vec<News>, StoreError> {
    let mut news = Vec::new();
    let readings = reader.alert_readings(&environment.name, now.before(LATELY), now)?;
    let board = Board::of(readings, |name| environment.alert_rule(name), now);
    if seen.board.as_deref() != Some(&board) {
        let board = Arc::new(board);
        seen.board = Some(Arc::clone(&board));
        news.push(News::Alerts { env: environment.name.clone(), board });
    }
    if let Some(key) = wanted {
        let story = reader.alert_story(key)?;
        if seen.story.as_deref() != Some(&story) {
            let story = Arc::new(story);
            seen.story = Some(Arc::clone(&story));
            news.push(News::AlertStory(story));
        }
    }
    Ok(news)
}
