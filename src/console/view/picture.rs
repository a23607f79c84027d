//! A frame as an SVG file, for the pictures in the README.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

use super::{Depth, Skin, frames};

/// Width and height of a cell, and the size of the type, in pixels.
const CELL: (f64, f64) = (8.4, 18.0);
const TYPE: f64 = 14.0;

/// Colours of the terminal itself.
struct Paper {
    text: &'static str,
    background: &'static str,
}

const DARK: Paper = Paper { text: "#d5dae3", background: "#15181e" };
const LIGHT: Paper = Paper { text: "#1f2430", background: "#ffffff" };

fn hex(colour: Color, default: &str) -> String {
    match colour {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(index) => {
            let (red, green, blue) = super::skin::rgb_of(index);
            format!("#{red:02x}{green:02x}{blue:02x}")
        }
        _ => default.to_owned(),
    }
}

fn colours(cell: &Cell, paper: &Paper) -> (String, String) {
    let (text, back) = (hex(cell.fg, paper.text), hex(cell.bg, paper.background));
    if cell.modifier.contains(Modifier::REVERSED) { (back, text) } else { (text, back) }
}

/// Runs of cells of one look become one text element of exactly their width.
fn svg(buffer: &Buffer, paper: &Paper) -> String {
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns as f64 * CELL.0, rows as f64 * CELL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"{TYPE}\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        paper.background
    );
    for (y, row) in buffer.content().chunks(columns.max(1)).enumerate() {
        let mut x = 0;
        while x < columns {
            let first = &row[x];
            let same = |cell: &Cell| cell.fg == first.fg && cell.bg == first.bg && cell.modifier == first.modifier;
            let length = row[x..].iter().take_while(|cell| same(cell)).count();
            let text: String = row[x..x + length].iter().map(Cell::symbol).collect();
            element(&mut svg, &text, first, (x, y, length), paper);
            x += length;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn element(svg: &mut String, text: &str, cell: &Cell, (x, y, length): (usize, usize, usize), paper: &Paper) {
    let (fill, back) = colours(cell, paper);
    let (left, top) = (x as f64 * CELL.0, y as f64 * CELL.1);
    let wide = length as f64 * CELL.0;
    if back != paper.background {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{}\" fill=\"{back}\"/>",
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let line = if cell.modifier.contains(Modifier::UNDERLINED) { " text-decoration=\"underline\"" } else { "" };
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    debug_assert!(text.width() <= length);
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{wide:.1}\" fill=\"{fill}\"{bold}{line}>{escaped}</text>",
        top + CELL.1 * 0.75
    );
}

#[test]
#[ignore = "writes the README's pictures: run it by hand after a change of looks"]
fn the_pictures_of_the_readme_are_drawn() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screenshots");
    std::fs::create_dir_all(&directory).unwrap();
    let scenes = frames::scenes();
    let all = std::env::var_os("ALL_SCENES").is_some();
    for (name, theme, (width, height)) in [
        ("watch-live", "dark", (160, 45)),
        ("watch-live", "light", (160, 45)),
        ("runs-rolling-back", "dark", (160, 45)),
        ("wizard-plan", "dark", (120, 40)),
        ("releases", "dark", (160, 40)),
        ("watch-live", "dark", (80, 24)),
    ] {
        let (_, model) = scenes.iter().find(|(scene, _)| *scene == name).unwrap();
        let skin = Skin::embedded(theme, Depth::True, false).unwrap();
        let paper = if theme == "light" { LIGHT } else { DARK };
        let picture = svg(&frames::draw(model.clone(), &skin, width, height), &paper);
        std::fs::write(directory.join(format!("{name}-{theme}-{width}x{height}.svg")), picture).unwrap();
    }
    if all {
        let skin = Skin::embedded("dark", Depth::True, false).unwrap();
        let directory = std::env::temp_dir().join("quarterdeck-scenes");
        std::fs::create_dir_all(&directory).unwrap();
        for (name, model) in scenes {
            for (width, height) in [(160, 45), (80, 24), (60, 18), (40, 12)] {
                let picture = svg(&frames::draw(model.clone(), &skin, width, height), &DARK);
                std::fs::write(directory.join(format!("{name}-{width}x{height}.svg")), picture).unwrap();
            }
        }
    }
}
