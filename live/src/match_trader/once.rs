//! A body that goes out once.
//!
//! A layer below that sends a request again needs its body again. This one hands its bytes
//! out a single time: what is sent a second time is empty, and no order can be read from
//! it. It also tells whether it was handed out at all. As long as it was not, the server
//! cannot have had the whole request, and by [`Gate::shut`] it never will.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use zeroize::Zeroizing;

const HELD: u8 = 0;
const GIVEN: u8 = 1;
const SHUT: u8 = 2;

/// Whether a body has gone out, and whether it still may.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<AtomicU8>);

impl Gate {
    fn turn(&self, to: u8) -> bool {
        self.0.compare_exchange(HELD, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Lets the body not go out any more; `true` where it has not gone out before.
    pub fn shut(&self) -> bool {
        self.turn(SHUT)
    }
}

/// The request was given up before its body went out.
#[derive(Debug, thiserror::Error)]
#[error("the request was given up")]
pub(crate) struct NeverSent;

/// A body, until it has been handed out.
pub(crate) struct Once {
    bytes: Option<Bytes>,
    gate: Gate,
}

impl Once {
    /// A body and its gate. The memory of the text is wiped when it has gone out.
    pub fn new(text: String) -> (Self, Gate) {
        let bytes = Bytes::from_owner(Zeroizing::new(text.into_bytes()));
        let gate = Gate::default();
        (Self { bytes: Some(bytes), gate: gate.clone() }, gate)
    }
}

impl Body for Once {
    type Data = Bytes;
    type Error = NeverSent;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NeverSent>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        let frame = if self.gate.turn(GIVEN) { Ok(Frame::data(bytes)) } else { Err(NeverSent) };
        Poll::Ready(Some(frame))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(body: &mut Once) -> Option<Result<Bytes, NeverSent>> {
        let mut context = Context::from_waker(core::task::Waker::noop());
        match Pin::new(body).poll_frame(&mut context) {
            Poll::Ready(frame) => frame.map(|f| f.map(|f| f.into_data().unwrap())),
            Poll::Pending => panic!("it waits for nothing"),
        }
    }

    #[test]
    fn it_goes_out_once() {
        let (mut body, gate) = Once::new("order".to_owned());
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(5), false));
        assert_eq!(poll(&mut body).unwrap().unwrap(), "order");
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(0), true));
        assert!(poll(&mut body).is_none());
        assert!(!gate.shut(), "too late");
    }

    #[test]
    fn once_shut_it_never_goes_out() {
        let (mut body, gate) = Once::new("order".to_owned());
        assert!(gate.shut());
        assert!(poll(&mut body).unwrap().is_err());
        assert!(poll(&mut body).is_none());
    }
}
