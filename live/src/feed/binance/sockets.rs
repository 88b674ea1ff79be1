//! The connections that are open, by their numbers.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::socket::{SendPing, SocketAddress, SocketNews, run_socket};

/// News of connections that may wait.
const QUEUE: usize = 1_024;

/// News of connections, each with its number.
pub(crate) type News = mpsc::Receiver<(u64, SocketNews)>;

/// The connections, each a task.
pub(crate) struct Sockets {
    tls: Arc<rustls::ClientConfig>,
    /// How long one may take to open.
    timeout: Duration,
    tell: mpsc::Sender<(u64, SocketNews)>,
    open: BTreeMap<u64, mpsc::Sender<SendPing>>,
    tasks: JoinSet<()>,
}

impl Sockets {
    /// None yet, and where their news come out.
    pub fn new(tls: Arc<rustls::ClientConfig>, timeout: Duration) -> (Self, News) {
        let (tell, news) = mpsc::channel(QUEUE);
        (Self { tls, timeout, tell, open: BTreeMap::new(), tasks: JoinSet::new() }, news)
    }

    pub fn connect(&mut self, number: u64, url: String) {
        let (ask, asked) = mpsc::channel(4);
        let address = SocketAddress { number, url, tls: Arc::clone(&self.tls) };
        self.tasks.spawn(run_socket(address, self.timeout, self.tell.clone(), asked));
        self.open.insert(number, ask);
    }

    pub fn ping(&self, number: u64) {
        if let Some(socket) = self.open.get(&number) {
            // One that has not sent the last four is about to be given up.
            let _ = socket.try_send(SendPing);
        }
    }

    /// Nobody can ask it for anything then, and it closes.
    pub fn close(&mut self, number: u64) {
        self.open.remove(&number);
    }

    pub fn forget_ended(&mut self) {
        while self.tasks.try_join_next().is_some() {}
    }
}
