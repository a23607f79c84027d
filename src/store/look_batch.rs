//! Looks, packed: about 7 bytes each and a few for every recorded number.

use crate::domain::{id::LookId, series::LookRow, time::UnixMs, verdict::Verdict};

use super::pack::{Unpack, put, put_number, put_signed};

/// Packs looks; `base` is the moment their times are told from.
pub(super) fn encode(rows: &[LookRow], base: i64) -> Vec<u8> {
    let (mut bytes, mut last) = (Vec::with_capacity(rows.len() * 16), base);
    for row in rows {
        put(&mut bytes, u64::from(row.look.0));
        put_signed(&mut bytes, row.at.0 - last);
        last = row.at.0;
        let verdict = match row.verdict {
            Verdict::Pass => 0,
            Verdict::Fail => 1,
            Verdict::Unknown => 2,
        };
        let latency = row.latency_ms.filter(|ms| ms.is_finite() && *ms >= 0.0);
        bytes.push(verdict | u8::from(row.degraded) << 2 | u8::from(latency.is_some()) << 3);
        if let Some(ms) = latency {
            put(&mut bytes, (ms * 1_000.0).round() as u64);
        }
        put(&mut bytes, row.values.len() as u64);
        row.values.iter().for_each(|value| put_number(&mut bytes, value.filter(|value| value.is_finite())));
    }
    bytes
}

/// Hands out the wanted looks of a batch in order; `None` if it is damaged.
pub(super) fn decode(
    bytes: &[u8],
    base: i64,
    wanted: impl Fn(LookId) -> bool,
    mut each: impl FnMut(LookRow),
) -> Option<()> {
    let (mut read, mut at) = (Unpack(bytes), base);
    while !read.is_empty() {
        let look = LookId(u32::try_from(read.number()?).ok()?);
        at = at.checked_add(read.signed()?)?;
        let flags = read.byte()?;
        let latency_ms = if flags & 8 != 0 { Some(read.number()? as f64 / 1_000.0) } else { None };
        let count = read.number()?;
        if wanted(look) {
            let values = (0..count).map(|_| read.maybe()).collect::<Option<_>>()?;
            let verdict = [Verdict::Pass, Verdict::Fail, Verdict::Unknown].get(usize::from(flags & 3)).copied()?;
            each(LookRow { look, at: UnixMs(at), verdict, degraded: flags & 4 != 0, latency_ms, values });
        } else {
            for _ in 0..count {
                read.maybe()?;
            }
        }
    }
    Some(())
}
