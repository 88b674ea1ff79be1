//! The program starts again, with what its journal told.

use super::happening::Happening;
use super::{Effects, Runner};

impl Runner {
    /// What was in flight when the program ended has no reply, and is found by reading back.
    pub(super) fn restarted(&mut self, out: &mut Effects) {
        out.happenings.push(Happening::Restarted);
        let now = self.now;
        (self.known.stopping, self.known.validated) = (false, false);
        self.known.requests.clear();
        for row in &mut self.rows {
            (row.touched, row.agreed) = (true, false);
            let Some((_, live)) = &mut row.broker else { continue };
            if live.link.is_up() {
                let why = "the program was started again".to_owned();
                out.happenings.push(Happening::no_session(live.id, why));
            }
            live.link.restarted(now);
            live.budget.bucket.restarted();
            live.clock.restarted();
            live.writes.iter_mut().for_each(|under| under.intent.restarted(now));
            for read in &mut live.reads {
                (read.asked, read.due) = (None, now);
            }
        }
    }
}
