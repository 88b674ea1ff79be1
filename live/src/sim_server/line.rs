//! Connections that can be broken on purpose.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const WHOLE: u8 = 0;
const RESET: u8 = 1;
const TORN: u8 = 2;
const BROKEN: u8 = 3;

/// How much of a body goes out before a connection is torn.
const TORN_BODY: usize = 7;

/// Breaks the connection that a request came by.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineSwitch(Arc<AtomicU8>);

impl LineSwitch {
    /// Nothing of the reply goes out, and the peer is told that the connection was reset.
    pub fn reset(&self) {
        self.0.store(RESET, Ordering::Relaxed);
    }

    /// The reply ends in the middle of its body.
    pub fn tear(&self) {
        self.0.store(TORN, Ordering::Relaxed);
    }
}

/// A connection and its switch.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    switch: LineSwitch,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let broken = || Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        match self.switch.0.load(Ordering::Relaxed) {
            RESET => {
                // Closing it now sends a reset and not an end.
                let lingers = self.stream.set_zero_linger();
                lingers.map_or_else(|error| Poll::Ready(Err(error)), |()| broken())
            }
            BROKEN => broken(),
            TORN => {
                let body = bytes.windows(4).position(|w| w == b"\r\n\r\n").map_or(0, |at| at + 4);
                let some = bytes.len().min(body + TORN_BODY);
                let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..some]);
                if written.is_ready() {
                    self.switch.0.store(BROKEN, Ordering::Relaxed);
                }
                written
            }
            _ => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.switch.0.load(Ordering::Relaxed) {
            // An end would reach the peer before the reset does.
            RESET => Poll::Ready(self.stream.set_zero_linger()),
            WHOLE | TORN | BROKEN | 4.. => Pin::new(&mut self.stream).poll_shutdown(cx),
        }
    }
}

/// A listener whose connections can be broken.
#[derive(Debug)]
pub(crate) struct LineListener(pub TcpListener);

impl Listener for LineListener {
    type Io = Line;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Line, Self::Addr) {
        loop {
            // A connection that was gone before it was taken is nobody's fault.
            if let Ok((stream, address)) = self.0.accept().await
                && stream.set_nodelay(true).is_ok()
            {
                return (Line { stream, switch: LineSwitch::default() }, address);
            }
            tokio::task::yield_now().await;
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, LineListener>> for LineSwitch {
    fn connect_info(stream: IncomingStream<'_, LineListener>) -> Self {
        stream.io().switch.clone()
    }
}
