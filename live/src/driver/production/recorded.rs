//! What a journal says of the market that was fed last.

use tickstep_core::event::Body;
use tickstep_core::units::Nanos;
use tickstep_journal::{ReadError, Reader, Source, files};

use crate::record::{RecordKind, decode_input};
use crate::runner::Input;

/// The last news of the market that a journal has, with its time of receipt: a feed that
/// replays a recorded market goes on behind it. Files are looked at from the newest on.
pub fn last_market_event<S: Source + Clone>(
    source: &S,
) -> Result<Option<(Nanos, Body)>, ReadError> {
    for file in files(source)?.iter().rev() {
        let mut reader = Reader::from_file(source.clone(), file.number)?;
        let mut last = None;
        while let Some(record) = reader.next()? {
            if record.kind == RecordKind::Market as u8 {
                last = Some((record.ts, record.payload.to_vec()));
            }
        }
        let Some((at, payload)) = last else { continue };
        if let Some(Ok(Input::Market { body, .. })) = decode_input(RecordKind::Market, &payload) {
            return Ok(Some((at, body)));
        }
    }
    Ok(None)
}
