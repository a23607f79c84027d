//! How long a frame takes: the whole view at 120x40 with 20 services and with 1,000, and what a second of live figures
//! changes in it. Only visible rows are laid out, so the two must cost about the same.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a measuring program, not the product")]

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use quarterdeck::{console, domain};
use ratatui::{buffer::Buffer, layout::Rect};

#[path = "../src/console/fixture/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the console, which use more of it")]
mod fixture;

use console::{
    app::{
        key::Size,
        model::{Model, Screen},
    },
    view::{Depth, Skin, view},
};

const SIZE: Size = Size { width: 120, height: 40 };
const AREA: Rect = Rect { x: 0, y: 0, width: 120, height: 40 };

fn draw(model: &Model, skin: &Skin, buffer: &mut Buffer) {
    buffer.reset();
    view(model, skin, AREA, buffer);
}

fn frames(criterion: &mut Criterion) {
    let skin = Skin::embedded("dark", Depth::True, false).unwrap();
    let mut buffer = Buffer::empty(AREA);
    let mut group = criterion.benchmark_group("frame 120x40");
    for services in [20, 1000] {
        let model = fixture::many(SIZE, services);
        group.bench_function(format!("watch, {services} services"), |bencher| {
            bencher.iter(|| draw(black_box(&model), &skin, &mut buffer));
        });
    }
    let live = fixture::live(SIZE, Screen::Runs);
    group.bench_function("runs, with a live run and its log", |bencher| {
        bencher.iter(|| draw(black_box(&live), &skin, &mut buffer));
    });
    group.bench_function("an empty buffer reset, to compare with", |bencher| bencher.iter(|| buffer.reset()));
    group.finish();
    changed_cells(&skin);
}

/// Says how many cells a second of news changes: 20 services whose figures all move, charts as they are.
fn changed_cells(skin: &Skin) {
    let model = fixture::many(SIZE, 20);
    let mut later = model.clone();
    later.now = later.now.after(Duration::from_secs(1));
    for service in Arc::make_mut(&mut later.watch.services) {
        service.p95_ms = service.p95_ms.map(|value| value * 1.03);
        service.p99_ms = service.p99_ms.map(|value| value * 1.03);
        service.rps = service.rps.map(|value| value * 1.03);
    }
    let (mut before, mut after) = (Buffer::empty(AREA), Buffer::empty(AREA));
    draw(&model, skin, &mut before);
    draw(&later, skin, &mut after);
    eprintln!("cells changed by a second of news for 20 services: {}", before.diff(&after).len());
}

criterion_group!(benches, frames);
criterion_main!(benches);
