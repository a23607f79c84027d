//! The clock that nobody can set.

use rustix::time::{ClockId, clock_gettime};

use super::identity::boot_id;
use crate::domain::time::BootTime;

/// Now, by the boot clock; `None` where the system does not tell which boot it is.
pub fn boot_time() -> Option<BootTime> {
    let now = clock_gettime(ClockId::Boottime);
    let ms = now.tv_sec.saturating_mul(1_000).saturating_add(now.tv_nsec / 1_000_000);
    Some(BootTime { boot_id: boot_id().to_owned(), ms }).filter(|time| !time.boot_id.is_empty())
}
