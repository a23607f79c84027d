//! Tables whose less important columns drop out when there is no room, and whose invisible rows cost nothing.

use super::{paint::Painter, role::Role};

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Columns it needs.
    pub least: u16,
    /// Columns it takes where there is room.
    pub most: u16,
    /// Numbers stand at the right.
    pub right: bool,
    /// 0 stays; the greater, the earlier it drops out.
    pub priority: u8,
}

impl Column {
    /// Text at the left.
    pub const fn text(title: &'static str, least: u16, most: u16, priority: u8) -> Self {
        Self { title, least, most, right: false, priority }
    }

    /// Numbers at the right.
    pub const fn number(title: &'static str, width: u16, priority: u8) -> Self {
        Self { title, least: width, most: width, right: true, priority }
    }
}

/// A column's place: its index, where it begins, how wide it is.
pub type Place = (usize, u16, u16);

/// Space between columns.
const GAP: u16 = 2;

/// Which columns there is room for, and where.
pub fn fit(columns: &[Column], room: u16) -> Vec<Place> {
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let need = |kept: &[usize]| -> u16 {
        kept.iter().map(|index| columns[*index].least + GAP).sum::<u16>().saturating_sub(GAP)
    };
    while need(&kept) > room {
        let Some(drop) = kept
            .iter()
            .copied()
            .filter(|index| columns[*index].priority > 0)
            .max_by_key(|index| columns[*index].priority)
        else {
            break;
        };
        kept.retain(|index| *index != drop);
    }
    let mut spare = room.saturating_sub(need(&kept));
    let mut x = 0;
    let mut places = Vec::with_capacity(kept.len());
    for index in kept {
        let column = &columns[index];
        let grow = spare.min(column.most.saturating_sub(column.least));
        spare -= grow;
        let width = (column.least + grow).min(room.saturating_sub(x));
        places.push((index, x, width));
        x += width + GAP;
    }
    places
}

/// Writes the headings.
pub fn head(painter: &mut Painter<'_>, x: u16, y: u16, columns: &[Column], places: &[Place]) {
    for (index, start, width) in places {
        cell(painter, x + start, y, *width, columns[*index], columns[*index].title, Role::Dim);
    }
}

/// Writes one cell.
pub fn cell(painter: &mut Painter<'_>, x: u16, y: u16, width: u16, column: Column, text: &str, role: Role) {
    let wide = super::text::width(text) as u16;
    if column.right && wide <= width {
        painter.right(x + width, y, text, role);
    } else {
        painter.cut(x, y, width, text, role);
    }
}

/// The first row to show so that `selected` is among `rows` of `len`. It moves by half pages, so that most moves of the
/// selection change two rows of the screen and not all of them.
pub fn first_row(selected: usize, len: usize, rows: usize) -> usize {
    if len <= rows || rows == 0 {
        return 0;
    }
    let step = (rows / 2).max(1);
    let margin = rows.saturating_sub(step) / 2;
    (selected.saturating_sub(margin) / step * step).min(len - rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::text("name", 8, 20, 0),
        Column::number("p95", 6, 1),
        Column::number("p99", 6, 3),
        Column::number("rps", 6, 2),
    ];

    #[test]
    fn the_least_important_column_drops_out_first() {
        let kept = |room| fit(&COLUMNS, room).into_iter().map(|(index, ..)| index).collect::<Vec<_>>();
        assert_eq!(kept(40), [0, 1, 2, 3]);
        assert_eq!(kept(30), [0, 1, 3]);
        assert_eq!(kept(16), [0, 1]);
        assert_eq!(kept(5), [0]);
    }

    #[test]
    fn spare_room_goes_to_text_as_far_as_it_wants_it() {
        assert_eq!(fit(&COLUMNS, 60)[0], (0, 0, 20));
    }

    proptest! {
        #[test]
        fn columns_never_reach_beyond_the_room(room in 0u16..80) {
            for (_, x, width) in fit(&COLUMNS, room) {
                prop_assert!(width == 0 || x + width <= room);
            }
        }

        #[test]
        fn the_selected_row_is_always_on_the_screen(selected in 0usize..500, len in 1usize..500, rows in 1usize..60) {
            let selected = selected.min(len - 1);
            let first = first_row(selected, len, rows);
            prop_assert!(first <= selected && selected < first + rows);
            prop_assert!(first + rows.min(len) <= len);
        }
    }
}
