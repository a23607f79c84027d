//! The least a ratatui program can do: one screen of boxes and rows, a selection that moves, nothing behind it.

use ratatui::{
    crossterm::event::{self, Event, KeyCode},
    layout::{Constraint, Layout},
    widgets::{Block, List, ListState, Paragraph},
};

pub fn run() {
    let mut terminal = ratatui::init();
    let mut state = ListState::default().with_selected(Some(0));
    let rows: Vec<String> = (0..30).map(|row| format!("service-{row:02}  up      42  180  420  0.8 %  312")).collect();
    loop {
        terminal
            .draw(|frame| {
                let [top, bottom] =
                    Layout::vertical([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(frame.area());
                let [left, right] =
                    Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(top);
                let list = List::new(rows.iter().map(String::as_str)).highlight_symbol("> ");
                frame.render_stateful_widget(list.block(Block::bordered().title("Services")), left, &mut state);
                frame.render_widget(Paragraph::new(rows.join("\n")).block(Block::bordered().title("Chart")), right);
                frame.render_widget(Paragraph::new(rows.join("\n")).block(Block::bordered().title("Log")), bottom);
            })
            .unwrap();
        if let Event::Key(key) = event::read().unwrap() {
            match key.code {
                KeyCode::Char('q') => break,
                KeyCode::Char('j') => state.select_next(),
                KeyCode::Char('k') => state.select_previous(),
                _ => {}
            }
        }
    }
    ratatui::restore();
}
